/**
 * Admission to the applications of one process: before routing and body, so that a refusal costs as little as can be. The event loop is looked at every
 * 5 ms while requests come, and never otherwise. Read adaptive-limit.ts for what becomes of it, gate.ts for one application.
 */
import { type Clock, systemClock } from '../clock/index.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { Gate, type GateOptions, type SharedLoad } from './gate.ts'
import { loopUtilization, Mean, type Utilization } from './load-window.ts'
import { EPOCH_MS } from './occupancy.ts'

export const TICK_MS = 5
export const WINDOW_MS = 50
/** So long after the last request nobody looks any more. */
const IDLE_MS = 100
/** A loop that had nothing to do for a tenth of the time is not what keeps requests waiting. */
const BUSY = 0.9
/** The loop may be late by so many handlers, if that is longer than it may be late at any rate; but not by more times that. */
const HANDLERS = 2
const MAX_ALLOWED = 5
/** How much of what is known of a request is what the last window says. */
const NEWEST = 0.2

export interface AdmissionOptions {
  readonly clock?: Clock
  readonly utilization?: Utilization
}

export class Admission implements SharedLoad {
  readonly #clock: Clock
  readonly #utilization: Utilization
  readonly #gates = new Set<Gate>()
  readonly #limit = new AdaptiveLimit()
  readonly #lag = new Mean()
  #isAwake = false
  #isUsed = false
  #usedAt = 0
  #dueAt = 0
  #windowAt = 0
  #epochAt = 0
  /** What a request computes, about. */
  #computeMs = 0

  constructor({ clock = systemClock, utilization = loopUtilization() }: AdmissionOptions = {}) {
    this.#clock = clock
    this.#utilization = utilization
  }

  now(): number {
    return this.#clock.now()
  }

  /** The gate of an application. */
  open(options: GateOptions): Gate {
    const gate = new Gate(options, this)
    this.#gates.add(gate)
    return gate
  }

  /** The application stops: what its gate reported ends. */
  close(gate: Gate): void {
    gate.refusing.end(this.#clock.now())
    this.#gates.delete(gate)
  }

  get limit(): number {
    return this.#limit.value
  }

  get taken(): number {
    let taken = 0
    for (const gate of this.#gates) taken += gate.occupancy.taken
    return taken
  }

  get begun(): number {
    let begun = 0
    for (const gate of this.#gates) begun += gate.occupancy.begun
    return begun
  }

  get pace(): number {
    let pace = 0
    for (const gate of this.#gates) pace += gate.occupancy.pace
    return pace
  }

  partOf(gate: Gate): number {
    let all = gate.settings.share
    for (const other of this.#gates) if (other !== gate && other.occupancy.taken > 0) all += other.settings.share
    return gate.settings.share / all
  }

  wake(): void {
    this.#isUsed = true
    if (this.#isAwake) return
    this.#isAwake = true
    const now = this.#clock.now()
    this.#usedAt = this.#windowAt = now
    this.#advance(now)
    this.#utilization()
    this.#lag.take()
    this.#sleep(now)
  }

  #sleep(now: number): void {
    this.#dueAt = now + TICK_MS
    this.#clock.after(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    const now = this.#clock.now()
    this.#lag.add(Math.max(0, now - this.#dueAt))
    if (this.#isUsed) this.#usedAt = now
    this.#isUsed = false
    for (const gate of this.#gates) gate.turn()
    this.#advance(now)
    if (now - this.#windowAt >= WINDOW_MS) this.#windowEnded(now)
    this.#isAwake = this.#isNeeded(now)
    if (this.#isAwake) this.#sleep(now)
  }

  #isNeeded(now: number): boolean {
    if (now - this.#usedAt < IDLE_MS || this.#limit.isLimiting) return true
    for (const gate of this.#gates) if (gate.isUnsettled) return true
    return false
  }

  #advance(now: number): void {
    const epochs = Math.floor((now - this.#epochAt) / EPOCH_MS)
    if (epochs === 0) return
    this.#epochAt += epochs * EPOCH_MS
    for (const gate of this.#gates) gate.occupancy.advance(epochs)
  }

  #windowEnded(now: number): void {
    const windowMs = now - this.#windowAt
    this.#windowAt = now
    let [peak, refused, ended, allowedMs] = [0, 0, 0, Number.POSITIVE_INFINITY]
    for (const gate of this.#gates) {
      const seen = gate.windowEnded(now)
      peak += seen.peak
      refused += seen.refused
      ended += seen.ended
      if (gate.settings.enabled) allowedMs = Math.min(allowedMs, gate.settings.loopDelayMs)
    }
    const utilization = this.#utilization()
    const isBusy = utilization > BUSY
    const lagMs = this.#lag.take()
    if (ended > 0) this.#computeMs += ((utilization * windowMs) / ended - this.#computeMs) * NEWEST
    if (allowedMs === Number.POSITIVE_INFINITY) this.#limit.lift()
    else this.#limit.step({ strain: isBusy ? lagMs / this.#allowed(allowedMs) : 0, isBusy, peak, occupied: this.taken, refused })
  }

  /** One that computes for long makes the loop late all by itself: without room for a second one, the loop would wait for the next. */
  #allowed(loopDelayMs: number): number {
    return Math.min(MAX_ALLOWED * loopDelayMs, Math.max(loopDelayMs, HANDLERS * this.#computeMs))
  }
}
