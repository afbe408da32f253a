/** An application on one event loop, in simulated time: each request waits for something, then computes. */
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

export interface Load {
  readonly perSecond: number
  /** Defaults: 10 ms of waiting, 1 ms of computing. */
  readonly waitMs?: number
  readonly computeMs?: number
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

/** Serves each gate its load for so long; counts what begins after `from`. */
export function serve(clock: LoopClock, loads: ReadonlyMap<Gate, Load>, { ms, from = 0 }: { readonly ms: number; readonly from?: number }) {
  const end = clock.time + ms
  const countedFrom = clock.time + from
  const outcomes = new Map([...loads.keys()].map((gate): [Gate, Outcome] => [gate, { latencies: [], refused: new Map() }]))
  const nextAt = new Map([...loads].map(([gate, { perSecond }]) => [gate, clock.time + 1000 / perSecond]))
  let waiting: Passed[] = []

  function arrive(gate: Gate, { waitMs = 10, computeMs = 1 }: Load, begunAt: number): void {
    const reason = gate.reasonAgainst('/')
    const { refused } = outcomes.get(gate)!
    if (reason === undefined) {
      waiting.push({ at: clock.time + waitMs, epoch: gate.occupancy.enter(), gate, computeMs, begunAt })
      return
    }
    clock.compute(REFUSAL_MS)
    if (begunAt >= countedFrom) refused.set(reason, (refused.get(reason) ?? 0) + 1)
  }

  function finishDue(): void {
    const due = waiting.filter(({ at }) => at <= clock.time)
    waiting = waiting.filter((one) => !due.includes(one))
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
        nextAt.set(gate, at + 1000 / load.perSecond)
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
