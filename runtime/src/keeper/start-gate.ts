/**
 * Lets only this many processes start at a time, in the order they come: starting is the heaviest thing most of them ever do, and all at once
 * on a small machine take longer than one after the other. A start that takes long holds up nobody for more than `longestMs`.
 */
import { availableParallelism } from 'node:os'

export interface StartGateOptions {
  /** Processes that may start at the same time: one for each processor by default. */
  readonly limit?: number
  readonly longestMs?: number
}

export class StartGate {
  readonly #longestMs: number
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor({ limit = availableParallelism(), longestMs = 5000 }: StartGateOptions = {}) {
    this.#free = limit
    this.#longestMs = longestMs
  }

  /** Resolves when it is the caller's turn, with a function that releases the slot. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let isInside = true
    const leave = (): void => {
      if (!isInside) return
      isInside = false
      clearTimeout(late)
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
    const late = setTimeout(leave, this.#longestMs).unref()
    return leave
  }
}
