/**
 * The pool as applications of pg know it: a `pg.Pool` of the application's own package, so that `instanceof` and whatever patches it go on working. Who gets
 * which client is decided by our pool; `connect` and `query` are those of pg, which come to `newClient` for one.
 */
import type { EventEmitter } from 'node:events'
import { captureCallSite } from '@spyglass/agent'
import { handleOn, textOf } from '../lent-handle.ts'
import { fail } from '../errors.ts'
import { type Facade, methodOf } from '../facade.ts'
import { Borrow, type Lending } from '../pool/index.ts'
import { withErrorsOf } from '../statement-errors.ts'
import { pgConnection } from './pg-connection.ts'
import type { PgClient, PgModule, PgPending, PgPoolBase } from './pg-module.ts'

export interface DatasourcePgPool extends PgPoolBase {
  /** A connection broke. */
  broke(error: Error, client: PgClient): void
}

const STATEMENTS: ReadonlySet<string | symbol> = new Set(['query'])

/** `options` are a property of the pool: they must not have the password. */
export function pgPoolOf(pg: PgModule, pool: Lending, options: object): DatasourcePgPool {
  class DatasourcePool extends pg.Pool implements DatasourcePgPool {
    readonly #lender = new Lender(pool, this)
    /** The statement of `query`, which asks for a client that it returns itself. */
    #query: string | undefined

    constructor() {
      super(options)
      // The agent names who holds the clients when a wait for one times out.
      Object.defineProperty(this, '_clients', { get: () => [...pool.borrows.values()].map((borrow) => pgConnection(borrow).client) })
    }

    get totalCount(): number {
      return pool.size
    }

    get idleCount(): number {
      return pool.idle
    }

    get waitingCount(): number {
      return pool.waiting
    }

    /** Never: there is nothing that pg could wait for without us. */
    _isFull(): boolean {
      return false
    }

    override query(...args: unknown[]): Promise<unknown> | void {
      const { commits } = pool
      if (!commits) return this.#queryOnce(args)
      const errorOf = (error: unknown): unknown => commits.errorOf(error, textOf(args[0]), false)
      return withErrorsOf(errorOf, args, (given) => this.#queryOnce(given))
    }

    #queryOnce(args: readonly unknown[]): Promise<unknown> | void {
      this.#query = textOf(args[0])
      try {
        return super.query(...args)
      } finally {
        this.#query = undefined
      }
    }

    override newClient(pending: PgPending): void {
      const query = this.#query
      this.#query = undefined
      this.#lender.lend(pending, query, methodOf(DatasourcePool, 'newClient'))
    }

    /** The server closes its pools itself: others may use this one. */
    override end(callback?: () => void): Promise<void> | void {
      if (!callback) return Promise.resolve()
      process.nextTick(callback)
    }

    broke(error: Error, client: PgClient): void {
      if (this.listenerCount('error') > 0) this.emit('error', error, client)
    }
  }

  return new DatasourcePool()
}

/** Hands the clients of a pool to those that wait in pg's way, and tells its events. */
class Lender {
  readonly #pool: Lending
  readonly #events: EventEmitter
  readonly #known = new WeakSet<PgClient>()

  constructor(pool: Lending, events: EventEmitter) {
    this.#pool = pool
    this.#events = events
  }

  /** `query` is the one statement that it is for. */
  lend({ callback }: PgPending, query: string | undefined, calledFrom: Facade): void {
    const give = query === undefined ? this.#give : this.#giveOnce
    try {
      const lent = this.#pool.lend(captureCallSite(calledFrom), query === undefined, query)
      if (lent instanceof Borrow) give(lent, callback)
      else lent.then((borrow) => give(borrow, callback), callback)
    } catch (error) {
      callback(error)
    }
  }

  /** A statement that failed says nothing about its connection. */
  readonly #giveOnce = (borrow: Borrow, callback: PgPending['callback']): void => {
    const { client } = pgConnection(borrow)
    this.#acquired(client)
    client.release = (error) => this.#released(borrow, client, error)
    callback(undefined, client, client.release)
  }

  /** Not before `connect` has returned, as with pg. */
  readonly #give = (borrow: Borrow, callback: PgPending['callback']): void => {
    const { client } = pgConnection(borrow)
    const own = (handle: object) => this.#ownMethods(handle as PgClient, borrow)
    const handle = handleOn(client, { pool: this.#pool, borrow }, { statements: STATEMENTS, own })
    this.#acquired(client)
    process.nextTick(() => callback(undefined, handle, handle.release))
  }

  #ownMethods(handle: PgClient, borrow: Borrow) {
    const release = (destroy?: unknown): void => {
      if (borrow.reclaimedAfterMs !== undefined) return // there is nothing left to return
      if (borrow.returned) throw fail('SPY_CONNECTION_RETURNED', [this.#pool.settings.name, borrow.describe()])
      borrow.isDiscarded = Boolean(destroy)
      this.#released(borrow, handle, destroy)
    }
    const dispose = (): void => {
      if (!borrow.returned) release()
    }
    return { release, [Symbol.dispose]: dispose, [Symbol.asyncDispose]: async () => dispose() }
  }

  #acquired(client: PgClient): void {
    if (!this.#known.has(client)) {
      this.#known.add(client)
      this.#events.emit('connect', client)
    }
    this.#events.emit('acquire', client)
  }

  #released(borrow: Borrow, client: PgClient, error: unknown): void {
    this.#events.emit('release', error, client)
    this.#pool.return(borrow)
  }
}
