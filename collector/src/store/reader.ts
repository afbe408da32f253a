/** Runs statements of clients: session, settings and parameters, gate, time limit; delivers the response. */
import { type ClientBackOff, type Client, keyOf } from './client-back-off.ts'
import type { Canceller } from './cancel.ts'
import type { RawResult } from './engine/engine.ts'
import { contentTypeOf, isJoinable } from './gate/formats.ts'
import { type Gate, knownFormat, type ReadableDatabase } from './gate/gate.ts'
import { checkParameters, type Parameters } from './parameters.ts'
import { withReaderName } from './reader-name.ts'
import type { StoreSession } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import { type SettingsJudge, shownSettings } from './settings/request-settings.ts'
import { type ReadFigures, readFigures } from './statistics.ts'
import { type Clock, type TimeLimit, withinTime } from './time-limit.ts'

export interface ReadRequest {
  readonly sql: string
  /** Where names without a database are looked up. */
  readonly database: ReadableDatabase
  /** Used when the statement names no format. */
  readonly defaultFormat: string
  readonly parameters: Parameters
  /** Settings of the engine that the URL gives. */
  readonly settings: ReadonlyMap<string, string>
  readonly client: Client
  /** Whether the whole response must be complete before its first byte is sent. */
  readonly waitForEnd: boolean
}

export interface ReadAnswer {
  readonly format: string
  readonly contentType: string
  /** Rows of the whole answer; undefined when there is more to come than is there when its headers are sent, or when the format has no rows. */
  readonly rows: number | undefined
  /** What the statement read to make it; undefined when the engine does not tell. */
  readonly read?: ReadFigures | undefined
  readonly elapsedNs: bigint
  /** Size of the whole; undefined when there is more to come than is there when its headers are sent. */
  readonly sizeBytes: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Takes an answer. The signal aborts when nobody waits for it any more: a client that does not read must not hold a session. */
export type Deliver = (answer: ReadAnswer, signal: AbortSignal) => Promise<void>

export interface Reader {
  /** Runs the statement and delivers its response. A client that disconnects aborts `gone`. */
  run(request: ReadRequest, deliver: Deliver, gone: AbortSignal): Promise<void>
}

export interface ReaderParts {
  readonly pool: SessionPool
  readonly gate: Gate
  readonly settings: SettingsJudge
  readonly canceller: Canceller
  readonly backOff: ClientBackOff
  /** Maximum run time of a statement; a client may ask for less. */
  readonly time: () => TimeLimit
  /** Maximum wait for a session; a client may ask for less. */
  readonly maxWaitMs: () => number
  /** Kills an engine that does not release a session. */
  readonly onStuck: () => void
}

/** As much of a streamed answer is collected before its status and headers are sent, as in ClickHouse. */
const BUFFER_BYTES = 1024 * 1024

interface Run {
  readonly request: ReadRequest
  readonly deliver: Deliver
  readonly clock: Clock
}

export function createReader(parts: ReaderParts): Reader {
  const { pool, gate, settings, canceller, backOff, time } = parts

  /** Returns the answer if it was made whole; one that is streamed needs the session until it is delivered. */
  async function runOn(session: StoreSession, { request, deliver, clock }: Run): Promise<ReadAnswer | undefined> {
    const { parameters, database } = request
    await session.enter({ settings: {}, parameters, database })
    const named = await withReaderName(request.sql, request.client.user, session)
    const { sql, engine, given } = await settings.judge(named, request.settings, session)
    const { format = request.defaultFormat, streamable, settingsAsked, instead = sql } = await gate.check(sql, session, database)
    const isListed = settingsAsked !== undefined && !settingsAsked.some((name) => settings.isFixed(name))
    const shown = isListed && !('additional_table_filters' in engine) ? shownSettings(settings.allowed) : {}
    const needed = { ...engine, ...shown }
    if (Object.keys(needed).length > 0) await session.enter({ settings: needed, parameters, database })
    clock.limitTo(lowered(given.get('max_execution_time'), 1000, time().limitMs))
    return canceller.guard(clock.cancelled, async (tag) => {
      const statement = { sql: tag + instead, format, contentType: contentTypeOf(format, given) }
      if (!streamable || !isJoinable(format, given)) return wholeAnswer(session, statement)
      const maxBufferBytes = request.waitForEnd ? Infinity : BUFFER_BYTES
      return streamAnswer(session, { ...statement, maxBufferBytes }, (answer) => {
        return deliver({ ...answer, chunks: explained(answer.chunks, clock) }, clock.abandoned)
      })
    })
  }

  /** Resolves with the answer when there is one, which may be long before the engine gives the session back. */
  function borrow(request: ReadRequest, deliver: Deliver, gone: AbortSignal): Promise<ReadAnswer | undefined> {
    const { client } = request
    const limitMs = lowered(request.settings.get('max_execution_time'), 1000, time().limitMs)
    const maxWaitMs = lowered(request.settings.get('queue_max_wait_ms'), 1, parts.maxWaitMs())
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer | undefined>()
    const work = async (session: StoreSession): Promise<void> => {
      backOff.check(client) // while it waited, another of its statements may have cost the engine its process
      const { answer, back } = withinTime(
        { ...time(), limitMs },
        {
          gone,
          run: (clock) => runOn(session, { request, deliver, clock }),
          onStuck() {
            backOff.blame(client)
            parts.onStuck()
          },
        },
      )
      answer.then(resolve, reject)
      await back
    }
    pool.use(work, { client: keyOf(client), signal: gone, maxWaitMs }).catch(reject)
    return promise
  }

  return {
    async run(request, deliver, gone) {
      checkParameters(request.parameters)
      const defaultFormat = knownFormat(request.defaultFormat)
      backOff.check(request.client)
      const whole = await borrow({ ...request, defaultFormat }, deliver, gone)
      if (whole) await deliver(whole, gone)
    },
  }
}

/** A client may ask for less time than the store allows, never for more; 0 means no limit of its own. */
function lowered(asked: string | undefined, unitMs: number, limitMs: number): number {
  const ms = Number(asked ?? 0) * unitMs
  return Number.isFinite(ms) && ms > 0 ? Math.max(1, Math.min(Math.round(ms), limitMs)) : limitMs
}

interface Statement {
  readonly sql: string
  readonly format: string
  readonly contentType: string
}

async function wholeAnswer(session: StoreSession, { sql, format, contentType }: Statement): Promise<ReadAnswer> {
  const start = process.hrtime.bigint()
  const { bytes, rows } = await session.query(sql, format)
  const elapsedNs = process.hrtime.bigint() - start
  const counted = format === 'Null' ? undefined : rows
  return {
    format,
    contentType,
    rows: counted,
    read: readFigures(bytes, format),
    elapsedNs,
    sizeBytes: bytes.length,
    chunks: inOrder([bytes]),
  }
}

/** An error before the buffer is full still becomes the status of the answer. */
async function streamAnswer(
  session: StoreSession,
  { sql, format, contentType, maxBufferBytes }: Statement & { readonly maxBufferBytes: number },
  deliver: (answer: ReadAnswer) => Promise<void>,
): Promise<ReadAnswer | undefined> {
  const start = process.hrtime.bigint()
  const stream = session.stream(sql, format)
  try {
    const first: Uint8Array[] = []
    let [rows, size, isWhole] = [0, 0, false]
    while (!isWhole && size <= maxBufferBytes) {
      const step = await stream.next()
      isWhole = step.done === true
      if (step.done) break
      first.push(step.value.bytes)
      rows += step.value.rows
      size += step.value.bytes.length
    }
    const answer = { format, contentType, elapsedNs: process.hrtime.bigint() - start }
    if (isWhole) return { ...answer, rows, sizeBytes: size, chunks: inOrder(first) }
    await deliver({ ...answer, rows: undefined, sizeBytes: undefined, chunks: inOrder(first, stream) })
    return undefined
  } finally {
    await stream.return(undefined)
  }
}

async function* explained(chunks: AsyncIterable<Uint8Array>, { explain }: Clock): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    throw explain(error)
  }
}

async function* inOrder(first: readonly Uint8Array[], rest?: AsyncIterable<RawResult>): AsyncGenerator<Uint8Array> {
  for (const bytes of first) if (bytes.length > 0) yield bytes
  for await (const { bytes } of rest ?? []) yield bytes
}
