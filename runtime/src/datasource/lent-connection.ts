/** A connection in a borrower's hands. Collecting it unreturned is the proof of a leak, so nothing else may refer to it. */
import { type CallSite, captureCallSite, currentAgent } from '@spyglass/agent'
import type { Borrow } from './pool/index.ts'
import type { ExecuteResult, Row, SqlParams, Statement, StatementResult } from './driver.ts'
import { type Facade, methodOf } from './facade.ts'
import { checkLent } from './lent-handle.ts'
import { sqliteConnection } from './sqlite-driver.ts'
import type { Pool } from './pool/index.ts'

const forgotten = new FinalizationRegistry<{ readonly pool: Pool; readonly borrow: Borrow }>(({ pool, borrow }) => pool.collected(borrow))

/**
 * A connection lent by `Datasource.connect()`: return it with `release()`, or let `using` do it.
 *
 * @example
 * using connection = await datasource.connect()
 * await connection.execute('DELETE FROM cart WHERE id = ?', [id])
 */
export class LentConnection implements Disposable, AsyncDisposable {
  readonly #pool: Pool
  readonly #borrow: Borrow

  constructor(pool: Pool, borrow: Borrow) {
    this.#pool = pool
    this.#borrow = borrow
    forgotten.register(this, { pool, borrow }, this)
  }

  /** Number of the connection in its pool. */
  get id(): number {
    return this.#borrow.entry.id
  }

  /** Runs one statement and returns its rows. */
  async query<R = Row>(text: string, params?: SqlParams): Promise<R[]> {
    return (await this.#run({ verb: 'query', text, params }, methodOf(LentConnection, 'query'))) as R[]
  }

  /** Runs one statement and returns the number of rows it changed. */
  async execute(text: string, params?: SqlParams): Promise<ExecuteResult> {
    return (await this.#run({ verb: 'execute', text, params }, methodOf(LentConnection, 'execute'))) as ExecuteResult
  }

  /** Runs several statements, without parameters. */
  async script(text: string): Promise<void> {
    await this.#run({ verb: 'script', text }, methodOf(LentConnection, 'script'))
  }

  /** Returns the connection; an open transaction is rolled back. Later calls do nothing. */
  release(): void {
    forgotten.unregister(this)
    this.#pool.return(this.#borrow)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
  }

  #run(statement: Statement, calledFrom: Facade): Promise<StatementResult> {
    checkLent(this.#borrow, this.#pool.settings.name)
    return runStatement(this.#pool, this.#borrow, { statement, calledFrom, site: captureCallSite(calledFrom) })
  }
}

/** A statement and who calls it. */
export interface Call {
  readonly statement: Statement
  readonly calledFrom: Facade
  readonly site: CallSite
}

/** Runs one statement on a lent connection, recorded in the request that runs now. */
export async function runStatement(pool: Pool, borrow: Borrow, { statement, calledFrom, site }: Call): Promise<StatementResult> {
  const { text } = statement
  const waitMs = borrow.text === '' ? borrow.waitMs : 0 // the wait belongs to the first statement
  const input = { system: pool.driver.system, pool: pool.settings.name, text, waitMs, callSite: site }
  const record = currentAgent()?.startStatement(input, calledFrom)
  pool.statementStarted(borrow, text)
  try {
    const result = await sqliteConnection(borrow).run(statement)
    record?.end()
    return result
  } catch (error) {
    record?.end(error)
    // Taken again here, the stack leads through the awaits to the application instead of to a message handler. A driver may throw anything.
    if (error instanceof Error) Error.captureStackTrace(error)
    throw error
  } finally {
    pool.statementEnded(borrow)
  }
}
