/**
 * A session with two rules built in. Nothing of one statement reaches the next: after an error the engine puts the rows of the failed
 * statement in front of the next answer, and it cannot unset parameters and settings, so a session that failed or carried any is closed
 * and opened again (0.9 ms). And it outlives its engine: when that is replaced, the session opens on the next one.
 */
import { ClickhouseError, clickhouseCodes, fromEngine, refuse } from './clickhouse-error.ts'
import type { Classification, RawResult, RawSession, RawStream, SessionSettings } from './engine/engine.ts'
import { identifier, stringLiteral } from './sql-literal.ts'

/** What a statement finds set on its session. */
export interface Environment {
  readonly settings: SessionSettings
  readonly parameters: ReadonlyMap<string, string>
  /** Where names without a database are looked up. Default: that of the session. */
  readonly database?: string
}

export interface StoreSession {
  /** Makes this the whole environment of the statements that follow. */
  enter(environment: Environment): Promise<void>
  query(sql: string, format: string): Promise<RawResult>
  stream(sql: string, format: string): AsyncGenerator<RawResult>
  classify(sql: string): Promise<Classification>
  close(): void
}

export interface SessionOptions {
  readonly open: (settings: SessionSettings) => Promise<RawSession>
  /** Statements run whenever the session opens: `SET ROLE NONE`, `USE spyglass`. */
  readonly prepare: readonly string[]
  readonly database: string
}

/** A session that opens when it is first used. */
export const createStoreSession = (options: SessionOptions): StoreSession => new GuardedSession(options)

/** Opens a session and prepares it. */
export async function openStoreSession(options: SessionOptions): Promise<StoreSession> {
  const session = createStoreSession(options)
  await session.enter({ settings: {}, parameters: new Map() })
  return session
}

/** The engine refuses to open a session with a value that it cannot read, and does not say why. */
const badSettings = (settings: SessionSettings, cause: unknown) =>
  refuse('BAD_ARGUMENTS', `The engine does not accept these settings: ${JSON.stringify(settings)}`, cause)

const isReasonless = (error: unknown): boolean => error instanceof ClickhouseError && error.number === clickhouseCodes.UNKNOWN_EXCEPTION

/** Rows of an answer, all values as texts. */
export async function rowsOf(session: StoreSession, sql: string): Promise<string[][]> {
  const { bytes } = await session.query(sql, 'JSONCompactStringsEachRow')
  const text = Buffer.from(bytes).toString('utf8').trim()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as string[])
}

class GuardedSession implements StoreSession {
  readonly #options: SessionOptions
  #raw: RawSession | undefined
  /** Whether something is set on it that another statement must not find. */
  #carries = false

  constructor(options: SessionOptions) {
    this.#options = options
  }

  async enter({ settings, parameters, database = this.#options.database }: Environment): Promise<void> {
    const isForeign = database !== this.#options.database
    const carries = parameters.size > 0 || Object.keys(settings).length > 0 || isForeign
    if (this.#carries || carries) this.#drop()
    const raw = await this.#opened(settings).catch((error: unknown) => {
      throw isReasonless(error) && carries ? badSettings(settings, error) : error
    })
    this.#carries = carries
    if (isForeign) await this.#guarded(() => raw.query(`USE ${identifier(database)}`, 'Null'))
    if (parameters.size === 0) return
    const assignments = [...parameters].map(([name, value]) => `param_${name} = ${stringLiteral(value)}`)
    await this.#guarded(() => raw.query(`SET ${assignments.join(', ')}`, 'Null'))
  }

  async query(sql: string, format: string): Promise<RawResult> {
    const raw = await this.#opened()
    return this.#guarded(() => raw.query(sql, format))
  }

  async *stream(sql: string, format: string): AsyncGenerator<RawResult> {
    const raw = await this.#opened()
    let stream: RawStream | undefined
    let isWhole = false
    try {
      stream = raw.stream(sql, format)
      yield* stream
      isWhole = true
    } catch (error) {
      throw fromEngine(error)
    } finally {
      stream?.cancel()
      if (!isWhole) this.#drop()
    }
  }

  async classify(sql: string): Promise<Classification> {
    const raw = await this.#opened()
    return this.#guarded(() => raw.classify(sql, this.#options.database))
  }

  close(): void {
    this.#drop()
  }

  async #opened(settings: SessionSettings = {}): Promise<RawSession> {
    if (this.#raw?.isOpen) return this.#raw
    return this.#guarded(async () => {
      const raw = (this.#raw = await this.#options.open(settings))
      for (const statement of this.#options.prepare) await raw.query(statement, 'Null')
      return raw
    })
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#drop()
      throw fromEngine(error)
    }
  }

  #drop(): void {
    this.#raw?.close()
    this.#raw = undefined
    this.#carries = false
  }
}
