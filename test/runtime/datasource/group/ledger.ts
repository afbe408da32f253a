/** Money that clients move between accounts while a primary dies: what was acknowledged, what failed, and what nobody knows. */
import { until } from '../../../support/until.ts'

export const ACCOUNTS = 8
export const BALANCE = 1000

/** One client's connection of the database under test, whatever its driver. */
export interface LedgerDatabase {
  /** In a transaction: takes from one account, gives to another, and notes the transfer. */
  transfer(transfer: Transfer): Promise<void>
  /** The sum of all balances, in one statement that a copy may answer. */
  sum(): Promise<number>
}

export interface Transfer {
  readonly id: number
  readonly from: number
  readonly to: number
}

export class Ledger {
  readonly acknowledged = new Set<number>()
  readonly unknown = new Set<number>()
  readonly failed = new Set<number>()
  /** Sums that were read and are wrong. */
  readonly wrong: number[] = []
  sums = 0
  readonly #database: LedgerDatabase
  #lastId = 0
  #isStopped = false

  constructor(database: LedgerDatabase) {
    this.#database = database
  }

  /** Clients that transfer until {@link stop}. */
  start(clients: number): Promise<unknown> {
    return Promise.all(Array.from({ length: clients }, () => this.#client()))
  }

  /** Resolves when a transfer is acknowledged that was not before, and prints how long that took. */
  async servedAgain(what: string): Promise<void> {
    const [before, since] = [this.acknowledged.size, performance.now()]
    await until(() => this.acknowledged.size > before)
    process.stdout.write(`${what}: ${Math.round(performance.now() - since)} ms from the end of the promotion to the first commit\n`)
  }

  stop(): void {
    this.#isStopped = true
  }

  async #client(): Promise<void> {
    while (!this.#isStopped) {
      await this.#transfer({ id: ++this.#lastId, from: this.#lastId % ACCOUNTS, to: (this.#lastId + 1) % ACCOUNTS })
      await this.#read()
      await new Promise((resolve) => setImmediate(resolve)) // refusals that come at once leave others their turn
    }
  }

  async #transfer(transfer: Transfer): Promise<void> {
    try {
      await this.#database.transfer(transfer)
      this.acknowledged.add(transfer.id)
    } catch (error) {
      const isUnknown = (error as { code?: string }).code === 'SPY_COMMIT_UNKNOWN'
      ;(isUnknown ? this.unknown : this.failed).add(transfer.id)
    }
  }

  async #read(): Promise<void> {
    try {
      const sum = await this.#database.sum()
      this.sums++
      if (sum !== ACCOUNTS * BALANCE) this.wrong.push(sum)
    } catch {
      this.failed.add(-1) // a read that failed tells nothing wrong
    }
  }

  /** Compares with the transfers that the database has noted; all are empty when all is well. */
  compare(noted: readonly number[]): {
    readonly lost: number[]
    readonly doubled: number[]
    readonly denied: number[]
    readonly wrong: number[]
  } {
    const found = new Set(noted)
    return {
      lost: [...this.acknowledged].filter((id) => !found.has(id)),
      doubled: noted.filter((id, at) => noted.indexOf(id) !== at),
      denied: [...this.failed].filter((id) => found.has(id)),
      wrong: this.wrong,
    }
  }
}
