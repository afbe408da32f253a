/**
 * Decides in the helper when the main thread's loop is blocked: once it is for longer than the limit, and again each time it has been for a quarter longer, since what
 * blocks it may change. A helper that was late itself judges nothing.
 */
import { BEAT_MS } from './beats.ts'

/** The whole process waited for a processor, not the loop for its code. */
const LATE_MS = 2 * BEAT_MS
const AGAIN = 1.25

export class BeatWatch {
  readonly #limitMs: number
  #count = -1
  #changedMs = 0
  #lookedMs = 0
  /** How long it is to be blocked before that is told. */
  #nextMs: number

  constructor(limitMs: number) {
    this.#limitMs = limitMs
    this.#nextMs = limitMs
  }

  /** How long the loop has been blocked, in milliseconds, when that is to be told; undefined otherwise. */
  look(count: number, nowMs: number): number | undefined {
    const isLate = nowMs - this.#lookedMs > BEAT_MS + LATE_MS
    this.#lookedMs = nowMs
    if (count !== this.#count || isLate) {
      this.#count = count
      this.#changedMs = nowMs
      this.#nextMs = this.#limitMs
      return undefined
    }
    const blockedMs = nowMs - this.#changedMs
    if (blockedMs <= this.#nextMs) return undefined
    this.#nextMs = blockedMs * AGAIN
    return blockedMs
  }
}
