/** Turns results of checks into a verdict: a check must fail several times in a row before its process is unhealthy. */

export class FailuresInARow {
  readonly #limit: number
  readonly #counts = new Map<string, number>()
  readonly #failing = new Map<string, string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes in the result of one check: what is wrong, or undefined. */
  result(check: string, problem: string | undefined): void {
    const count = problem === undefined ? 0 : (this.#counts.get(check) ?? 0) + 1
    this.#counts.set(check, count)
    if (problem === undefined) this.#failing.delete(check)
    else if (count >= this.#limit) this.#failing.set(check, `${problem}, ${this.#limit} times in a row`)
  }

  /** What fails now; empty while all is well. */
  get problem(): string {
    return [...this.#failing.values()].join('; ')
  }
}
