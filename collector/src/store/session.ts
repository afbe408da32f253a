/**
 * A session with one rule built in: after a statement failed midway, the engine puts the rows it had made in front of the answer to the
 * session's next statement. So every error is followed by a statement whose answer is thrown away; when even that fails, the session is
 * closed and opened anew.
 */
import { type ClickhouseError, fromEngine } from './clickhouse-error.ts'
import type { Classification, RawResult, RawSession, RawStream } from './engine.ts'
import { fail } from './errors.ts'

export interface StoreSession {
  query(sql: string, format: string): Promise<RawResult>
  stream(sql: string, format: string): AsyncGenerator<Uint8Array>
  classify(sql: string): Promise<Classification>
  /** Closes and opens anew, so that nothing set on the session is left. */
  renew(): Promise<void>
  close(): void
}

export interface SessionOptions {
  readonly open: () => RawSession
  /** Statements run whenever the session opens: `SET ROLE NONE`, `USE spyglass`. */
  readonly prepare: readonly string[]
  readonly database: string
  /** Told when a session had to be replaced. */
  readonly onLost?: (error: Error) => void
}

const DISCARD = 'SELECT 1 FORMAT Null'

/** Opens a session and prepares it. */
export async function openStoreSession(options: SessionOptions): Promise<StoreSession> {
  const session = new GuardedSession(options)
  await session.prepare()
  return session
}

class GuardedSession implements StoreSession {
  readonly #options: SessionOptions
  #raw: RawSession

  constructor(options: SessionOptions) {
    this.#options = options
    this.#raw = options.open()
  }

  async prepare(): Promise<void> {
    for (const statement of this.#options.prepare) await this.#raw.query(statement, 'Null')
  }

  async query(sql: string, format: string): Promise<RawResult> {
    try {
      return await this.#raw.query(sql, format)
    } catch (error) {
      throw await this.#afterError(error)
    }
  }

  async *stream(sql: string, format: string): AsyncGenerator<Uint8Array> {
    let stream: RawStream | undefined
    try {
      stream = this.#raw.stream(sql, format)
      yield* stream
    } catch (error) {
      throw await this.#afterError(error)
    } finally {
      stream?.cancel()
    }
  }

  async classify(sql: string): Promise<Classification> {
    try {
      return await this.#raw.classify(sql, this.#options.database)
    } catch (error) {
      throw fromEngine(error)
    }
  }

  async renew(): Promise<void> {
    this.#raw.close()
    this.#raw = this.#options.open()
    await this.prepare()
  }

  close(): void {
    this.#raw.close()
  }

  async #afterError(error: unknown): Promise<ClickhouseError> {
    try {
      await this.#raw.query(DISCARD, 'Null')
    } catch (lost) {
      this.#options.onLost?.(fail('SPY_STORE_SESSION_LOST', [lost instanceof Error ? lost.message : String(lost)], lost))
      await this.renew()
    }
    return fromEngine(error)
  }
}
