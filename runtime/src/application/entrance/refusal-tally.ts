/** How many requests of an application were refused in its place, by reason. */

interface RefusalRow {
  readonly reason: string
  readonly count: number
}

export class RefusalTally {
  readonly #counts = new Map<string, number>()

  /** Bound: it is handed on. */
  readonly count = (reason: string): void => {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  rows(): readonly RefusalRow[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }))
  }
}
