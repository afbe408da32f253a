/**
 * A profile of all that this thread does for some seconds, when somebody asks for it. Where the profiler of requests runs, its samples are taken; elsewhere
 * node:inspector takes them, which every Node has, and which stops the event loop for some 50 ms at the start and at the end. It is sent as the record
 * of a trace that has nothing else, so that what shows profiles of requests shows it too.
 */
import type { Session } from 'node:inspector'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProfileOptions, TakenProfile } from '../current-agent.ts'
import { attr } from '../contract/telemetry.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import { newTraceId } from '../recorder/ids.ts'
import { fail } from './errors.ts'
import { foldedText } from './folded-stacks.ts'
import { type InspectorProfile, inspectorStacks } from './inspector-stacks.ts'
import type { RequestProfiles } from './request-profiles.ts'

/** Twice a millisecond would cost a fifth; every 2 ms costs what the spread hides. */
const INTERVAL_MICROS = 2000
const MAX_SECONDS = 60
/** Each costs a stop of the loop and a row of up to 64 KiB. */
const MAX_PER_HOUR = 60
const HOUR_MS = 3_600_000
const FLUSH_MS = 2000
const IDLE = '(idle)'

export interface OnDemandOptions {
  readonly exporter: Pick<OtlpExporter, 'exportLogs' | 'flush'>
  readonly sourceRoot: string
  /** That of requests, if it runs. */
  readonly running: () => RequestProfiles | undefined
  readonly nowMs?: () => number
  readonly sleep?: (ms: number) => Promise<unknown>
}

export class ProfileOnDemand {
  readonly #options: OnDemandOptions
  readonly #nowMs: () => number
  readonly #sleep: (ms: number) => Promise<unknown>
  #endsMs: number | undefined
  #taken: number[] = []

  constructor(options: OnDemandOptions) {
    this.#options = options
    this.#nowMs = options.nowMs ?? Date.now
    this.#sleep = options.sleep ?? sleep
  }

  /** @throws SPY_PROFILE_RUNNING, SPY_PROFILE_TOO_MANY */
  async take({ seconds = 10, kind = 'cpu' }: ProfileOptions): Promise<TakenProfile> {
    const [startMs, lastsMs] = [this.#nowMs(), Math.min(Math.max(1, seconds), MAX_SECONDS) * 1000]
    if (this.#endsMs !== undefined) throw fail('SPY_PROFILE_RUNNING', [Math.max(0, Math.ceil((this.#endsMs - startMs) / 1000))])
    this.#taken = this.#taken.filter((ms) => ms > startMs - HOUR_MS)
    if (this.#taken.length >= MAX_PER_HOUR) throw fail('SPY_PROFILE_TOO_MANY', [MAX_PER_HOUR])
    this.#taken.push(startMs)
    this.#endsMs = startMs + lastsMs
    try {
      const running = this.#options.running()
      const last = (): Promise<unknown> => this.#sleep(lastsMs)
      const stacks = await (running ? samplesOf(running, last) : inspected(last, this.#options.sourceRoot))
      return await this.#sent(stacks, { startMs, kind, by: running ? '@datadog/pprof' : 'node:inspector' })
    } finally {
      this.#endsMs = undefined
    }
  }

  async #sent(
    stacks: Map<string, number>,
    { startMs, kind, by }: Pick<TakenProfile, 'kind' | 'by'> & { startMs: number },
  ): Promise<TakenProfile> {
    const durationMs = this.#nowMs() - startMs
    const idleNanos = stacks.get(IDLE)
    stacks.delete(IDLE)
    const cpuMs = Math.round(sumOf(stacks) / 1e6)
    // A profiler of requests has no idle samples: what is left of the time is idle.
    if (kind === 'wall') stacks.set(IDLE, idleNanos ?? Math.max(0, (durationMs - cpuMs) * 1e6))
    const traceId = newTraceId()
    const attributes = {
      [attr.profileMs]: Math.round(sumOf(stacks) / 1e6),
      [attr.profileOfMs]: Math.round(durationMs),
      [attr.profileKind]: kind,
      [attr.profileBy]: by,
    }
    const record = { timeMs: startMs, severityNumber: 9, severityText: 'INFO', eventName: 'spyglass.profile', body: foldedText(stacks) }
    this.#options.exporter.exportLogs([{ ...record, attributes, traceId }])
    await this.#options.exporter.flush(FLUSH_MS)
    return { traceId, durationMs, cpuMs, kind, by }
  }
}

const sumOf = (stacks: ReadonlyMap<string, number>): number => [...stacks.values()].reduce((sum, nanos) => sum + nanos, 0)

/** Nanoseconds by stack. */
async function samplesOf(running: RequestProfiles, last: () => Promise<unknown>): Promise<Map<string, number>> {
  const stacks = new Map<string, number>()
  running.turn() // what was before is not asked for
  running.onStack = ({ stack, nanos }) => stacks.set(stack, (stacks.get(stack) ?? 0) + nanos)
  try {
    await last()
    running.turn()
  } finally {
    running.onStack = undefined
  }
  return stacks
}

async function inspected(last: () => Promise<unknown>, sourceRoot: string): Promise<Map<string, number>> {
  const session = new (process.getBuiltinModule('node:inspector').Session)()
  session.connect()
  try {
    await post(session, 'Profiler.enable')
    await post(session, 'Profiler.setSamplingInterval', { interval: INTERVAL_MICROS })
    await post(session, 'Profiler.start')
    await last()
    const { profile } = (await post(session, 'Profiler.stop')) as { readonly profile: InspectorProfile }
    return inspectorStacks(profile, sourceRoot || process.cwd())
  } finally {
    session.disconnect() // which ends the profiler as well
  }
}

function post(session: Session, method: string, parameters: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
