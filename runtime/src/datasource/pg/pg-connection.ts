/** A client of pg as a connection of a pool. */
import type { DriverConnection, RunAnswer, RunStatement } from '../driver.ts'
import type { Borrow } from '../pool/index.ts'
import type { PgClient, PgQuery } from './pg-module.ts'

/** What the pool's facade is told. */
export interface PgConnectionEvents {
  /** It broke while nobody waited for it. */
  broke(error: Error, client: PgClient): void
  closed(client: PgClient): void
}

/** An error of a statement is told before the server is ready for the next. */
const ENDING: PgQuery = {}

export class PgConnection implements DriverConnection {
  readonly client: PgClient
  readonly #events: PgConnectionEvents
  /** Of the last ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one. */
  #status = 'I'
  #closing = false
  #closed: Promise<void> | undefined

  constructor(client: PgClient, events: PgConnectionEvents) {
    this.client = client
    this.#events = events
    client.connection.on('readyForQuery', ({ status }: { status?: string } = {}) => {
      this.#status = status ?? 'I'
    })
    // Without a listener an error of a connection would end the process.
    client.on('error', (error: Error) => {
      if (!this.#closing) this.#events.broke(error, client)
      this.#closing = true
    })
  }

  get running(): PgQuery | undefined {
    const { client } = this
    if (client.readyForQuery) return undefined
    return ('_activeQuery' in client ? client._activeQuery : client.activeQuery) ?? ENDING
  }

  get session(): number | undefined {
    return this.client.processID ?? undefined
  }

  get inTransaction(): boolean {
    return this.#status !== 'I'
  }

  get broken(): boolean {
    return !this.client._queryable || this.client._ending
  }

  async validate(): Promise<void> {
    await this.client.query('SELECT 1')
  }

  /** Statements run in turn, so that this waits for those before it. */
  async reset(): Promise<void> {
    await this.client.query('ROLLBACK')
  }

  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs)
    return this.#closed
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#closing = true
    const { client } = this
    const late = setTimeout(() => client.connection.stream.destroy(), deadlineMs)
    try {
      await client.end()
    } catch {
      client.connection.stream.destroy() // it is closed, whatever it says to that
    } finally {
      clearTimeout(late)
    }
    this.#events.closed(client)
  }
}

export const pgConnection = ({ entry }: Borrow): PgConnection => entry.connection as PgConnection

export async function pgRun(client: PgClient, { text, params }: RunStatement): Promise<RunAnswer> {
  const result = await client.query(text, params)
  const { rows = [], rowCount } = (Array.isArray(result) ? result.at(-1) : result) as Partial<typeof result>
  return { rows, changes: rowCount ?? 0 }
}
