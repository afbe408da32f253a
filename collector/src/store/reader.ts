/** Runs statements from outside: gate, parameters, time limit, cancellation; hands the answer over while it holds the session. */
import type { Canceller } from './cancel.ts'
import { ClickhouseError, clickhouseCodes, refuse } from './clickhouse-error.ts'
import type { Gate } from './gate/gate.ts'
import { isJoinable, isKnownFormat } from './gate/formats.ts'
import { bindParameters, checkParameters, type Parameters } from './parameters.ts'
import type { StoreSession } from './session.ts'
import type { SessionPool } from './session-pool.ts'

export interface ReadRequest {
  readonly sql: string
  /** Used when the statement names no format. */
  readonly defaultFormat: string
  readonly parameters: Parameters
  /** Longest run; the store's own limit holds beside it. */
  readonly timeoutMs: number
}

export interface ReadAnswer {
  readonly format: string
  /** Rows of the answer; known only when it was made whole. */
  readonly rows: number | undefined
  readonly elapsedNs: bigint
  /** Size of the whole, if it is known. */
  readonly sizeBytes: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Takes an answer. The signal aborts when the client is gone or the time is over: a client that does not read must not hold a session. */
export type Deliver = (answer: ReadAnswer, signal: AbortSignal) => Promise<void>

export interface Reader {
  /** Runs the statement and delivers its answer. A client that goes away aborts `gone`. */
  run(request: ReadRequest, deliver: Deliver, gone: AbortSignal): Promise<void>
}

export interface ReaderParts {
  readonly pool: SessionPool
  readonly gate: Gate
  readonly canceller: Canceller
}

export function createReader({ pool, gate, canceller }: ReaderParts): Reader {
  /** Gives the answer back if it was made whole; one that is streamed needs the session until it is delivered. */
  async function runOn(
    session: StoreSession,
    request: ReadRequest,
    deliver: Deliver,
    signal: AbortSignal,
  ): Promise<ReadAnswer | undefined> {
    await bindParameters(session, request.parameters, request.sql)
    const { format = request.defaultFormat, streamable } = await gate.check(request.sql, session)
    return canceller.guard(signal, async (tag) => {
      const sql = tag + request.sql
      if (!streamable || !isJoinable(format)) return wholeAnswer(session, sql, format)
      await streamAnswer(session, { sql, format }, (answer) => deliver(answer, signal))
      return undefined
    })
  }

  return {
    async run(request, deliver, gone) {
      checkParameters(request.parameters)
      if (!isKnownFormat(request.defaultFormat)) throw refuse('UNKNOWN_FORMAT', `Unknown format ${request.defaultFormat}`)
      const clock = AbortSignal.timeout(request.timeoutMs)
      const signal = AbortSignal.any([gone, clock])
      let begun = false
      try {
        const whole = await pool.use((session) => {
          begun = true
          return runOn(session, request, deliver, signal)
        }, signal)
        if (whole) await deliver(whole, signal)
      } catch (error) {
        throw isCancelled(error) && clock.aborted ? outOfTime(request.timeoutMs, begun, error) : error
      }
    },
  }
}

/** One that only waited for a session may be repeated when the store has less to do. */
function outOfTime(timeoutMs: number, begun: boolean, cause: unknown): ClickhouseError {
  return begun
    ? refuse('TIMEOUT_EXCEEDED', `Timeout exceeded: maximum: ${timeoutMs} ms`, cause)
    : refuse('TOO_MANY_SIMULTANEOUS_QUERIES', `Too many simultaneous queries: none ended within ${timeoutMs} ms. Try again later`, cause)
}

async function wholeAnswer(session: StoreSession, sql: string, format: string): Promise<ReadAnswer> {
  const start = process.hrtime.bigint()
  const { bytes, rows } = await session.query(sql, format)
  return { format, rows, elapsedNs: process.hrtime.bigint() - start, sizeBytes: bytes.length, chunks: once(bytes) }
}

interface Statement {
  readonly sql: string
  readonly format: string
}

async function streamAnswer(
  session: StoreSession,
  { sql, format }: Statement,
  deliver: (answer: ReadAnswer) => Promise<void>,
): Promise<void> {
  const start = process.hrtime.bigint()
  const stream = session.stream(sql, format)
  try {
    const first = await stream.next() // an error before the first row still becomes the status of the answer
    const elapsedNs = process.hrtime.bigint() - start
    await deliver({ format, rows: undefined, elapsedNs, sizeBytes: first.done ? 0 : undefined, chunks: resumed(first, stream) })
  } finally {
    await stream.return(undefined)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

async function* resumed(first: IteratorResult<Uint8Array>, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.done) return
  yield first.value
  yield* rest
}

const isCancelled = (error: unknown): boolean => error instanceof ClickhouseError && error.number === clickhouseCodes.QUERY_WAS_CANCELLED
