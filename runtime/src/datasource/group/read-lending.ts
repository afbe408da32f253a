/** Reads of a group: each borrow is of the pool of a member that is chosen for it. Before anything has run, one that cannot be reached is replaced by another. */
import type { CallSite } from '@spyglass/agent'
import type { Borrow, Lending, Pool } from '../pool/index.ts'
import type { Group } from './group.ts'
import type { ReadWish } from './choose.ts'
import { isConnectionLost } from './refused.ts'

export interface ReadLendingOptions {
  /** As messages name it. */
  readonly name: string
  readonly group: Group
  readonly wish: ReadWish
  /** How long a read waits for members that have not answered yet. */
  readonly waitMs: () => number
  /** Opened when it is asked for the first time. */
  readonly poolOf: (member: string) => Pool
  /** Those that were opened. */
  readonly opened: () => Iterable<Pool>
}

export class ReadLending implements Lending {
  readonly settings: { readonly name: string }
  readonly #options: ReadLendingOptions
  readonly #pools = new WeakMap<Borrow, Pool>()

  constructor(options: ReadLendingOptions) {
    this.#options = options
    this.settings = { name: options.name }
  }

  get size(): number {
    return this.#sum((pool) => pool.size)
  }

  get idle(): number {
    return this.#sum((pool) => pool.idle)
  }

  get waiting(): number {
    return this.#sum((pool) => pool.waiting)
  }

  /** The numbers are of the pools of the members, each of which has its own. */
  get borrows(): ReadonlyMap<number, Borrow> {
    return new Map([...this.#options.opened()].flatMap((pool) => [...pool.borrows.values()]).map((borrow, i) => [i, borrow]))
  }

  lend(site: CallSite, lasting: boolean): Borrow | Promise<Borrow> {
    return this.#lend(new Set(), (pool) => pool.lend(site, lasting))
  }

  return(borrow: Borrow): void {
    this.#pools.get(borrow)?.return(borrow)
  }

  #lend(tried: ReadonlySet<string>, ask: (pool: Pool) => Borrow | Promise<Borrow>): Borrow | Promise<Borrow> {
    const { group, wish, waitMs } = this.#options
    const member = group.readerWithin(waitMs(), { ...wish, not: tried })
    if ('name' in member) return this.#lendFrom(member.name, tried, ask)
    return member.then(({ name }) => this.#lendFrom(name, tried, ask))
  }

  #lendFrom(name: string, tried: ReadonlySet<string>, ask: (pool: Pool) => Borrow | Promise<Borrow>): Borrow | Promise<Borrow> {
    const pool = this.#options.poolOf(name)
    const lent = ask(pool)
    if ('entry' in lent) return this.#lent(lent, pool)
    return lent.then(
      (borrow) => this.#lent(borrow, pool),
      (error: unknown) => {
        if (!isConnectionLost((error as { cause?: unknown }).cause)) throw error
        return this.#lend(new Set([...tried, name]), ask)
      },
    )
  }

  #lent(borrow: Borrow, pool: Pool): Borrow {
    this.#pools.set(borrow, pool)
    return borrow
  }

  #sum(of: (pool: Pool) => number): number {
    return [...this.#options.opened()].reduce((sum, pool) => sum + of(pool), 0)
  }
}
