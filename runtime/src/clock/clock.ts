import { outsideContext } from './outside-context.ts'

/** Time as a pool sees it: monotonic milliseconds and one-shot timers. Tests bring their own. */
export interface Clock {
  now(): number
  /** Calls `fn` once after `ms`; the result cancels it. A timer keeps no process alive. */
  after(ms: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = outsideContext(() => setTimeout(fn, ms).unref())
    return () => clearTimeout(timer)
  },
}

/** One timer that goes off at the earliest of the times it was asked for, and then says when to come again. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #cancel: (() => void) | undefined
  #dueAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Makes sure that it rings at `time` or before. */
  notAfter(time: number): void {
    if (time >= this.#dueAt || time === Number.POSITIVE_INFINITY) return
    this.#cancel?.()
    this.#dueAt = time
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(time - this.#clock.now())), () => {
      this.#dueAt = Number.POSITIVE_INFINITY
      this.#cancel = undefined
      this.#ring()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueAt = Number.POSITIVE_INFINITY
  }
}
