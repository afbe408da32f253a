/**
 * What the event loop did in the last minute, so that a request's time in which nothing was waited for can be told: how busy it was between two looks,
 * and when it was blocked.
 */
import { performance } from 'node:perf_hooks'
import { guardedInterval } from '../guard/guard.ts'
import type { LoopStretch } from '../recorder/verdict/loop-evidence.ts'

/** A look costs some microseconds and wakes the process: 0.04 % of a core. */
const LOOK_EVERY_MS = 100
/** A look that comes later than this was held up. */
const BLOCKED_MS = 20
/** A minute of looks. */
const MAX_STRETCHES = 700

/** The clock and the loop of this thread; tests have others. */
export interface LoopClock {
  now(): number
  /** Milliseconds that the loop has been idle since it began. */
  idleMs(): number
}

const loopClock: LoopClock = { now: () => performance.now(), idleMs: () => performance.eventLoopUtilization().idle }

export class LoopTimeline {
  readonly #clock: LoopClock
  #stretches: LoopStretch[] = []
  #lastMs: number
  #lastIdleMs: number
  #dueMs: number

  constructor(clock: LoopClock = loopClock) {
    this.#clock = clock
    this.#lastMs = clock.now()
    this.#lastIdleMs = clock.idleMs()
    this.#dueMs = this.#lastMs + LOOK_EVERY_MS
  }

  start(): void {
    guardedInterval('loop', () => this.look(true), LOOK_EVERY_MS)
  }

  /** Notes what happened since the last look. `isDue`: the timer calls. */
  look(isDue = false): void {
    const endMs = this.#clock.now()
    const idleMs = this.#clock.idleMs()
    if (endMs > this.#lastMs) this.#note(this.#stretch(endMs, Math.min(endMs - this.#lastMs, idleMs - this.#lastIdleMs)))
    this.#lastMs = endMs
    this.#lastIdleMs = idleMs
    if (isDue) this.#dueMs = endMs + LOOK_EVERY_MS
  }

  /** Of the time from then to now. */
  since(startMs: number): readonly LoopStretch[] {
    return this.#stretches.filter(({ endMs }) => endMs > startMs)
  }

  #note(stretch: LoopStretch): void {
    this.#stretches.push(stretch)
    if (this.#stretches.length >= 2 * MAX_STRETCHES) this.#stretches = this.#stretches.slice(-MAX_STRETCHES)
  }

  /** A loop that missed its timer was idle first and has been busy since: once a timer is due, it no longer sleeps. */
  #stretch(endMs: number, idleMs: number): LoopStretch {
    const startMs = this.#lastMs
    const isBlocked = endMs - this.#dueMs >= BLOCKED_MS
    return { startMs, endMs, busyMs: endMs - startMs - idleMs, blockedFromMs: isBlocked ? startMs + idleMs : undefined }
  }
}
