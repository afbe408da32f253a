/** Names by the time when they are due, the earliest first. */

interface Due {
  readonly at: number
  /** Of two at one time the earlier one comes first. */
  readonly order: number
  readonly id: string
}

/** The latest first, so that the next is taken off the end. */
export class DueList {
  readonly #due: Due[] = []
  #order = 0

  get size(): number {
    return this.#due.length
  }

  /** When the next is due. */
  get nextAt(): number {
    return this.#due.at(-1)?.at ?? Number.POSITIVE_INFINITY
  }

  add(id: string, at: number): void {
    const due = { at, order: this.#order++, id }
    this.#due.splice(this.#placeOf(due), 0, due)
  }

  /** Takes one that is due at `now`. */
  take(now: number): string | undefined {
    return this.nextAt <= now ? this.#due.pop()?.id : undefined
  }

  /** `at`: as it was added. */
  remove(id: string, at: number): void {
    for (let i = this.#placeOf({ at, order: Number.POSITIVE_INFINITY, id }); this.#due[i]?.at === at; i++)
      if (this.#due[i]?.id === id) return void this.#due.splice(i, 1)
  }

  #placeOf({ at, order }: Due): number {
    let [low, high] = [0, this.#due.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const there = this.#due[middle]!
      if (there.at > at || (there.at === at && there.order > order)) low = middle + 1
      else high = middle
    }
    return low
  }
}
