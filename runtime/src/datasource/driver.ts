/** What a database must bring so that a pool can lend its connections. A driver knows nothing of leaks or requests; adapter.ts makes it one of the configuration. */

export type SqlValue = null | number | bigint | string | Uint8Array

import type { DatabaseSessions } from './database-sessions.ts'
import type { Standing } from './standing.ts'

/** Values for `?` in order, or by name for `:name`. */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>

export type Row = Record<string, SqlValue>

export interface ExecuteResult {
  /** Rows inserted, changed or deleted. */
  readonly changes: number
  /** Key of the row inserted last; 0 when there was none. */
  readonly lastInsertRowid: number | bigint
}

/** `query` gives rows, `execute` counts, `script` runs several statements without parameters. */
export type StatementVerb = 'query' | 'execute' | 'script'

export interface Statement {
  readonly verb: StatementVerb
  readonly text: string
  readonly params?: SqlParams | undefined
}

/** The rows of a query, the counts of an execute, undefined for a script. */
export type StatementResult = readonly Row[] | ExecuteResult | undefined

/** An open connection. What runs statements on it is between the driver and its facade. */
export interface DriverConnection {
  /** Resolves when the database answers. */
  validate(): Promise<void>
  /** Waits for statements that still run, and rolls back a transaction that is open. */
  reset(): Promise<void>
  /** Ends it; at most `deadlineMs`. Never rejects. */
  close(deadlineMs: number): Promise<void>
  /** The statement that runs: another object for each. Undefined when none does. */
  readonly running: object | undefined
  /** A transaction is open after the last statement. */
  readonly inTransaction: boolean
  /** It can never be used again. */
  readonly broken: boolean
  /** Number of its session in the database, where that has numbers. */
  readonly session?: number | undefined
}

export interface Driver {
  /** Name in the configuration. */
  readonly name: string
  /** `db.system.name`. */
  readonly system: string
  /** What it connects to now, without user and password. */
  readonly target: string
  /**
   * Opens a connection; `onBroken` is called at most once, when the connection breaks unexpectedly. Aborted by the signal, it need not settle, but what is
   * opened nevertheless must be closed.
   */
  connect(onBroken: (error: Error) => void, signal: AbortSignal): Promise<DriverConnection>
  /** What the database says about its sessions over one of its connections, which is used for nothing else. Missing where it has none. */
  readonly sessionsOver?: ((connection: DriverConnection) => DatabaseSessions) | undefined
  /** What the database is in its group, asked over one of its connections. Missing where there are no groups. */
  readonly standingOver?: ((connection: DriverConnection) => Promise<Standing>) | undefined
  /** Runs a statement of its own over one of its connections. Missing where the facade does. */
  readonly runOver?: ((connection: DriverConnection, statement: RunStatement) => Promise<RunAnswer>) | undefined
}

export interface RunStatement {
  readonly text: string
  readonly params?: readonly unknown[] | undefined
}

export interface RunAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly changes: number
}
