/** Does things one after the other that have the same name, and others at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Settles as `work` does, which begins when everything taken before under the name has ended. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const turn = before.then(work, work)
    this.#last.set(name, turn)
    try {
      return await turn
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name)
    }
  }
}
