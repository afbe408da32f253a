/** How often plans are asked for: each digest once an hour, few in a minute, one at a time. */
const AGAIN_AFTER_MS = 3_600_000
const MINUTE_MS = 60_000
const MAX_PER_MINUTE = 6
/** More statements than that are asked for again earlier. */
const MAX_DIGESTS = 1000

export class PlanBudget {
  /** When each digest was asked for, the oldest first. */
  readonly #asked = new Map<string, number>()
  #recent: readonly number[] = []
  #isRunning = false

  /** Whether one may be asked for now; if so, `done` must be called. */
  take(digest: string, nowMs: number): boolean {
    const asked = this.#asked.get(digest)
    if (this.#isRunning || (asked !== undefined && nowMs - asked < AGAIN_AFTER_MS)) return false
    this.#recent = this.#recent.filter((at) => nowMs - at < MINUTE_MS)
    if (this.#recent.length >= MAX_PER_MINUTE) return false
    this.#note(digest, nowMs)
    return (this.#isRunning = true)
  }

  done(): void {
    this.#isRunning = false
  }

  #note(digest: string, nowMs: number): void {
    this.#recent = [...this.#recent, nowMs]
    this.#asked.delete(digest)
    this.#asked.set(digest, nowMs)
    for (const oldest of this.#asked.keys()) if (this.#asked.size > MAX_DIGESTS) this.#asked.delete(oldest)
  }
}
