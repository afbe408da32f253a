import { messageOf } from '@spyglass/agent/contract'
import { outsideContext } from '../../clock/index.ts'
import type { Driver, DriverConnection } from '../driver.ts'
import { fail } from '../errors.ts'
import type { Pool } from '../pool/index.ts'
import { within } from '../../clock/index.ts'
import type { DatabaseSessions } from '../database-sessions.ts'

const CLOSE_MS = 1000

/** What is asked: that of a pool, or of a member without one. */
export type AskedDatabase = Pick<Pool, 'driver' | 'clock'> & { readonly settings: Pick<Pool['settings'], 'name' | 'connectTimeoutMs'> }

/**
 * Asks a database about its sessions, over a connection of its own, for at most `connectTimeoutMs`.
 * @throws SPY_SESSIONS_UNKNOWN
 */
export async function askDatabase<T>(database: AskedDatabase, ask: (sessions: DatabaseSessions) => Promise<T>): Promise<T> {
  const { driver, settings } = database
  const { sessionsOver } = driver
  if (!sessionsOver) throw fail('SPY_SESSIONS_UNKNOWN', [settings.name, `driver ${driver.name} has none`])
  try {
    return await onConnection(database, (connection) => ask(sessionsOver(connection)))
  } catch (error) {
    throw fail('SPY_SESSIONS_UNKNOWN', [settings.name, messageOf(error)], error)
  }
}

/** Opens a connection for one use, for at most `connectTimeoutMs`. */
export async function onConnection<T>(
  { driver, clock, settings: { connectTimeoutMs } }: AskedDatabase,
  use: (connection: DriverConnection) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  const late = (): Error => fail('SPY_CONNECTION_SILENT', [driver.target, connectTimeoutMs])
  try {
    return await within(clock, connectTimeoutMs, used(driver, use, abort.signal), late)
  } catch (error) {
    abort.abort()
    throw error
  }
}

async function used<T>(driver: Driver, use: (connection: DriverConnection) => Promise<T>, signal: AbortSignal): Promise<T> {
  const connection = await outsideContext(() => driver.connect(() => {}, signal))
  const close = (): void => void connection.close(signal.aborted ? 0 : CLOSE_MS)
  signal.addEventListener('abort', close, { once: true })
  try {
    return await use(connection)
  } finally {
    signal.removeEventListener('abort', close)
    if (!signal.aborted) close()
  }
}
