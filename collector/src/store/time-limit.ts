/**
 * Ends work in time whatever the engine does. The engine checks for cancellation only between blocks, so asking it to stop a statement is
 * no promise that it does: the caller gets its answer a grace after the limit all the same, and when the work is still not done a patience
 * later, the engine's process has to go.
 */
import { ClickhouseError, clickhouseCodes, refuse } from './clickhouse-error.ts'

export interface TimeLimit {
  readonly limitMs: number
  /** From the limit, or from the moment the client is gone, to the answer. */
  readonly graceMs: number
  /** From that answer to the end of the engine. */
  readonly patienceMs: number
}

/** The time of one piece of work. */
export interface Clock {
  /** Aborts at the limit or when the client is gone: the engine is asked to end the statement. */
  readonly cancelled: AbortSignal
  /** Aborts after the grace period, with the answer as its reason: nobody waits any more. */
  readonly abandoned: AbortSignal
  /** The error that a client is told: one of work that was cancelled at the limit says that the time is over. */
  readonly explain: (error: unknown) => unknown
  /** Sets another limit, counted from the start of the work. */
  readonly limitTo: (limitMs: number) => void
}

export interface TimedWork<T> {
  readonly run: (clock: Clock) => Promise<T>
  readonly gone: AbortSignal
  /** The work has not returned. */
  readonly onStuck: () => void
}

export interface Timed<T> {
  /** What the work gives. Rejects with ClickhouseError 159 at limit + grace at the latest. */
  readonly answer: Promise<T>
  /** Resolves when the work has returned, however it ended. */
  readonly back: Promise<void>
}

export function withinTime<T>({ limitMs: firstLimitMs, graceMs, patienceMs }: TimeLimit, { run, gone, onStuck }: TimedWork<T>): Timed<T> {
  const cancelled = new AbortController()
  const abandoned = new AbortController()
  const { promise: answer, resolve, reject } = Promise.withResolvers<T>()
  const startMs = performance.now()
  let limitMs = firstLimitMs
  let timer: NodeJS.Timeout | undefined

  const timeIsUp = (cause?: unknown): ClickhouseError => timeoutExceeded(performance.now() - startMs, limitMs, cause)
  const abandon = (): void => {
    const reason = gone.aborted ? refuse('QUERY_WAS_CANCELLED', 'Query was cancelled: the client disconnected') : timeIsUp()
    abandoned.abort(reason)
    timer = setTimeout(onStuck, patienceMs)
    reject(reason)
  }
  const cancel = (): void => {
    if (cancelled.signal.aborted) return
    clearTimeout(timer)
    timer = setTimeout(abandon, graceMs)
    cancelled.abort()
  }
  const explain = (error: unknown): unknown => (isCancelled(error) && cancelled.signal.aborted && !gone.aborted ? timeIsUp(error) : error)

  const limitTo = (ms: number): void => {
    if (cancelled.signal.aborted) return
    limitMs = ms
    clearTimeout(timer)
    timer = setTimeout(cancel, Math.max(0, ms - (performance.now() - startMs)))
  }

  limitTo(firstLimitMs)
  gone.addEventListener('abort', cancel, { once: true })
  if (gone.aborted) cancel()
  const back = run({ cancelled: cancelled.signal, abandoned: abandoned.signal, limitTo, explain })
    .then(resolve, (error: unknown) => reject(explain(error)))
    .finally(() => {
      clearTimeout(timer)
      gone.removeEventListener('abort', cancel)
    })
  return { answer, back }
}

/** In the words of ClickHouse. */
const timeoutExceeded = (elapsedMs: number, limitMs: number, cause?: unknown): ClickhouseError =>
  refuse('TIMEOUT_EXCEEDED', `Timeout exceeded: elapsed ${elapsedMs.toFixed(3)} ms, maximum: ${limitMs} ms`, cause)

const isCancelled = (error: unknown): boolean =>
  error instanceof ClickhouseError &&
  (error.number === clickhouseCodes.QUERY_WAS_CANCELLED || error.number === clickhouseCodes.TIMEOUT_EXCEEDED)
