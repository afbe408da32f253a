/**
 * The lines that Drizzle is called at. A query runs when it is awaited, and then nobody of the application is on the stack: its place is where it was begun,
 * `db.select()`. It is handed on by the session that every part of a query gets from its database. Statements are recorded where the driver is.
 */
import { CapturedStack } from '../call-site/call-site.ts'
import { currentRecord, runCalledFrom } from '../recorder/context.ts'
import { attempt } from '../guard/guard.ts'
import { fail } from './errors.ts'
import type { Instrumentation, ModulePatch } from './instrumentation.ts'

const SITE = Symbol('spyglass.site')

type Method = (this: object, ...args: unknown[]) => unknown
type Class = { readonly prototype: Record<string, Method> }
interface HasSession {
  readonly session?: object
}
interface HasSite {
  [SITE]?: CapturedStack | undefined
}

const BEGINNINGS = [
  'select',
  'selectDistinct',
  'selectDistinctOn',
  'insert',
  'update',
  'delete',
  'execute',
  'with',
  '$count',
  'refreshMaterializedView',
]

export const drizzleOrm: Instrumentation = {
  name: 'drizzle-orm',
  package: 'drizzle-orm',
  versions: ['0.30.0', '1.0.0'],
  by: 'module hook',
  records: 'call sites of the statements of its driver, pg and mysql2',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx'],
  attach: () => [
    patchOf('pg-core/db', 'PgDatabase', patchDatabase),
    patchOf('mysql-core/db', 'MySqlDatabase', patchDatabase),
    patchOf('pg-core/query-builders/query', 'RelationalQueryBuilder', patchRelations),
    patchOf('mysql-core/query-builders/query', 'RelationalQueryBuilder', patchRelations),
    patchOf('node-postgres/session', 'NodePgSession, NodePgPreparedQuery', patchSession),
    patchOf('mysql2/session', 'MySql2Session, MySql2PreparedQuery', patchSession),
  ],
}

/** The file exists as a module and for CommonJS. */
function patchOf(file: string, classes: string, apply: (...given: Class[]) => void): ModulePatch {
  return { file: new RegExp(String.raw`^${file}\.c?js$`), append: (call) => `${call} ${classes})`, apply }
}

function patchDatabase({ prototype }: Class): void {
  if (typeof prototype['select'] !== 'function') throw fail('SPY_AGENT_LIBRARY', ['drizzle-orm', 'select'])
  for (const name of BEGINNINGS) {
    const original = prototype[name]
    if (!original) continue
    prototype[name] = function beginQuery(...args) {
      return original.apply(
        attempt('drizzle.site', () => withSite(this, beginQuery), this),
        args,
      )
    }
  }
}

/** The same object with a session that knows the place. */
function withSite<T extends HasSession>(owner: T, calledFrom: Method): T {
  const { session } = owner
  if (!session || !currentRecord()) return owner
  return Object.create(owner, { session: { value: sessionAt(session, calledFrom) } }) as T
}

function sessionAt(session: object, calledFrom: Method): object {
  return Object.create(session, { [SITE]: { value: new CapturedStack(calledFrom) } }) as object
}

/** `db.query.orders.findMany()`. */
function patchRelations({ prototype }: Class): void {
  for (const name of ['findMany', 'findFirst']) {
    const original = prototype[name]
    if (!original) continue
    prototype[name] = function beginRelational(...args) {
      return original.apply(
        attempt('drizzle.site', () => withSite(this, beginRelational), this),
        args,
      )
    }
  }
}

function patchSession({ prototype: session }: Class, { prototype: prepared }: Class = { prototype: {} }): void {
  const { prepareQuery } = session
  if (typeof prepareQuery !== 'function') throw fail('SPY_AGENT_LIBRARY', ['drizzle-orm', 'prepareQuery'])
  session['prepareQuery'] = function prepareAt(this: HasSite, ...args) {
    const query = prepareQuery.apply(this, args) as HasSite
    if (this[SITE]) query[SITE] = this[SITE]
    return query
  }
  for (const name of ['execute', 'all']) {
    const original = prepared[name]
    if (!original) continue
    prepared[name] = function executeFromItsSite(this: HasSite, ...args) {
      return runCalledFrom(this[SITE], () => original.apply(this, args))
    }
  }
}
