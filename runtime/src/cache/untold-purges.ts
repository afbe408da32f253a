/** Purges that others were not told yet. */
import type { Purge } from './flights.ts'

/** With more of them, all entries are purged. */
const MAX_UNTOLD = 1000

export class UntoldPurges {
  #keys = new Set<string>()
  #tags = new Set<string>()
  #isAll = false

  get isAny(): boolean {
    return this.#isAll || this.#keys.size + this.#tags.size > 0
  }

  add({ keys = [], tags = [], all }: Purge): void {
    if (this.#isAll) return
    for (const key of keys) this.#keys.add(key)
    for (const tag of tags) this.#tags.add(tag)
    if (!all && this.#keys.size + this.#tags.size <= MAX_UNTOLD) return
    this.take()
    this.#isAll = true
  }

  /** All of them, which are to be told now; undefined: there are none. */
  take(): Purge | undefined {
    const [keys, tags, isAll] = [[...this.#keys], [...this.#tags], this.#isAll]
    this.#keys = new Set()
    this.#tags = new Set()
    this.#isAll = false
    if (isAll) return { all: true }
    return keys.length + tags.length === 0 ? undefined : { keys, tags }
  }
}
