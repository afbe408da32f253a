/** A statement of an operator, over a connection of its own. */
import { messageOf } from '@spyglass/agent/contract'
import type { RunAnswer } from '../driver.ts'
import { fail } from '../errors.ts'
import { isRead } from '../statement-class.ts'
import { type AskedDatabase, onConnection } from './ask-database.ts'

/** More would fill the memory of the instance, and nobody reads it. */
const MAX_ROWS = 200
const MAX_TEXT = 1000

/** A row of the answer to an operator: of a member, or of the datasource when it has none. */
export interface OperatorAnswer {
  readonly member: string
  /** JSON. */
  readonly rows: readonly string[]
  readonly changes: number
  /** There may be further rows. */
  readonly isCut: boolean
  readonly error: string
}

/**
 * Runs a statement that only reads.
 * @throws SPY_STATEMENT_NOT_READ
 */
export async function operatorRead(databases: ReadonlyMap<string, AskedDatabase>, text: string): Promise<readonly OperatorAnswer[]> {
  const [first] = databases.values()
  if (!first || !isRead(text, first.driver.system)) throw fail('SPY_STATEMENT_NOT_READ', [first?.settings.name, text])
  const statement = text.trim().replace(/;$/, '')
  return await ofEach(databases, async (database) => {
    const { sessionsOver } = database.driver
    if (!sessionsOver) throw unable(database)
    const limits = { rows: MAX_ROWS, timeoutMs: database.settings.connectTimeoutMs }
    return { rows: await onConnection(database, (connection) => sessionsOver(connection).read(statement, limits)), changes: 0 }
  })
}

/** Runs whatever statement it is. */
export async function operatorWrite(databases: ReadonlyMap<string, AskedDatabase>, text: string): Promise<readonly OperatorAnswer[]> {
  return await ofEach(databases, (database) => {
    const { runOver } = database.driver
    if (!runOver) throw unable(database)
    return onConnection(database, (connection) => runOver(connection, { text }))
  })
}

const unable = ({ settings, driver }: AskedDatabase): Error =>
  fail('SPY_SESSIONS_UNKNOWN', [settings.name, `driver ${driver.name} runs no statements of operators`])

async function ofEach(
  databases: ReadonlyMap<string, AskedDatabase>,
  run: (database: AskedDatabase) => Promise<RunAnswer>,
): Promise<readonly OperatorAnswer[]> {
  return await Promise.all(
    [...databases].map(async ([member, database]) => {
      try {
        const { rows, changes } = await run(database)
        const shown = rows.slice(0, MAX_ROWS).map((row) => JSON.stringify(row, shownValue))
        return { member, rows: shown, changes, isCut: rows.length >= MAX_ROWS, error: '' }
      } catch (error) {
        return { member, rows: [], changes: 0, isCut: false, error: messageOf(error) }
      }
    }),
  )
}

/** What JSON has no form for, and what is too long to be read. A buffer comes as what its toJSON made of it. */
function shownValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string' && value.length > MAX_TEXT) return `${value.slice(0, MAX_TEXT)}…`
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown }
  if (type === 'Buffer' && Array.isArray(data))
    return `\\x${Buffer.from(data as number[])
      .toString('hex')
      .slice(0, MAX_TEXT)}`
  return value
}
