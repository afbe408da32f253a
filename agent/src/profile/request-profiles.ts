/**
 * A wall profile of all that this thread does, cut by request: 99 samples a second, each with the request that ran. The slices of kept requests are sent; what
 * belongs to others is dropped when they have ended. Needs @datadog/pprof, which the application installs beside the agent.
 */
import { attr } from '../contract/telemetry.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import { toEpochMs } from '../recorder/clock.ts'
import { RequestContext } from '../recorder/context.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { foldedStacks, type PprofProfile, REQUEST_LABEL } from './folded-stacks.ts'

/** A prime rate, so that nothing periodic is always hit or always missed. */
export const INTERVAL_MICROS = 10_101
/** Requests of which slices are held at once. */
const MAX_REQUESTS = 500
const MAX_STACKS = 1000
/** Of the text of one slice; the smallest stacks give way. */
const MAX_TEXT = 65_536

/** The part of @datadog/pprof that is used. */
export interface WallProfiler {
  start(options: object): void
  stop(restart: boolean, labels: (sample: { readonly context?: { readonly context?: unknown } }) => Record<string, number>): PprofProfile
  setContext(context: object): void
}

interface Kept {
  readonly traceId: string
  readonly spanId: string
  readonly startMs: number
  readonly durationMs: number
}

export class RequestProfiles {
  readonly #profiler: WallProfiler
  readonly #exporter: Pick<OtlpExporter, 'exportLogs'>
  readonly #sourceRoot: string
  readonly #slices = new Map<RequestContext, Map<string, number>>()
  readonly #kept = new Map<RequestContext, Kept>()

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

  /** Ends a window: reads its samples, and sends the slices of what was kept. */
  turn(): void {
    const requests: RequestContext[] = []
    const numbers = new Map<RequestContext, number>()
    const profile = this.#profiler.stop(true, ({ context }) => {
      const number = this.#numberOf(context?.context, requests, numbers)
      return number === undefined ? {} : { [REQUEST_LABEL]: number }
    })
    for (const [number, stacks] of foldedStacks(profile, this.#sourceRoot)) this.#hold(requests[number], stacks)
    for (const [requestContext, kept] of this.#kept) this.#send(requestContext, kept)
    this.#kept.clear()
    for (const requestContext of this.#slices.keys()) if (!requestContext.record) this.#slices.delete(requestContext)
  }

  /** Of one that still runs, or was kept. */
  #numberOf(context: unknown, requests: RequestContext[], numbers: Map<RequestContext, number>): number | undefined {
    if (!(context instanceof RequestContext) || (!context.record && !this.#kept.has(context))) return undefined
    let number = numbers.get(context)
    if (number === undefined) {
      number = requests.push(context) - 1
      numbers.set(context, number)
    }
    return number
  }

  #hold(requestContext: RequestContext | undefined, stacks: ReadonlyMap<string, number>): void {
    if (!requestContext) return
    const held = this.#slices.get(requestContext)
    if (!held && this.#slices.size >= MAX_REQUESTS) return
    const slice = held ?? new Map<string, number>()
    for (const [stack, nanos] of stacks) if (slice.size < MAX_STACKS || slice.has(stack)) slice.set(stack, (slice.get(stack) ?? 0) + nanos)
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
        body: textOf(slice),
        attributes: { [attr.profileMs]: Math.round(nanos / 1e6), [attr.profileOfMs]: Math.round(durationMs) },
        traceId,
        spanId,
      },
    ])
  }
}

/** Largest first, in microseconds. */
function textOf(slice: ReadonlyMap<string, number>): string {
  let text = ''
  for (const [stack, nanos] of [...slice].toSorted((a, b) => b[1] - a[1])) {
    const line = `${stack} ${Math.round(nanos / 1000)}\n`
    if (text.length + line.length > MAX_TEXT) break
    text += line
  }
  return text.trimEnd()
}
