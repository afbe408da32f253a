/**
 * Statements of pg (node-postgres), which publishes no channels. The place in the code is taken where the application calls, in
 * `Pool.query`: at `Client.query` only the pool's own frames would be left. And the pool's callback is bound to the request that asked:
 * otherwise a query that waited in the queue would run in the context of the request that returned the connection.
 */
import type { CapturedStack } from '../call-site/call-site.ts'
import type { StatementRecord } from '../current-agent.ts'
import { now } from '../recorder/clock.ts'
import { bound, runOutside } from '../recorder/context.ts'
import { poolWait } from '../recorder/kinds/pool-wait.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { attempt } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { type Statement, statement } from '../recorder/kinds/statement.ts'
import { UNRECORDED } from '../recorder/statement-run.ts'
import { locationOf } from '../recorder/span-parts.ts'
import { recordPoolWait } from '../recorder/record-pool-wait.ts'
import { pgName } from './connection-name.ts'
import type { Instrumentation } from './instrumentation.ts'
import { passedOn } from './passed-on.ts'

const SYSTEM = 'postgresql'
const POOL_NAME = Symbol('spyglass.pool')
/** The statement that began last on a connection: the next to get it, if it waited, waited for that one's line. */
const LAST = Symbol('spyglass.last')
/** What the pool opened a connection with. */
const OPTIONS = Symbol('spyglass.options')
const PATCHED = Symbol('spyglass.patched')

type Callback = (error: unknown, ...rest: unknown[]) => unknown
type Method = (this: object, ...args: unknown[]) => unknown

interface PgClient {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  [POOL_NAME]?: string
  [LAST]?: Child<Statement>
  [OPTIONS]?: object | undefined
}

interface PgPool {
  readonly options?: PgClient
  /** Its connections. */
  readonly _clients?: readonly PgClient[]
  /** That of its connections, which know what the environment says. */
  [POOL_NAME]?: string
}

/** What `Pool.query` knows and `Client.query` needs: handed over through the pool's queue. */
interface PendingQuery {
  readonly site: CapturedStack | undefined
  readonly askedMs: number
}

type Exports = { readonly prototype: Record<string, Method> }

export const pg: Instrumentation = {
  name: 'pg',
  package: 'pg',
  versions: ['8.0.0', '9.0.0'],
  by: 'module hook',
  records: 'statements with call site',
  kinds: [statement.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'Client has already been connected. You cannot reuse a client.',
  attach: ({ recorder }) => [
    { file: /^lib\/client\.js$/, apply: (client: Exports) => instrumentationFor(recorder).patchClient(client.prototype) },
  ],
}

export const pgPool: Instrumentation = {
  name: 'pg-pool',
  package: 'pg-pool',
  versions: ['3.0.0', '4.0.0'],
  by: 'module hook',
  records: 'waits for the pool of pg; the place that asked for a statement, and its request, across its queue',
  kinds: [poolWait.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach: ({ recorder }) => [{ file: /^index\.js$/, apply: (pool: Exports) => instrumentationFor(recorder).patchPool(pool.prototype) }],
}

/** Client and pool share what is pending. */
let shared: PgInstrumentation | undefined
const instrumentationFor = (recorder: Recorder): PgInstrumentation => (shared ??= new PgInstrumentation(recorder))

class PgInstrumentation {
  readonly #recorder: Recorder
  /** Set only while a pool calls its own connect, and while it hands a connection over: both are synchronous. */
  #pending: PendingQuery | undefined

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  patchPool(prototype: Record<string, Method>): void {
    if (alreadyPatched(prototype)) return
    const begin = this.#beginPoolQuery
    const end = this.#endPoolQuery
    const [lendTo, lend] = [this.#lendTo, this.#lend]
    const { query, connect } = prototype as { query: Method; connect: Method }
    prototype['query'] = function patchedPoolQuery(this: object, ...args: unknown[]): unknown {
      const outer = begin(args[0], patchedPoolQuery)
      try {
        return query.apply(this, args)
      } finally {
        end(outer)
      }
    }
    prototype['connect'] = function patchedPoolConnect(this: object, callback?: unknown): unknown {
      return typeof callback === 'function'
        ? connect.call(this, lendTo(this, callback as Callback))
        : lend(this, connect.call(this) as Promise<PgClient>)
    }
  }

  patchClient(prototype: Record<string, Method>): void {
    if (alreadyPatched(prototype)) return
    const clientQuery = this.#clientQuery
    const { query, connect } = prototype as { query: Method; connect: Method }
    Object.defineProperty(prototype, UNRECORDED.query, { value: query, configurable: true })
    prototype['query'] = function patchedClientQuery(this: object, ...args: unknown[]): unknown {
      return clientQuery({ client: this, query, args, calledFrom: patchedClientQuery })
    }
    // A connection lives longer than the request that opened it: opened outside, it keeps nothing alive.
    prototype['connect'] = function patchedClientConnect(this: object, ...args: unknown[]): unknown {
      const callback = args[0]
      const bounded = typeof callback === 'function' ? [bound(callback as Callback)] : args
      return runOutside(() => connect.apply(this, bounded))
    }
  }

  /** Returns what was pending around this call. */
  readonly #beginPoolQuery = (config: unknown, calledFrom: Method): PendingQuery | undefined => {
    const outer = this.#pending
    this.#pending = attempt('pg.pool', () => this.#pendingFor(config, calledFrom), undefined)
    return outer
  }

  readonly #endPoolQuery = (outer: PendingQuery | undefined): void => {
    this.#pending = outer
  }

  #pendingFor(config: unknown, calledFrom: Method): PendingQuery {
    const text = textOf(config)
    return { site: text === undefined ? undefined : this.#recorder.captureFor({ text, system: SYSTEM }, calledFrom), askedMs: now() }
  }

  readonly #lendTo = (pool: PgPool, callback: Callback): Callback => {
    const pending = this.#pending
    this.#pending = undefined
    const askedMs = now()
    return bound((error, ...rest) => {
      this.#waited(pool, askedMs, rest[0] as PgClient | undefined, error ?? undefined)
      this.#pending = error ? undefined : pending // without a connection the callback is the application's
      try {
        return callback(error, ...rest)
      } finally {
        this.#pending = undefined
      }
    })
  }

  readonly #lend = (pool: PgPool, client: Promise<PgClient>): Promise<PgClient> => {
    const askedMs = now()
    return client.then(
      (lent) => {
        this.#waited(pool, askedMs, lent)
        return lent
      },
      (error: unknown) => {
        this.#waited(pool, askedMs, undefined, error ?? new Error('undefined was thrown'))
        throw error
      },
    )
  }

  #waited(pool: PgPool, askedMs: number, client: PgClient | undefined, error?: unknown): void {
    attempt(
      'pg.wait',
      () => {
        if (client) pool[POOL_NAME] ??= nameOf(client)
        if (client && this.#recorder.control) client[OPTIONS] = pool.options
        const detail = { system: SYSTEM, pool: pool[POOL_NAME] ?? pgName(pool.options ?? {}), heldBy: client ? undefined : holderOf(pool) }
        recordPoolWait(this.#recorder, detail, askedMs, error)
      },
      undefined,
    )
  }

  readonly #clientQuery = (call: { client: object; query: Method; args: unknown[]; calledFrom: Method }): unknown => {
    const { client, query, args } = call
    const child = this.#start(client, args, call.calledFrom)
    if (!child) return query.apply(client, args)
    try {
      const callbackAt = args.findLastIndex((arg) => typeof arg === 'function')
      if (callbackAt > 0) {
        args[callbackAt] = ending(child, args[callbackAt] as Callback)
        return query.apply(client, args)
      }
      return watched(query.apply(client, args), child)
    } catch (error) {
      child.end(error)
      throw error
    }
  }

  #start(client: PgClient, args: readonly unknown[], calledFrom: Method): StatementRecord | undefined {
    const pending = this.#pending
    this.#pending = undefined
    return attempt('pg.query', () => this.#started(client, args, pending ?? calledFrom), undefined)
  }

  #started(client: PgClient, args: readonly unknown[], from: PendingQuery | Method): StatementRecord | undefined {
    const text = textOf(args[0])
    if (text === undefined) return undefined
    const pool = nameOf(client)
    const { [LAST]: last } = client
    const child =
      typeof from === 'function'
        ? this.#recorder.startStatement({ system: SYSTEM, pool, text }, from)
        : this.#recorder.startStatement(
            { system: SYSTEM, pool, text, waitMs: now() - from.askedMs, heldBy: heldBy(last, from.askedMs) },
            from.site,
          )
    client[LAST] = child
    const { control } = this.#recorder
    if (control) {
      const run = { connection: client, options: client[OPTIONS], text, values: valuesOf(args[0], args[1]), isPrepared: false }
      control.began(child, { system: SYSTEM, ...run })
    }
    return child
  }
}

const nameOf = (client: PgClient): string => (client[POOL_NAME] ??= pgName(client))

/** The line of what ran on the connection while another waited for it. */
function heldBy(last: Child<Statement> | undefined, askedMs: number): string | undefined {
  return last && last.endMs > askedMs ? locationOf(last) : undefined
}

/** A wait that timed out may have been for a connection that nobody returns: the line of the statement that has been the last on one for longest. */
function holderOf({ _clients: clients = [] }: PgPool): string | undefined {
  const [oldest] = clients.flatMap(({ [LAST]: last }) => last ?? []).toSorted((a, b) => a.startMs - b.startMs)
  return oldest && locationOf(oldest)
}

function alreadyPatched(prototype: object): boolean {
  const marked = prototype as { [PATCHED]?: boolean }
  if (marked[PATCHED]) return true
  marked[PATCHED] = true
  return false
}

/** A text, a configuration with a text, or a Query, Cursor or QueryStream that holds one. */
function textOf(config: unknown): string | undefined {
  if (typeof config === 'string') return config
  const { text, cursor } = (config ?? {}) as { text?: unknown; cursor?: { text?: unknown } }
  if (typeof text === 'string') return text
  return typeof cursor?.text === 'string' ? cursor.text : undefined
}

/** Of the call, the configuration or the cursor. */
function valuesOf(config: unknown, values: unknown): unknown {
  if (Array.isArray(values) || typeof config === 'string') return Array.isArray(values) ? values : undefined
  const { values: own, cursor } = config as { values?: unknown; cursor?: { values?: unknown } }
  return own ?? cursor?.values
}

function ending(child: StatementRecord, callback: Callback): Callback {
  return bound((error: unknown, ...rest: unknown[]) => {
    child.end(error ?? undefined)
    return callback(error, ...rest)
  })
}

/**
 * A promise is passed on, not listened to beside: a rejection that the application leaves unhandled must stay so. A Submittable says
 * `end` or `close`; listening to its errors would change what the application sees.
 */
function watched(result: unknown, child: StatementRecord): unknown {
  const { then, once } = (result ?? {}) as { then?: unknown; once?: (event: string, listener: () => void) => void }
  if (typeof then === 'function') return passedOn(result as Promise<unknown>, child)
  if (typeof once === 'function') {
    once.call(result, 'end', () => child.end())
    once.call(result, 'close', () => child.end())
  } else {
    child.end()
  }
  return result
}
