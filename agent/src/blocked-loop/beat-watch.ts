/** Decides in the helper when the main thread's loop is blocked. Once for each time; a helper that was late itself judges nothing. */
import { BEAT_MS } from './beats.ts'

/** The whole process waited for a processor, not the loop for its code. */
const LATE_MS = 2 * BEAT_MS

export class BeatWatch {
  readonly #limitMs: number
  #count = -1
  #changedMs = 0
  #lookedMs = 0
  #told = -1

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  /** How long the loop has been blocked, in milliseconds, when this is to be told; undefined otherwise. */
  look(count: number, nowMs: number): number | undefined {
    const isLate = nowMs - this.#lookedMs > BEAT_MS + LATE_MS
    this.#lookedMs = nowMs
    if (count !== this.#count || isLate) {
      this.#count = count
      this.#changedMs = nowMs
      return undefined
    }
    const blockedMs = nowMs - this.#changedMs
    if (blockedMs <= this.#limitMs || this.#told === count) return undefined
    this.#told = count
    return blockedMs
  }
}
