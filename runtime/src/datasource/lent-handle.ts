/**
 * What a borrower has of a driver's connection: the connection itself as far as one can see, for as long as it is lent. Collecting the handle unreturned is
 * the proof of a leak, so the connection must not refer to it.
 */
import type { Borrow, CommitErrors, Lending } from './pool/index.ts'
import { fail } from './errors.ts'
import { withErrorsOf } from './statement-errors.ts'

type Method = (this: object, ...args: unknown[]) => unknown

export interface HandleOptions {
  /** Methods that run statements: the first argument is one. */
  readonly statements: ReadonlySet<string | symbol>
  /** Methods of the handle in place of those of the connection. */
  readonly own: (handle: object) => Readonly<Record<string | symbol, Method>>
}

/** A handle on `connection`. It is revoked when its borrow has ended. */
export function handleOn<C extends object>(connection: C, { pool, borrow }: { pool: Lending; borrow: Borrow }, options: HandleOptions): C {
  const handle: C = new Proxy(connection, {
    get(target, name) {
      const method = own[name as string]
      if (method) return method
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? passedOn(value as Method, name) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
  const own = options.own(handle)
  borrow.handle = new WeakRef(handle)
  return handle

  function passedOn(method: Method, name: string | symbol): Method {
    const isStatement = options.statements.has(name)
    return function passed(...args) {
      if (isStatement) {
        checkLent(borrow, pool.settings.name)
        borrow.text = textOf(args[0])
      }
      const result = isStatement && pool.commits ? watched(pool.commits, args) : method.apply(connection, args)
      return result === connection ? handle : result
    }

    function watched(commits: CommitErrors, args: readonly unknown[]): unknown {
      const { inTransaction } = borrow.entry.connection
      const text = name === 'commit' ? 'COMMIT' : borrow.text
      const errorOf = (error: unknown): unknown => commits.errorOf(error, text, inTransaction)
      return withErrorsOf(errorOf, args, (given) => method.apply(connection, [...given]))
    }
  }
}

/** A text, or an object that has one. */
export function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  const { text, sql } = (statement ?? {}) as { text?: unknown; sql?: unknown }
  return typeof text === 'string' ? text : typeof sql === 'string' ? sql : ''
}

/** @throws SPY_CONNECTION_RECLAIMED, SPY_CONNECTION_RETURNED */
export function checkLent(borrow: Borrow, pool: string): void {
  if (borrow.reclaimedAfterMs !== undefined)
    throw fail('SPY_CONNECTION_RECLAIMED', [pool, Math.round(borrow.reclaimedAfterMs), borrow.describe()])
  if (borrow.returned) throw fail('SPY_CONNECTION_RETURNED', [pool, borrow.describe()])
}
