/**
 * Statements of pg (node-postgres), which publishes no channels. The place in the code is taken where the application calls, in
 * `Pool.query`: at `Client.query` only the pool's own frames would be left. And the pool's callback is bound to the request that asked:
 * otherwise a query that waited in the queue would run in the context of the request that returned the connection.
 */
import type { CapturedStack } from '../call-site/call-site.ts'
import type { StatementChild } from '../recorder/child-record.ts'
import { now } from '../recorder/clock.ts'
import { bound, runOutside } from '../recorder/context.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { attempt } from '../guard/guard.ts'
import type { ModulePatch } from './module-hooks.ts'

const SYSTEM = 'postgresql'
const POOL_NAME = Symbol('spyglass.pool')
const PATCHED = Symbol('spyglass.patched')

type Callback = (error: unknown, ...rest: unknown[]) => unknown
type Method = (this: object, ...args: unknown[]) => unknown

interface PgClient {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  [POOL_NAME]?: string
}

/** What `Pool.query` knows and `Client.query` needs: handed over through the pool's queue. */
interface PendingQuery {
  readonly site: CapturedStack | undefined
  readonly askedMs: number
}

export function pgPatches(recorder: Recorder): ModulePatch[] {
  const pg = new PgInstrumentation(recorder)
  const append = (call: string): string => `${call}module.exports)`
  return [
    {
      name: 'pg',
      file: /\/node_modules\/pg\/lib\/client\.js$/,
      append,
      apply: (client: { prototype: Record<string, Method> }) => pg.patchClient(client.prototype),
    },
    {
      name: 'pg-pool',
      file: /\/node_modules\/pg-pool\/index\.js$/,
      append,
      apply: (pool: { prototype: Record<string, Method> }) => pg.patchPool(pool.prototype),
    },
  ]
}

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
    const poolConnect = this.#poolConnect
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
      return typeof callback === 'function' ? connect.call(this, poolConnect(callback as Callback)) : connect.call(this)
    }
  }

  patchClient(prototype: Record<string, Method>): void {
    if (alreadyPatched(prototype)) return
    const clientQuery = this.#clientQuery
    const { query, connect } = prototype as { query: Method; connect: Method }
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

  readonly #poolConnect = (callback: Callback): Callback => {
    const pending = this.#pending
    this.#pending = undefined
    return bound((...args) => {
      this.#pending = pending
      try {
        return callback(...(args as [unknown]))
      } finally {
        this.#pending = undefined
      }
    })
  }

  readonly #clientQuery = (call: { client: object; query: Method; args: unknown[]; calledFrom: Method }): unknown => {
    const { client, query, args } = call
    const child = this.#start(client, args[0], call.calledFrom)
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

  #start(client: PgClient, config: unknown, calledFrom: Method): StatementChild | undefined {
    const pending = this.#pending
    this.#pending = undefined
    return attempt('pg.query', () => this.#started(client, config, pending ?? calledFrom), undefined)
  }

  #started(client: PgClient, config: unknown, from: PendingQuery | Method): StatementChild | undefined {
    const text = textOf(config)
    if (text === undefined) return undefined
    const pool = (client[POOL_NAME] ??= `${client.host ?? ''}:${client.port ?? ''}/${client.database ?? ''}`)
    if (typeof from === 'function') return this.#recorder.startStatement({ system: SYSTEM, pool, text }, from)
    return this.#recorder.startStatement({ system: SYSTEM, pool, text, waitMs: now() - from.askedMs }, from.site)
  }
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

function ending(child: StatementChild, callback: Callback): Callback {
  return bound((error: unknown, ...rest: unknown[]) => {
    child.end(error ?? undefined)
    return callback(error, ...rest)
  })
}

/**
 * A promise is passed on, not listened to beside: a rejection that the application leaves unhandled must stay so. A Submittable says
 * `end` or `close`; listening to its errors would change what the application sees.
 */
function watched(result: unknown, child: StatementChild): unknown {
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

function passedOn(result: Promise<unknown>, child: StatementChild): Promise<unknown> {
  return result.then(
    (value) => {
      child.end()
      return value
    },
    (error: unknown) => {
      child.end(error)
      throw error
    },
  )
}
