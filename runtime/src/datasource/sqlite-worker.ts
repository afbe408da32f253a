/** Runs in a worker thread: one connection of node:sqlite with its prepared statements. The other side is sqlite-driver.ts. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Row, SqlParams, Statement, StatementResult } from './driver.ts'

export type ToWorker = { readonly id: number } & (
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  | ({ readonly type: 'run' } & Statement)
)

export interface FromWorker {
  readonly id: number
  readonly inTransaction: boolean
  readonly result?: StatementResult
  readonly error?: { readonly message: string; readonly code: string; readonly errcode?: number }
}

/** A prepared statement costs 10 to 50 us to make and some kilobytes to keep. */
const STATEMENTS_KEPT = 200

const { file, busyTimeoutMs } = (workerData ?? {}) as { file: string; busyTimeoutMs: number }
const statements = new Map<string, StatementSync>()
let database: DatabaseSync | undefined

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'close') {
    database?.close()
    parentPort?.close()
    return
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a message port has no origin
  parentPort?.postMessage(answer(message))
})

function answer(message: Exclude<ToWorker, { type: 'close' }>): FromWorker {
  try {
    const result = message.type === 'open' ? open() : run(message)
    return { id: message.id, inTransaction: database?.isTransaction ?? false, result }
  } catch (error) {
    return { id: message.id, inTransaction: database?.isTransaction ?? false, error: plainError(error) }
  }
}

function open(): undefined {
  database = new DatabaseSync(file, { timeout: busyTimeoutMs })
  useWal(database)
  // Loses at most the last commits with the power, never the file.
  database.exec('PRAGMA synchronous = NORMAL')
}

const SQLITE_BUSY = 5
const RETRY_MS = 10

/** WAL allows readers beside one writer. Changing the mode ignores the busy timeout, so connections opened together have to retry. */
function useWal(database: DatabaseSync): void {
  const endAt = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      const { errcode = 0 } = error as { errcode?: number }
      if ((errcode & 0xff) !== SQLITE_BUSY || performance.now() > endAt) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}

function run({ verb, text, params }: Statement): StatementResult {
  if (!database) return undefined
  if (verb === 'script') {
    database.exec(text)
    return undefined
  }
  const statement = prepare(database, text)
  if (verb === 'query') return call(statement, 'all', params) as readonly Row[]
  const { changes, lastInsertRowid } = call(statement, 'run', params) as ReturnType<StatementSync['run']>
  return { changes: Number(changes), lastInsertRowid }
}

function call(statement: StatementSync, method: 'all' | 'run', params: SqlParams | undefined): unknown {
  if (params === undefined) return statement[method]()
  if (Array.isArray(params)) return statement[method](...(params as SQLInputValue[]))
  return statement[method](params as Record<string, SQLInputValue>)
}

function prepare(database: DatabaseSync, text: string): StatementSync {
  const known = statements.get(text)
  if (known) {
    statements.delete(text)
    statements.set(text, known)
    return known
  }
  const statement = database.prepare(text)
  refuseMore(text, statement.sourceSQL)
  statements.set(text, statement)
  if (statements.size > STATEMENTS_KEPT) statements.delete(statements.keys().next().value ?? '')
  return statement
}

/** SQLite compiles the first statement of a text and ignores the rest without a word. */
function refuseMore(text: string, compiled: string): void {
  const rest = text.slice(text.indexOf(compiled) + compiled.length).replaceAll(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\s;]/g, '')
  if (rest !== '') throw Object.assign(new SyntaxError(text.slice(0, 200)), { code: 'SPY_STATEMENT_MULTIPLE' })
}

function plainError(error: unknown): NonNullable<FromWorker['error']> {
  if (!(error instanceof Error)) return { message: String(error), code: 'ERR_SQLITE_ERROR' }
  const { code = 'ERR_SQLITE_ERROR', errcode } = error as Error & { code?: string; errcode?: number }
  return errcode === undefined ? { message: error.message, code } : { message: error.message, code, errcode }
}
