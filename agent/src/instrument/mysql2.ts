/**
 * Statements of mysql2, by its callback, promise and event interfaces. As with pg, the place in the code is taken where the application calls the
 * pool, and what waits in the pool's queue keeps the request that asked. The channels of mysql2 3.20 and later know neither, and none has a pool's queue.
 */
import { errorMonitor } from 'node:events'
import type { CapturedStack } from '../call-site/call-site.ts'
import type { StatementRecord } from '../current-agent.ts'
import { attempt } from '../guard/guard.ts'
import { now } from '../recorder/clock.ts'
import { bound, runOutside } from '../recorder/context.ts'
import { poolWait } from '../recorder/kinds/pool-wait.ts'
import { statement } from '../recorder/kinds/statement.ts'
import { recordPoolWait } from '../recorder/record-pool-wait.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { UNRECORDED } from '../recorder/statement-run.ts'
import { type MysqlConfig, mysqlName } from './connection-name.ts'
import type { Instrumentation } from './instrumentation.ts'

const SYSTEM = 'mysql'
const POOL_NAME = Symbol('spyglass.pool')
const CHILD = Symbol('spyglass.child')
const LENT = Symbol('spyglass.lent')

type Callback = (error: unknown, ...rest: unknown[]) => unknown
type Method = (this: object, ...args: unknown[]) => unknown
type Prototype = Record<string, Method>

interface Connection {
  readonly config?: MysqlConfig & { readonly connectionConfig?: MysqlConfig }
  [POOL_NAME]?: string
}

/** What a connection that is closed, or has broken, has of its own. */
interface ConnectionState {
  /** The command that runs, and those that wait. */
  readonly _command?: Command | null
  readonly _commands?: { toArray?(): Command[] }
  readonly addCommand?: unknown
  readonly _addCommandClosedState?: unknown
}

/** An object that mysql2 makes of a call. */
interface Command {
  [CHILD]?: StatementRecord
  onResult?: Callback
  once?(event: string | symbol, listener: (error?: unknown) => void): void
}

/** What `Pool.query` knows and `Connection.query` needs: handed over through the pool's queue. */
interface PendingStatement {
  readonly site: CapturedStack | undefined
  readonly askedMs: number
}

interface RunCall {
  readonly connection: object
  readonly original: Method
  readonly args: unknown[]
  readonly calledFrom: Method
  readonly isPrepared: boolean
}

export const mysql2: Instrumentation = {
  name: 'mysql2',
  package: 'mysql2',
  versions: ['2.0.0', '4.0.0'],
  by: 'module hook',
  records: 'statements with call site, waits for the pool',
  kinds: [statement.name, poolWait.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: "Can't add new command when connection is in closed state",
  attach({ recorder }) {
    const patches = new Mysql2Patches(recorder)
    return [
      { file: /^lib\/(?:base\/)?connection\.js$/, apply: ({ prototype }: { prototype: Prototype }) => patches.connection(prototype) },
      { file: /^lib\/(?:base\/)?pool\.js$/, apply: ({ prototype }: { prototype: Prototype }) => patches.pool(prototype) },
    ]
  },
}

class Mysql2Patches {
  readonly #recorder: Recorder
  /** Set only while a pool asks for a connection, and while it hands one over: both are synchronous. */
  #pending: PendingStatement | undefined

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  connection(prototype: Prototype): void {
    const run = this.#run
    for (const name of ['query', 'execute'] as const) {
      replaceOwn(prototype, name, (original) => {
        Object.defineProperty(prototype, UNRECORDED[name], { value: original, configurable: true })
        const patched: Method = function patchedStatement(this: object, ...args) {
          return run({ connection: this, original, args, calledFrom: patched, isPrepared: name === 'execute' })
        }
        return patched
      })
    }
    replaceOwn(
      prototype,
      '_notifyError',
      (original) =>
        function patchedNotifyError(this: object, ...args) {
          attempt('mysql2.lost', () => endLost(this, args[0]), undefined)
          return original.apply(this, args)
        },
    )
  }

  pool(prototype: Prototype): void {
    const begin = this.#begin
    const end = this.#end
    const lend = this.#lend
    for (const name of ['query', 'execute']) {
      replaceOwn(prototype, name, (original) => {
        const patched: Method = function patchedPoolStatement(this: object, ...args) {
          const outer = begin(args[0], patched)
          try {
            return original.apply(this, args)
          } finally {
            end(outer)
          }
        }
        return patched
      })
    }
    replaceOwn(
      prototype,
      'getConnection',
      (original) =>
        function patchedGetConnection(this: object, callback: unknown, ...rest: unknown[]) {
          // The pool asks again for a callback whose connection was dead: it still waits.
          if (typeof callback !== 'function' || isLent(callback)) return original.call(this, callback, ...rest)
          const lent = lend(this, callback as Callback)
          if (hasFree(this)) return original.call(this, lent, ...rest)
          // A connection lives longer than the request that opened it: opened outside, it keeps nothing alive.
          return runOutside(() => original.call(this, lent, ...rest))
        },
    )
  }

  readonly #begin = (input: unknown, calledFrom: Method): PendingStatement | undefined => {
    const outer = this.#pending
    this.#pending = attempt('mysql2.pool', () => this.#pendingFor(input, calledFrom), undefined)
    return outer
  }

  readonly #end = (outer: PendingStatement | undefined): void => {
    this.#pending = outer
  }

  #pendingFor(input: unknown, calledFrom: Method): PendingStatement {
    const text = textOf(input)
    return { site: text === undefined ? undefined : this.#recorder.captureFor({ text, system: SYSTEM }, calledFrom), askedMs: now() }
  }

  readonly #lend = (pool: Connection, callback: Callback): Callback => {
    const pending = this.#pending
    this.#pending = undefined
    const askedMs = pending?.askedMs ?? now()
    const lent = bound((error: unknown, ...rest: unknown[]) => {
      const detail = { system: SYSTEM, pool: nameOf(pool) }
      attempt('mysql2.wait', () => recordPoolWait(this.#recorder, detail, askedMs, error ?? undefined), undefined)
      this.#pending = error ? undefined : pending // without a connection the callback is the application's
      try {
        return callback(error, ...rest)
      } finally {
        this.#pending = undefined
      }
    })
    return Object.assign(lent, { [LENT]: true })
  }

  readonly #run = (call: RunCall): unknown => {
    const { connection, original, args } = call
    const pending = this.#pending
    this.#pending = undefined
    const child = attempt('mysql2.query', () => this.#start(call, pending ?? call.calledFrom), undefined)
    if (!child) return original.apply(connection, args)
    const isWatched = watchCallback(args, child)
    try {
      const command = original.apply(connection, args) as Command | undefined
      if (!isWatched) watchEvents(connection, command, child)
      return command
    } catch (error) {
      child.end(error)
      throw error
    }
  }

  #start({ connection, args, isPrepared }: RunCall, from: PendingStatement | Method): StatementRecord | undefined {
    const text = textOf(args[0])
    if (text === undefined) return undefined
    const pool = nameOf(connection)
    const child =
      typeof from === 'function'
        ? this.#recorder.startStatement({ system: SYSTEM, pool, text }, from)
        : this.#recorder.startStatement({ system: SYSTEM, pool, text, waitMs: now() - from.askedMs }, from.site)
    // Read now: mysql2 writes the values into the text of its command.
    const run = this.#recorder.control && { connection, options: undefined, text, values: valuesOf(args[0], args[1]), isPrepared }
    if (run) this.#recorder.control?.began(child, { system: SYSTEM, ...run })
    return child
  }
}

/** The files of newer versions hold a class and its base: each method is patched where it is defined. */
function replaceOwn(prototype: Prototype, name: string, make: (original: Method) => Method): void {
  const original = Object.hasOwn(prototype, name) ? prototype[name] : undefined
  if (original) prototype[name] = make(original)
}

/** `host:port/database`. */
function nameOf(connection: Connection): string {
  return (connection[POOL_NAME] ??= mysqlName(connection.config?.connectionConfig ?? connection.config ?? {}))
}

/** A text, options with one, or the command that a pool made of either. */
function textOf(input: unknown): string | undefined {
  if (typeof input === 'string') return input
  const { sql } = (input ?? {}) as { sql?: unknown }
  return typeof sql === 'string' ? sql : undefined
}

/** Of the call, or of its options. */
function valuesOf(input: unknown, values: unknown): unknown {
  if (values !== undefined && typeof values !== 'function') return values
  return typeof input === 'string' ? undefined : (input as { values?: unknown }).values
}

/** Whether there is a callback, which then ends the child in the context of the call: mysql2 calls it in that of the connection. */
function watchCallback(args: unknown[], child: StatementRecord): boolean {
  const at = args.findLastIndex((arg) => typeof arg === 'function')
  if (at > 0) {
    args[at] = ending(args[at] as Callback, child)
    return true
  }
  const command = args[0] as Command
  if (typeof command !== 'object' || typeof command.onResult !== 'function') return false
  command.onResult = ending(command.onResult, child)
  return true
}

function ending(callback: Callback, child: StatementRecord): Callback {
  return bound((error: unknown, ...rest: unknown[]) => {
    child.end(error ?? undefined)
    return callback(error, ...rest)
  })
}

/** Listening to `error` would change what the application sees; its monitor does not. */
function watchEvents(connection: ConnectionState, command: Command | undefined, child: StatementRecord): void {
  if (connection.addCommand === connection._addCommandClosedState) return child.end(closedError())
  if (typeof command?.once !== 'function') return child.end()
  command[CHILD] = child
  command.once(errorMonitor, (error) => child.end(error))
  command.once('end', () => child.end())
}

/** A connection that breaks tells it to commands with a callback, and says it once for all others. */
function endLost({ _command: running, _commands: waiting }: ConnectionState, error: unknown): void {
  for (const command of [running, ...(waiting?.toArray?.() ?? [])]) if (command && !command.onResult) command[CHILD]?.end(error)
}

const closedError = (): Error => Object.assign(new Error('the connection is closed'), { code: 'PROTOCOL_CONNECTION_LOST' })

/** Then none is opened, and the context need not be left: that and coming back cost two microseconds for each statement. */
const hasFree = (pool: { readonly _freeConnections?: { readonly length: number } }): boolean => (pool._freeConnections?.length ?? 0) > 0

const isLent = (callback: object): boolean => LENT in callback
