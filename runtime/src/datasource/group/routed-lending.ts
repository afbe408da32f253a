/** The pool for writes, with the routes of the configuration: single statements may go elsewhere. What is borrowed for longer is always for writes. */
import type { CallSite } from '@spyglass/agent'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Borrow, Lending, Pool } from '../pool/index.ts'
import { isRead, namesSchema } from '../statement-class.ts'

export type Route = DatasourceConfig['routes'][number]

export interface RoutedLendingOptions {
  readonly pool: Pool
  readonly routes: () => readonly Route[]
  /** For the target of a route, other than `write`. */
  readonly lendingTo: (to: string) => Lending
}

/** Where a statement goes: the target of the first route that fits, or `write`. */
export function routeOf(text: string, system: string, routes: readonly Route[]): string {
  const route = routes.find(
    ({ statements, schema }) =>
      (statements === 'any' || isRead(text, system) === (statements === 'read')) &&
      (schema === undefined || namesSchema(text, system, schema)),
  )
  return route?.to ?? 'write'
}

export class RoutedLending implements Lending {
  readonly #options: RoutedLendingOptions
  readonly #elsewhere = new WeakMap<Borrow, Lending>()

  constructor(options: RoutedLendingOptions) {
    this.#options = options
  }

  get settings(): Lending['settings'] {
    return this.#options.pool.settings
  }

  get size(): number {
    return this.#options.pool.size
  }

  get idle(): number {
    return this.#options.pool.idle
  }

  get waiting(): number {
    return this.#options.pool.waiting
  }

  get borrows(): ReadonlyMap<number, Borrow> {
    return this.#options.pool.borrows
  }

  get commits(): Lending['commits'] {
    return this.#options.pool.commits
  }

  lend(site: CallSite, lasting: boolean, text?: string): Borrow | Promise<Borrow> {
    const { pool, routes, lendingTo } = this.#options
    const to = text === undefined || text === '' ? 'write' : routeOf(text, pool.driver.system, routes())
    if (to === 'write') return pool.lend(site, lasting)
    const lending = lendingTo(to)
    const lent = lending.lend(site, lasting)
    const keep = (borrow: Borrow): Borrow => {
      this.#elsewhere.set(borrow, lending)
      return borrow
    }
    return 'entry' in lent ? keep(lent) : lent.then(keep)
  }

  return(borrow: Borrow): void {
    ;(this.#elsewhere.get(borrow) ?? this.#options.pool).return(borrow)
  }
}
