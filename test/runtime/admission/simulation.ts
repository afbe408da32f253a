/**
 * An application on one event loop, in simulated time: each request waits for something, then computes. What it waits for is a time, or a service with a
 * few places (M/M/c where times are random). The simulated time does not depend on the machine: what holds here holds anywhere.
 */
import type { Clock } from '../../../runtime/src/clock/index.ts'
import { Admission } from '../../../runtime/src/admission/admission.ts'
import type { AdmissionSettings, Overload } from '../../../runtime/src/admission/admission-settings.ts'
import type { Gate } from '../../../runtime/src/admission/gate.ts'

export const admissionSettings: AdmissionSettings = {
  enabled: true,
  loopDelayMs: 10,
  poolWaitMs: 100,
  share: 100,
  weights: [],
}

/** A clock whose timers ring late when the loop is late. */
export class LoopClock implements Clock {
  time = 0
  #busySince = 0
  #busyMs = 0
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>()

  now(): number {
    return this.time
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.time + ms, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Computes for so long. */
  compute(ms: number): void {
    this.time += ms
    this.#busyMs += ms
  }

  /** The part of the time since the last call in which it computed. */
  utilization(): number {
    const part = this.time === this.#busySince ? 0 : this.#busyMs / (this.time - this.#busySince)
    this.#busySince = this.time
    this.#busyMs = 0
    return part
  }

  /** Lets the timers ring that are due. */
  ring(): void {
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.time)) {
      this.#timers.delete(timer)
      timer.fn()
    }
  }

  get nextAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#timers].map(({ at }) => at))
  }
}

export function openAdmission() {
  const clock = new LoopClock()
  const admission = new Admission({ clock, utilization: () => clock.utilization() })
  const told: string[] = []
  const open = (settings: Partial<AdmissionSettings> = {}, poolWaitMs = (): number => 0): Gate => {
    const all = { ...admissionSettings, ...settings }
    return admission.open({
      settings: () => all,
      healthPath: '/healthz',
      poolWaitMs,
      report: { began: (reason) => void told.push(reason), ended: (refused) => void told.push(`ended after ${refused}`) },
    })
  }
  return { clock, admission, told, open }
}

/** What requests wait for that has only so many places: a database with its pool, another service. First come, first served. */
export class Station {
  readonly #freeAt: number[]

  constructor(places: number) {
    this.#freeAt = Array.from({ length: places }, () => 0)
  }

  /** When one that comes now is served. */
  servedAt(now: number, serviceMs: number): number {
    const first = this.#freeAt.indexOf(Math.min(...this.#freeAt))
    return (this.#freeAt[first] = Math.max(now, this.#freeAt[first]!) + serviceMs)
  }

  /** How long one waits that comes now, as a pool tells it of the one that has waited longest. */
  waitMs(now: number): number {
    return Math.max(0, Math.min(...this.#freeAt) - now)
  }
}

export interface Load {
  readonly perSecond: number
  /** Defaults: 10 ms of waiting, 1 ms of computing. With a station, `waitMs` is how long it serves one. */
  readonly waitMs?: number
  readonly computeMs?: number
  readonly station?: Station
  /** Arrivals and times are spread as `random` has it (exponentially), and not even. */
  readonly random?: () => number
  /** What a refusal costs the loop. */
  readonly refusalMs?: number
}

interface Passed {
  readonly at: number
  readonly epoch: number
  readonly gate: Gate
  readonly computeMs: number
  readonly begunAt: number
}

export interface Outcome {
  readonly latencies: number[]
  readonly refused: Map<Overload, number>
}

/** What a refusal costs the loop. */
export const REFUSAL_MS = 0.05

const spread = (mean: number, { random }: Load): number => (random ? -Math.log(1 - random()) * mean : mean)

/** Serves each gate its load for so long; counts what begins after `from`. */
export function serve(clock: LoopClock, loads: ReadonlyMap<Gate, Load>, { ms, from = 0 }: { readonly ms: number; readonly from?: number }) {
  const end = clock.time + ms
  const countedFrom = clock.time + from
  const outcomes = new Map([...loads.keys()].map((gate): [Gate, Outcome] => [gate, { latencies: [], refused: new Map() }]))
  const nextAt = new Map([...loads].map(([gate, load]) => [gate, clock.time + spread(1000 / load.perSecond, load)]))
  let waiting: Passed[] = []

  function arrive(gate: Gate, load: Load, begunAt: number): void {
    const reason = gate.reasonAgainst('/')
    if (reason === undefined) return admit(gate, load, begunAt)
    clock.compute(load.refusalMs ?? REFUSAL_MS)
    const { refused } = outcomes.get(gate)!
    if (begunAt >= countedFrom) refused.set(reason, (refused.get(reason) ?? 0) + 1)
  }

  function admit(gate: Gate, load: Load, begunAt: number): void {
    const [waitMs, computeMs] = [spread(load.waitMs ?? 10, load), spread(load.computeMs ?? 1, load)]
    const at = load.station?.servedAt(clock.time, waitMs) ?? clock.time + waitMs
    waiting.push({ at, epoch: gate.occupancy.enter(), gate, computeMs, begunAt })
  }

  function finishDue(): void {
    const due = waiting.filter(({ at }) => at <= clock.time)
    waiting = waiting.filter(({ at }) => at > clock.time)
    for (const { gate, epoch, computeMs, begunAt } of due) {
      clock.compute(computeMs)
      gate.occupancy.leave(epoch)
      if (gate.isTimed) gate.answered(clock.time - begunAt)
      if (begunAt >= countedFrom) outcomes.get(gate)!.latencies.push(clock.time - begunAt)
    }
  }

  while (clock.time < end) {
    const turn = clock.time // what comes during a turn is for the next
    for (const [gate, load] of loads)
      for (let at = nextAt.get(gate)!; at <= turn; at = nextAt.get(gate)!) {
        nextAt.set(gate, at + spread(1000 / load.perSecond, load))
        arrive(gate, load, at)
      }
    finishDue()
    clock.ring()
    const next = Math.min(clock.nextAt, ...nextAt.values(), ...waiting.map(({ at }) => at))
    if (next > clock.time) clock.time = next
  }
  return outcomes
}

export const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? 0
export const total = (refused: ReadonlyMap<Overload, number>): number => [...refused.values()].reduce((sum, one) => sum + one, 0)
