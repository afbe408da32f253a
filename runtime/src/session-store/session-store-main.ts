/** Entry of the process that keeps sessions: in memory, with a file for each name. It runs only where an application uses sessions with `store: server`. */
import net from 'node:net'
import { join } from 'node:path'
import { connectKeeper } from '@spyglass/process/keeper-link'
import { kinds } from '@spyglass/mbeans/kinds'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { listenInherited, listenLocally } from '@spyglass/process/channel'
import { SESSION_SOCKET, sessionSocket } from '@spyglass/process/checked-config'
import { openOwnProcess, type OwnProcess, runOwnProcess } from '@spyglass/process/own-process'
import { sessionSecrets } from '../session/session-access.ts'
import { SessionLog } from './session-log.ts'
import { Space } from './space.ts'
import { type OpenSpace, StoreServer } from './store-server.ts'

const NAME = 'session-store'
const SWEEP_MS = 5000

await runOwnProcess({ command: NAME, summary: 'sessions of the applications of one server', main: runSessionStore })

/** Runs it until the keeper, or a signal, says stop. */
async function runSessionStore(argv: readonly string[]): Promise<void> {
  const own = await openOwnProcess(NAME, argv)
  const logs: SessionLog[] = []
  const store = new StoreServer({
    tokenOf: (space) => sessionSecrets(own.secrets, space).token,
    open: (space) => opened(own, space, logs),
  })
  registerPlatformBeans(own.registry, { processName: NAME })
  const server = net.createServer((socket) => store.connected(socket))
  if (!(await listenInherited(server, SESSION_SOCKET))) await listenLocally(server, sessionSocket(own.folder))
  setInterval(() => store.sweep(), SWEEP_MS).unref()
  const link = connectKeeper({
    registry: own.registry,
    live: own.live,
    stop() {
      server.close()
      store.close()
      for (const log of logs) log.close()
    },
  })
  link.ready()
}

function opened({ folder, registry, logger, onDamage }: OwnProcess, name: string, logs: SessionLog[]): OpenSpace {
  try {
    const consequences = { fromPrevious: '', lost: 'The damaged sessions are lost: their visitors sign in again' }
    const { log, sessions } = SessionLog.open({ folder: join(folder.root, 'sessions', name), onDamage: onDamage(consequences) })
    const isKnown = sessions.size > 0
    const space = new Space(sessions, log)
    logs.push(log)
    registry.register(kinds.session, { instance: NAME, name }, gettersOf(name, space, log))
    return { space, isKnown }
  } catch (error) {
    logger.error({ err: error, sessions: name }, 'sessions cannot be opened')
    throw error
  }
}

const unknown = (): undefined => undefined

/** Instances know the rest. */
function gettersOf(name: string, space: Space, log: SessionLog) {
  return {
    instance: () => NAME,
    name: () => name,
    state: () => 'ok',
    store: () => 'server',
    active: () => space.size,
    maxSessions: () => (space.limits.maxSessions === Number.MAX_SAFE_INTEGER ? undefined : space.limits.maxSessions),
    size: () => space.bytes,
    expired: () => space.expired,
    damagedLines: () => log.damagedLines,
    created: unknown,
    ended: unknown,
    rejectedForged: unknown,
    rejectedOversized: unknown,
    rejectedUnknown: unknown,
    refused: unknown,
    conflicts: unknown,
    failures: unknown,
    cacheHits: unknown,
    cacheMisses: unknown,
    lastError: unknown,
  }
}
