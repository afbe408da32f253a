/**
 * Turns for comparing passwords: hashing one takes 32 MiB and one of libuv's four threads. Few run at a time, and fair between clients: one that
 * guesses over many connections waits for itself; others come between.
 */

const MAX_HASHING = 2
const MAX_WAITING = 32

interface Waiter {
  readonly client: string
  /** False: there is no turn for it. */
  readonly settle: (hasTurn: boolean) => void
}

export class HashTurns {
  readonly #maxRunning: number
  readonly #running: string[] = []
  /** In the order of arrival. */
  readonly #waiting: Waiter[] = []

  constructor(maxRunning = MAX_HASHING) {
    this.#maxRunning = maxRunning
  }

  /** The result of `work` when it is the client's turn; undefined: too many of its own are waiting. */
  async take<T>(client: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#running.length < this.#maxRunning) this.#running.push(client)
    else if (!(await this.#turn(client))) return undefined
    try {
      return await work()
    } finally {
      this.#running.splice(this.#running.indexOf(client), 1)
      this.#next()
    }
  }

  #turn(client: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ client, settle: resolve })
      if (this.#waiting.length > MAX_WAITING) this.#turnAway()
    })
  }

  /** The last of the client that has most, even if another came last. */
  #turnAway(): void {
    const counts = this.#countsBy(this.#waiting.map(({ client }) => client))
    const most = Math.max(...counts.values())
    const last = this.#waiting.findLastIndex(({ client }) => counts.get(client) === most)
    this.#waiting.splice(last, 1)[0]?.settle(false)
  }

  /** The first of those whose client has fewest that run. */
  #next(): void {
    const counts = this.#countsBy(this.#running)
    const running = ({ client }: Waiter): number => counts.get(client) ?? 0
    const fewest = Math.min(...this.#waiting.map(running))
    const at = this.#waiting.findIndex((waiter) => running(waiter) === fewest)
    const [waiter] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (!waiter) return
    this.#running.push(waiter.client)
    waiter.settle(true)
  }

  #countsBy(clients: readonly string[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const client of clients) counts.set(client, (counts.get(client) ?? 0) + 1)
    return counts
  }
}
