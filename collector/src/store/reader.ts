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

export interface Reader {
  /** Runs the statement; `deliver` takes the answer before the session is given back. A client that goes away aborts `gone`. */
  run(request: ReadRequest, deliver: (answer: ReadAnswer) => Promise<void>, gone: AbortSignal): Promise<void>
}

export interface ReaderParts {
  readonly pool: SessionPool
  readonly gate: Gate
  readonly canceller: Canceller
}

export function createReader({ pool, gate, canceller }: ReaderParts): Reader {
  return {
    async run(request, deliver, gone) {
      checkParameters(request.parameters)
      if (!isKnownFormat(request.defaultFormat)) throw refuse('UNKNOWN_FORMAT', `Unknown format ${request.defaultFormat}`)
      const clock = AbortSignal.timeout(request.timeoutMs)
      const signal = AbortSignal.any([gone, clock])
      try {
        await pool.use(async (session) => {
          await bindParameters(session, request.parameters, request.sql)
          const { format = request.defaultFormat, streamable } = await gate.check(request.sql, session)
          const streamed = streamable && isJoinable(format)
          await canceller.guard(signal, (tag) => answer(session, { sql: tag + request.sql, format, streamed, deliver }))
        }, signal)
      } catch (error) {
        throw isCancelled(error) && clock.aborted
          ? refuse('TIMEOUT_EXCEEDED', `Timeout exceeded: maximum: ${request.timeoutMs} ms`, error)
          : error
      }
    },
  }
}

interface Run {
  readonly sql: string
  readonly format: string
  readonly streamed: boolean
  readonly deliver: (answer: ReadAnswer) => Promise<void>
}

async function answer(session: StoreSession, { sql, format, streamed, deliver }: Run): Promise<void> {
  const start = process.hrtime.bigint()
  if (!streamed) {
    const { bytes, rows } = await session.query(sql, format)
    return deliver({ format, rows, elapsedNs: process.hrtime.bigint() - start, sizeBytes: bytes.length, chunks: once(bytes) })
  }
  const stream = session.stream(sql, format)
  try {
    const first = await stream.next() // an error before the first row still becomes the status of the answer
    const sizeBytes = first.done ? 0 : undefined
    await deliver({ format, rows: undefined, elapsedNs: process.hrtime.bigint() - start, sizeBytes, chunks: resumed(first, stream) })
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
