/** Which bodies were stored within the last minutes: a sender that did not get our response repeats its request, which must not be stored twice. */

export const MEMORY_MS = 600_000
/** Slightly more than ten minutes at full load; beyond it the oldest are forgotten early. */
const MAX_HASHES = 200_000

export class RepeatMemory {
  readonly #times = new Map<string, number>()

  note(hash: string, time: number): void {
    if (hash === '') return
    this.#times.delete(hash)
    this.#times.set(hash, time)
    this.#forget(time)
  }

  has(hash: string, now: number): boolean {
    const time = this.#times.get(hash)
    return time !== undefined && now - time < MEMORY_MS
  }

  get size(): number {
    return this.#times.size
  }

  #forget(now: number): void {
    for (const [hash, time] of this.#times) {
      if (now - time < MEMORY_MS && this.#times.size <= MAX_HASHES) return
      this.#times.delete(hash)
    }
  }
}
