/**
 * The pool as applications of mysql2 know it: a pool of the application's own package, so that `promise()` and whatever patches it go on working. Who gets
 * which connection is decided by our pool: the lists that mysql2 looks into have what was lent a moment before.
 */
import { captureCallSite } from '@spyglass/agent'
import { type Facade, methodOf } from '../facade.ts'
import { handleOn, textOf } from '../lent-handle.ts'
import { Borrow, type Lending } from '../pool/index.ts'
import { withErrorsOf } from '../statement-errors.ts'
import { mysql2Connection } from './mysql2-connection.ts'
import type { MysqlCallback, MysqlConnection, MysqlModule, MysqlPending, MysqlPoolBase } from './mysql2-module.ts'

type PoolClass = new (options: { readonly config: object }) => MysqlPoolBase

const STATEMENTS: ReadonlySet<string | symbol> = new Set([
  'query',
  'execute',
  'prepare',
  'beginTransaction',
  'commit',
  'rollback',
  'changeUser',
  'ping',
  'reset',
])

/** mysql2 opens and closes no connection itself, whatever the URL says. */
export const OPENS_NONE = { connectionLimit: -1, maxIdle: -1, queueLimit: 0, waitForConnections: true, resetOnRelease: false }

/** `options` are a property of the pool: they must not have the password. */
export function mysqlPoolOf(mysql: MysqlModule, pool: Lending, options: object): MysqlPoolBase {
  const pattern = mysql.createPool(options)

  class DatasourcePool extends (pattern.constructor as PoolClass) {
    readonly #lender = new Lender(pool, this)
    /** The statement of `query` and `execute`, which ask for a connection that they return themselves. */
    #query: string | undefined

    constructor() {
      super({ config: pattern.config })
      this._allConnections = this.#lender.all
      this._freeConnections = this.#lender.free
      this._connectionQueue = this.#lender.queue
    }

    override query(...args: unknown[]): unknown {
      return this.#once(args, (given) => super.query(...given))
    }

    override execute(...args: unknown[]): unknown {
      return this.#once(args, (given) => super.execute(...given))
    }

    /** Lent here, in the context of who asks. */
    override getConnection(callback: MysqlPending): void {
      const query = this.#query
      this.#query = undefined
      this.#lender.ask(query, methodOf(DatasourcePool, 'getConnection'))
      super.getConnection(callback)
    }

    override releaseConnection(connection: MysqlConnection): void {
      this.#lender.released(connection)
    }

    /** It broke, or its borrower has closed it. */
    override _removeConnection(connection: MysqlConnection): void {
      this.#lender.removed(connection)
    }

    /** The server closes its pools itself: others may use this one. */
    override end(callback?: MysqlCallback): void {
      if (callback) process.nextTick(callback)
    }

    #once(args: readonly unknown[], run: (args: readonly unknown[]) => unknown): unknown {
      const text = textOf(args[0])
      const asked = (given: readonly unknown[]): unknown => {
        this.#query = text
        try {
          return run(given)
        } finally {
          this.#query = undefined
        }
      }
      const { commits } = pool
      return commits ? withErrorsOf((error) => commits.errorOf(error, text, false), args, asked) : asked(args)
    }
  }

  return new DatasourcePool()
}

interface Asked {
  readonly isOnce: boolean
  readonly lent: Borrow | Promise<Borrow>
}

/** Hands the connections of a pool to those that ask in mysql2's way, and tells its events. */
class Lender {
  readonly #pool: Lending
  readonly #face: MysqlPoolBase
  readonly #known = new WeakSet<MysqlConnection>()
  /** Who has a connection without a handle. */
  readonly #once = new WeakMap<MysqlConnection, Borrow>()
  /** Between a question and the look into the lists. */
  #asked: Asked | undefined

  constructor(pool: Lending, face: MysqlPoolBase) {
    this.#pool = pool
    this.#face = face
  }

  readonly all = ((lender: Lender) => ({
    get length() {
      return lender.#pool.size
    },
  }))(this)

  readonly free = ((lender: Lender) => ({
    get length() {
      return lender.#asked?.lent instanceof Borrow ? 1 : 0
    },
    pop: () => lender.#take(),
    shift: () => lender.#take(),
  }))(this)

  readonly queue = ((lender: Lender) => ({
    get length() {
      return lender.#pool.waiting
    },
    push: (callback: MysqlPending) => lender.#wait(callback),
  }))(this)

  /** `query` is the one statement that it is for. */
  ask(query: string | undefined, calledFrom: Facade): void {
    this.#asked = { isOnce: query !== undefined, lent: this.#lent(query, calledFrom) }
  }

  released(connection: MysqlConnection): void {
    const borrow = this.#once.get(connection)
    if (borrow) this.#return(borrow, connection)
  }

  /** A handle is returned by who has it. */
  removed(connection: MysqlConnection): void {
    const borrow = this.#once.get(connection)
    if (!borrow) return
    borrow.isDiscarded = true
    this.#return(borrow, connection)
  }

  /** A refusal waits as well: mysql2 has a callback for it. */
  #lent(query: string | undefined, calledFrom: Facade): Borrow | Promise<Borrow> {
    try {
      return this.#pool.lend(captureCallSite(calledFrom), query === undefined, query)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #takeAsked(): Asked {
    const asked = this.#asked as Asked
    this.#asked = undefined
    return asked
  }

  /** mysql2 emits its events itself. */
  #take(): MysqlConnection {
    const { lent, isOnce } = this.#takeAsked()
    return this.#given(lent as Borrow, isOnce)
  }

  #wait(callback: MysqlPending): void {
    const { lent, isOnce } = this.#takeAsked()
    const give = (borrow: Borrow): void => {
      const connection = this.#given(borrow, isOnce)
      this.#face.emit('acquire', connection)
      callback(undefined, connection)
    }
    ;(lent as Promise<Borrow>).then(
      // outside of the promise, whose rejection would hide what a callback throws
      (borrow) => process.nextTick(give, borrow),
      (error: unknown) => process.nextTick(callback, error),
    )
  }

  #given(borrow: Borrow, isOnce: boolean): MysqlConnection {
    const { connection } = mysql2Connection(borrow)
    connection._released = false
    if (!this.#known.has(connection)) {
      this.#known.add(connection)
      this.#face.emit('connection', connection)
    }
    if (!isOnce) return this.#handle(connection, borrow)
    connection._pool = this.#face // a member's may be lent by several
    this.#once.set(connection, borrow)
    return connection
  }

  #handle(connection: MysqlConnection, borrow: Borrow): MysqlConnection {
    const own = (handle: object) => this.#ownMethods(handle as MysqlConnection, connection, borrow)
    return handleOn(connection, { pool: this.#pool, borrow }, { statements: STATEMENTS, own })
  }

  #ownMethods(handle: MysqlConnection, connection: MysqlConnection, borrow: Borrow) {
    /** As with mysql2, a second time does nothing. */
    const release = (): void => {
      if (borrow.returned) return
      this.#return(borrow, connection)
    }
    const destroy = (): void => {
      if (!borrow.returned) borrow.isDiscarded = true
      release()
    }
    const end = (callback?: unknown): void => {
      release()
      if (typeof callback === 'function') process.nextTick(callback)
    }
    const promise = (promiseImpl?: unknown): object => connection.promise.call(handle, promiseImpl)
    const asyncDispose = async (): Promise<void> => release()
    return { release, destroy, end, promise, [Symbol.dispose]: release, [Symbol.asyncDispose]: asyncDispose }
  }

  #return(borrow: Borrow, connection: MysqlConnection): void {
    this.#once.delete(connection)
    this.#face.emit('release', connection)
    this.#pool.return(borrow)
  }
}
