/**
 * When a pool counts as exhausted. It begins when all connections are lent and a borrower has to wait, is raised once that has lasted
 * long enough while somebody waits or gave up waiting, and is cleared when a connection is free again and nobody waits.
 */

export interface PoolLoad {
  readonly lent: number
  readonly max: number
  readonly waiting: number
}

export interface ExhaustionOptions {
  readonly afterMs: () => number
  readonly raise: () => void
  readonly clear: () => void
}

export class ExhaustionWatch {
  readonly #options: ExhaustionOptions
  #since: number | undefined
  #lastTimeout = Number.NEGATIVE_INFINITY
  #raised = false

  constructor(options: ExhaustionOptions) {
    this.#options = options
  }

  get isRaised(): boolean {
    return this.#raised
  }

  /** When to call {@link update} next though nothing changed. */
  get dueAt(): number {
    return this.#raised || this.#since === undefined ? Number.POSITIVE_INFINITY : this.#since + this.#options.afterMs()
  }

  /** A borrower gave up waiting. */
  timedOut(now: number): void {
    this.#lastTimeout = now
  }

  /** Called after every change of the load, and when it is due. */
  update(load: PoolLoad, now: number): void {
    const allLent = load.lent >= load.max
    if (!allLent && load.waiting === 0) {
      this.end()
      return
    }
    if (!allLent) return
    if (this.#since === undefined) {
      if (load.waiting > 0) this.#since = now
      return
    }
    if (this.#raised || now < this.dueAt) return
    if (load.waiting > 0 || this.#lastTimeout >= this.#since) {
      this.#raised = true
      this.#options.raise()
    } else {
      this.#since = undefined // all are lent, but nobody has missed one
    }
  }

  /** Ends the incident, if there is one. */
  end(): void {
    this.#since = undefined
    if (!this.#raised) return
    this.#raised = false
    this.#options.clear()
  }
}
