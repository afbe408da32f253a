/** Asks the process that decides, and follows what management reads, over the sockets of the data folder. */
import type { Principal } from '../access/index.ts'
import { connectAdministration, managementSocketFile } from '../admin-socket/index.ts'
import type { DataFolder } from '../config/data-folder.ts'
import type { ApiCall } from './routes/index.ts'

/** A deployment copies, starts and drains. */
const PATIENCE_MS = 600_000

/** Each call has a connection of its own: the other process may have been replaced since the last. */
export function askDecider(folder: Pick<DataFolder, 'root' | 'run'>): (call: ApiCall, principal: Principal) => Promise<unknown> {
  return async ({ method, params }, { actor, role }) => {
    using client = await connectAdministration({ dataFolder: folder.root, run: folder.run })
    return await client.call(method, params, { timeoutMs: PATIENCE_MS, as: { user: actor, role } })
  }
}

/** What comes of a list that grows, until the client has `gone`. */
export function followManagement(
  folder: Pick<DataFolder, 'root' | 'run'>,
): (call: ApiCall, principal: Principal, gone: AbortSignal) => AsyncGenerator<unknown, void> {
  return async function* follow({ method, params }, { actor, role }, gone) {
    using client = await connectAdministration({ dataFolder: folder.root, run: folder.run, file: managementSocketFile(folder.run) })
    gone.addEventListener('abort', () => client[Symbol.dispose]())
    if (gone.aborted) return
    try {
      yield* client.follow(method, params, { as: { user: actor, role } })
    } catch (error) {
      if (!gone.aborted) throw error
    }
  }
}
