import { messageOf } from '@spyglass/agent/contract'
import { outsideContext } from '../../clock/index.ts'
import type { Driver, DriverConnection } from '../driver.ts'
import { fail } from '../errors.ts'
import type { Pool } from '../pool/index.ts'
import { within } from '../pool/within.ts'
import type { DatabaseSessions } from '../database-sessions.ts'

const CLOSE_MS = 1000

/**
 * Asks the database of a pool about its sessions, over a connection of its own, for at most `connectTimeoutMs`.
 * @throws SPY_SESSIONS_UNKNOWN
 */
export async function askDatabase<T>({ driver, clock, settings }: Pool, ask: (sessions: DatabaseSessions) => Promise<T>): Promise<T> {
  const { name, connectTimeoutMs } = settings
  const { sessionsOver } = driver
  if (!sessionsOver) throw fail('SPY_SESSIONS_UNKNOWN', [name, `driver ${driver.name} has none`])
  const abort = new AbortController()
  const late = (): Error => fail('SPY_CONNECTION_SILENT', [driver.target, connectTimeoutMs])
  try {
    return await within(
      clock,
      connectTimeoutMs,
      asked(driver, (connection) => ask(sessionsOver(connection)), abort.signal),
      late,
    )
  } catch (error) {
    abort.abort()
    throw fail('SPY_SESSIONS_UNKNOWN', [name, messageOf(error)], error)
  }
}

async function asked<T>(driver: Driver, ask: (connection: DriverConnection) => Promise<T>, signal: AbortSignal): Promise<T> {
  const connection = await outsideContext(() => driver.connect(() => {}, signal))
  const close = (): void => void connection.close(signal.aborted ? 0 : CLOSE_MS)
  signal.addEventListener('abort', close, { once: true })
  try {
    return await ask(connection)
  } finally {
    signal.removeEventListener('abort', close)
    if (!signal.aborted) close()
  }
}
