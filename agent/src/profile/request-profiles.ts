/**
 * A wall profile of all that this thread does, cut by request: 99 samples a second, each with the request that ran. The slices of kept requests are sent; what
 * belongs to others is dropped when they have ended. Needs @datadog/pprof, which the application installs beside the agent.
 */
import { attr } from '../contract/telemetry.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import { fromEpochMs, now, toEpochMs } from '../recorder/clock.ts'
import { RequestContext } from '../recorder/context.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { spanNameOf } from '../recorder/trace-export.ts'
import type { LoopRequest, LoopWork } from '../recorder/verdict/loop-evidence.ts'
import type { Sampler } from '../recorder/verdict/verdicts.ts'
import { foldedText, type PprofProfile, SAMPLE_LABEL, type SampledStack, sampledStacks } from './folded-stacks.ts'

/** A prime rate, so that nothing periodic is always hit or always missed. */
export const INTERVAL_MICROS = 10_101
/** Requests of which slices are held at once. */
const MAX_REQUESTS = 500
const MAX_STACKS = 1000
/** What the profiler calls the garbage collector. */
const COLLECTION = 'Garbage Collection'

/** Verdicts may ask for what ran in the last minute. */
const REMEMBERED_MS = 60_000
/** Between two samples. An idle loop has samples as well: where there are none, a busy machine held up the profiler. */
const MAX_GAP_MS = 1000
/** Taking the samples stops the loop for some 3 ms. */
const REST_MS = 1000

/** The context of a sample, and when it was taken, in microseconds since the epoch. */
interface SampleContext {
  readonly context?: unknown
  readonly timestamp: number | bigint
}

/** The part of @datadog/pprof that is used. */
export interface WallProfiler {
  start(options: object): void
  stop(restart: boolean, labels?: (sample: { readonly context?: SampleContext | undefined }) => Record<string, number>): PprofProfile
  setContext(context: object): void
}

interface Kept {
  readonly traceId: string
  readonly spanId: string
  readonly startMs: number
  readonly durationMs: number
}

export class RequestProfiles implements Sampler {
  readonly #profiler: WallProfiler
  readonly #exporter: Pick<OtlpExporter, 'exportLogs'>
  readonly #sourceRoot: string
  readonly #slices = new Map<RequestContext, Map<string, number>>()
  readonly #kept = new Map<RequestContext, Kept>()
  /** In order. */
  #work: LoopWork[] = []
  #lastSampleMs = 0
  #lastTurnMs = 0
  /** Called with each stack at a turn, of requests or not. */
  onStack: ((stack: SampledStack) => void) | undefined

  constructor(profiler: WallProfiler, exporter: Pick<OtlpExporter, 'exportLogs'>, sourceRoot: string) {
    this.#profiler = profiler
    this.#exporter = exporter
    this.#sourceRoot = sourceRoot
  }

  /** The request is what runs from here on. */
  entered(requestContext: RequestContext): void {
    this.#profiler.setContext(requestContext.root)
  }

  /** A request that has ended is sent. */
  kept({ requestContext, traceId, spanId, startMs, endMs }: TraceRecord): void {
    if (this.#kept.size < MAX_REQUESTS) this.#kept.set(requestContext, { traceId, spanId, startMs, durationMs: endMs - startMs })
  }

  /** Who ran from a time of the process's clock to the last turn. */
  workSince(startMs: number): readonly LoopWork[] {
    return this.#work.filter(({ endMs }) => endMs > startMs)
  }

  get restMs(): number {
    return this.#lastTurnMs + REST_MS - now()
  }

  take(): void {
    this.turn()
  }

  /** Ends a window: reads its samples, and sends the slices of what was kept. */
  turn(): void {
    this.#lastTurnMs = now()
    const samples: (SampleContext | undefined)[] = []
    const profile = this.#profiler.stop(true, ({ context }) => (context ? { [SAMPLE_LABEL]: samples.push(context) - 1 } : {}))
    this.#takeIn(sampledStacks(profile, this.#sourceRoot), samples)
    for (const [requestContext, kept] of this.#kept) this.#send(requestContext, kept)
    this.#kept.clear()
    for (const requestContext of this.#slices.keys()) if (!requestContext.record) this.#slices.delete(requestContext)
  }

  #takeIn(stacks: readonly SampledStack[], samples: readonly (SampleContext | undefined)[]): void {
    const found = stacks.map((stack) => {
      const { context, timestamp = 0 } = samples[stack.sample ?? -1] ?? {}
      return { stack, requestContext: context instanceof RequestContext ? context : undefined, atMs: fromEpochMs(Number(timestamp) / 1000) }
    })
    for (const { stack, requestContext, atMs } of found.toSorted((a, b) => a.atMs - b.atMs)) {
      if (stack.nanos > 0) this.onStack?.(stack)
      if (stack.sample === undefined) continue
      this.#noteWork(stack, requestContext, atMs)
      if (requestContext && (requestContext.record || this.#kept.has(requestContext))) this.#hold(requestContext, stack)
    }
    const oldest = now() - REMEMBERED_MS
    this.#work = this.#work.filter(({ endMs }) => endMs > oldest)
  }

  /** A sample stands for the time since the one before. The collector's pauses are known better. */
  #noteWork({ stack, location, nanos }: SampledStack, requestContext: RequestContext | undefined, atMs: number): void {
    const beforeMs = this.#lastSampleMs
    const gapMs = atMs - beforeMs
    this.#lastSampleMs = atMs
    if (nanos === 0 || stack.endsWith(COLLECTION)) return
    const startMs = gapMs <= MAX_GAP_MS ? beforeMs : atMs - INTERVAL_MICROS / 1000
    const last = this.#work.at(-1)
    if (last?.endMs === startMs && last.location === location && last.request?.requestContext === requestContext)
      this.#work[this.#work.length - 1] = { ...last, endMs: atMs }
    else this.#work.push({ startMs, endMs: atMs, request: requestContext && this.#requestOf(requestContext), location })
  }

  #requestOf(requestContext: RequestContext): LoopRequest {
    const { record, ended } = requestContext
    const name = record ? spanNameOf(record) : (ended ?? 'a request')
    return { requestContext, name, traceId: (record ?? this.#kept.get(requestContext))?.traceId }
  }

  #hold(requestContext: RequestContext, { stack, nanos }: SampledStack): void {
    const held = this.#slices.get(requestContext)
    if (nanos === 0 || (!held && this.#slices.size >= MAX_REQUESTS)) return
    const slice = held ?? new Map<string, number>()
    if (slice.size < MAX_STACKS || slice.has(stack)) slice.set(stack, (slice.get(stack) ?? 0) + nanos)
    this.#slices.set(requestContext, slice)
  }

  #send(requestContext: RequestContext, { traceId, spanId, startMs, durationMs }: Kept): void {
    const slice = this.#slices.get(requestContext)
    if (!slice) return // it spent less than a sample on the processor
    this.#slices.delete(requestContext)
    const nanos = [...slice.values()].reduce((sum, one) => sum + one, 0)
    this.#exporter.exportLogs([
      {
        timeMs: toEpochMs(startMs),
        severityNumber: 9,
        severityText: 'INFO',
        eventName: 'spyglass.profile',
        body: foldedText(slice),
        attributes: { [attr.profileMs]: Math.round(nanos / 1e6), [attr.profileOfMs]: Math.round(durationMs) },
        traceId,
        spanId,
      },
    ])
  }
}
