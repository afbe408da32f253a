/** What an application sees of a pool. The stack is captured in the function that the application calls, before anything is awaited. */
import { type CallSite, captureCallSite, currentAgent } from '@spyglass/agent'
import type { DatasourceConfig } from '@spyglass/process/config'
import { Borrow } from './pool/index.ts'
import type { ExecuteResult, Row, SqlParams, Statement, StatementResult } from './driver.ts'
import { type Facade, methodOf } from './facade.ts'
import { LentConnection, runStatement } from './lent-connection.ts'
import type { Pool, PoolSettings } from './pool/index.ts'

export type { DatasourceConfig }

/** A deferred transaction that turns into a writer fails at once with SQLITE_BUSY instead of waiting. */
const BEGIN = 'BEGIN IMMEDIATE'

/**
 * A database of node:sqlite by its name in the configuration.
 *
 * @example
 * const rows = await datasource.query<{ name: string }>('SELECT name FROM product WHERE id = ?', [7])
 */
export class Datasource {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get name(): string {
    return this.#pool.settings.name
  }

  /** Limits and timeouts as configured. */
  get settings(): PoolSettings {
    return this.#pool.settings
  }

  /** Runs one statement on a connection of its own and returns the rows. */
  async query<R = Row>(text: string, params?: SqlParams): Promise<R[]> {
    return (await this.#once({ verb: 'query', text, params }, methodOf(Datasource, 'query'))) as R[]
  }

  /** Runs one statement on a connection of its own and returns the number of rows it changed. */
  async execute(text: string, params?: SqlParams): Promise<ExecuteResult> {
    return (await this.#once({ verb: 'execute', text, params }, methodOf(Datasource, 'execute'))) as ExecuteResult
  }

  /** Runs several statements, without parameters, on one connection: a schema, for instance. */
  async script(text: string): Promise<void> {
    await this.#once({ verb: 'script', text }, methodOf(Datasource, 'script'))
  }

  /** Lends a connection, which the borrower returns: `using connection = await datasource.connect()`. */
  async connect(): Promise<LentConnection> {
    const site = captureCallSite(methodOf(Datasource, 'connect'))
    const lent = this.#pool.lend(site, true)
    return new LentConnection(this.#pool, await this.#waited(lent, site))
  }

  /** Runs `fn` in a transaction: committed when it resolves, rolled back when it rejects. */
  async transaction<T>(fn: (connection: LentConnection) => Promise<T>): Promise<T> {
    const site = captureCallSite(methodOf(Datasource, 'transaction'))
    const lent = this.#pool.lend(site, true)
    const borrow = await this.#waited(lent, site)
    using connection = new LentConnection(this.#pool, borrow)
    await this.#own(borrow, BEGIN)
    // Whatever is not committed is rolled back when the connection is returned.
    const result = await fn(connection)
    await this.#own(borrow, 'COMMIT')
    return result
  }

  /** A statement of ours, recorded where the application asked for the transaction. */
  async #own(borrow: Borrow, text: string): Promise<void> {
    const calledFrom = methodOf(Datasource, 'transaction')
    await runStatement(this.#pool, borrow, { statement: { verb: 'execute', text }, calledFrom, site: borrow.asker.site })
  }

  /** A wait is recorded in the request that waits, with the line that asked and that of who had the connection. */
  async #waited(lent: Borrow | Promise<Borrow>, site: CallSite): Promise<Borrow> {
    if (lent instanceof Borrow) return lent
    const { driver, settings } = this.#pool
    const wait = currentAgent()?.startPoolWait({ system: driver.system, pool: settings.name, callSite: site })
    try {
      const borrow = await lent
      wait?.end(borrow.heldBy)
      return borrow
    } catch (error) {
      wait?.end(this.#pool.longestHeldAt, error)
      throw error
    }
  }

  async #once(statement: Statement, calledFrom: Facade): Promise<StatementResult> {
    const site = captureCallSite(calledFrom)
    const lent = this.#pool.lend(site, false)
    // Not awaited when there is nothing to wait for: the application is then still on the stack when the statement starts.
    const borrow = lent instanceof Borrow ? lent : await this.#waited(lent, site)
    try {
      return await runStatement(this.#pool, borrow, { statement, calledFrom, site })
    } finally {
      this.#pool.return(borrow)
    }
  }
}
