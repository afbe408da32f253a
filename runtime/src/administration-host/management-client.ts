/** A connection to management, which answers what the process that decides does not know. */
import { codeOf, errorsOf } from '@spyglass/agent/contract'
import { type AdminClient, adminSocketErrors, connectAdministration } from '@spyglass/process/admin-socket'

const fail = errorsOf(adminSocketErrors)

/** A caller waits for one that is being restarted, but not as long as for a slow answer. */
const RESTART_MS = 10_000

/** Each call has a connection of its own: management may have been replaced since the last. @throws SPY_LOCAL_PART */
export async function connectManagement(file: string): Promise<AdminClient> {
  return await connectAdministration({ dataFolder: file, run: '', file, restartMs: RESTART_MS }).catch((error: unknown) => {
    throw codeOf(error) === 'SPY_SERVER_UNREACHABLE' ? fail('SPY_LOCAL_PART', ['management'], error) : error
  })
}
