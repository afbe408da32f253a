/**
 * node:sqlite off the main thread: one worker for each connection, so that a slow statement holds up nobody but its borrower.
 * The other side is sqlite-worker.ts.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { DatabaseError, fail } from './errors.ts'
import type { Driver, DriverConnection, Statement, StatementResult } from './driver.ts'
import type { Borrow } from './pool/index.ts'
import { outsideContext } from '../clock/index.ts'
import type { FromWorker, ToWorker } from './sqlite-worker.ts'

export interface SqliteDriverOptions {
  /** Database file; `:memory:` is a database for each connection. */
  readonly file: string
  /** Folder that a relative file is resolved against. */
  readonly folder: string
  /** How long a statement waits for another connection's lock: 5000 by default. */
  readonly busyTimeoutMs?: number
}

export interface SqliteDriver extends Driver {
  connect(onBroken: (error: Error) => void): Promise<SqliteConnection>
}

const MEMORY = ':memory:'

/** The worker runs as shipped: TypeScript in a checkout, JavaScript in a published package. */
const workerFile = new URL(`./sqlite-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** The place of compiled modules alone: without it each worker that runs from source would hold the 12 MB that strip its types. */
const workerEnvironment = process.env['NODE_COMPILE_CACHE'] === undefined ? {} : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }

export function createSqliteDriver({ file, folder, busyTimeoutMs = 5000 }: SqliteDriverOptions): SqliteDriver {
  const target = file === MEMORY ? MEMORY : resolve(folder, file)
  return {
    name: 'sqlite',
    system: 'sqlite',
    target,
    async connect(onBroken) {
      if (target !== MEMORY) makeFile(target)
      const connection = outsideContext(() => new SqliteConnection(target, busyTimeoutMs, onBroken))
      try {
        await connection.opened
      } catch (error) {
        void connection.close(0)
        throw error
      }
      return connection
    },
  }
}

/** For its owner alone, whatever the mode of its folder; SQLite gives its other files the same mode. What cannot be made SQLite reports better. */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') throw error
    if (codeOf(error) !== 'ENOENT') return
    mkdirSync(dirname(file), { recursive: true })
    makeFile(file)
  }
}

/** The connection of a pool over this driver. */
export const sqliteConnection = ({ entry }: Borrow): SqliteConnection => entry.connection as SqliteConnection

interface Pending {
  readonly resolve: (result: StatementResult) => void
  readonly reject: (error: Error) => void
}

export class SqliteConnection implements DriverConnection {
  inTransaction = false
  broken = false
  readonly opened: Promise<void>
  readonly #target: string
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #onBroken: (error: Error) => void
  #next = 0
  #isOpen = false
  #closing = false

  constructor(target: string, busyTimeoutMs: number, onBroken: (error: Error) => void) {
    this.#target = target
    this.#onBroken = onBroken
    // Neither the agent's preload nor the server's environment belongs into a worker that only runs SQL.
    this.#worker = new Worker(workerFile, {
      name: 'spyglass-sqlite',
      workerData: { file: target, busyTimeoutMs },
      env: workerEnvironment,
      execArgv: [],
      // Measured: 10 MB resident for each connection instead of 13.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.on('message', (message: FromWorker) => this.#receive(message))
    this.#worker.on('error', (error) => this.#lose(messageOf(error)))
    this.#worker.on('exit', (code) => this.#lose(`its worker exited with code ${code}`))
    this.#worker.unref()
    this.opened = this.#ask({ type: 'open' }).then(() => {
      this.#isOpen = true
    })
  }

  get running(): object | undefined {
    const [first] = this.#pending.values()
    return first
  }

  /** Rejects with a {@link DatabaseError}, or SPY_CONNECTION_LOST when the connection broke. */
  run(statement: Statement): Promise<StatementResult> {
    return this.#ask({ type: 'run', ...statement })
  }

  /** Statements run in turn, so that this waits for those before it. */
  async reset(): Promise<void> {
    await (this.inTransaction ? this.run({ verb: 'script', text: 'ROLLBACK' }) : this.validate())
  }

  async validate(): Promise<void> {
    await this.#ask({ type: 'run', verb: 'query', text: 'SELECT 1' })
  }

  async close(deadlineMs: number): Promise<void> {
    if (this.#closing || this.broken) return
    this.#closing = true
    const ended = new Promise<void>((done) => this.#worker.once('exit', () => done()))
    this.#post({ type: 'close' })
    const timer = setTimeout(() => void this.#worker.terminate(), deadlineMs)
    // SQLite's own code cannot be interrupted: a statement that runs on is left behind with its unreferenced worker.
    const late = new Promise<void>((done) => setTimeout(done, deadlineMs + 100).unref())
    await Promise.race([ended, late])
    clearTimeout(timer)
  }

  #ask(message: ToWorkerBody): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      if (this.broken || this.#closing) {
        reject(fail('SPY_CONNECTION_LOST', [this.#target, this.broken ? 'it failed earlier' : 'it is closed']))
        return
      }
      const id = this.#post(message, reject)
      if (id === undefined) return
      // Only a statement that runs keeps the process alive.
      if (this.#pending.size === 0) this.#worker.ref()
      this.#pending.set(id, { resolve, reject })
    })
  }

  /** A parameter that cannot be cloned (a function) is the caller's mistake, not the connection's. */
  #post(message: ToWorkerBody, reject?: (error: Error) => void): number | undefined {
    const id = this.#next++
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      this.#worker.postMessage({ id, ...message } satisfies ToWorker)
      return id
    } catch (error) {
      reject?.(new DatabaseError(messageOf(error), 'ERR_INVALID_ARG_TYPE'))
      return undefined
    }
  }

  #receive(message: FromWorker): void {
    const pending = this.#pending.get(message.id)
    if (!pending) return
    this.#pending.delete(message.id)
    if (this.#pending.size === 0) this.#worker.unref()
    this.inTransaction = message.inTransaction
    if (!message.error) pending.resolve(message.result)
    else if (message.error.code === 'SPY_STATEMENT_MULTIPLE') pending.reject(fail('SPY_STATEMENT_MULTIPLE', [message.error.message]))
    else pending.reject(new DatabaseError(message.error.message, message.error.code, message.error.errcode))
  }

  #lose(reason: string): void {
    if (this.broken) return
    this.broken = true
    const error = fail('SPY_CONNECTION_LOST', [this.#target, reason])
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    if (this.#isOpen && !this.#closing) this.#onBroken(error)
  }
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type ToWorkerBody = WithoutId<ToWorker>
