/** Statements of node:sqlite. They run at once, so that each is over when its call returns; rows of `iterate` are read afterwards. */
import { basename } from 'node:path'
import { attempt } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { type Statement, statement } from '../recorder/kinds/statement.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { onBuiltin } from './builtins.ts'
import type { Instrumentation } from './instrumentation.ts'

const SYSTEM = 'sqlite'
const POOL_NAME = Symbol('spyglass.pool')
const PREPARED = Symbol('spyglass.prepared')
const PATCHED = Symbol('spyglass.patched')

export type Method = (this: object, ...args: unknown[]) => unknown
export type Prototype = Record<string | symbol, Method>

interface Database {
  /** Since Node 24. */
  location?(): string | null
  [POOL_NAME]?: string
}

/** A statement of SQLite, by node:sqlite or another library, and the name of its database. */
export interface Prepared {
  readonly text: string
  readonly pool: string
}

interface Library {
  readonly DatabaseSync: { readonly prototype: Prototype }
}

export const nodeSqlite: Instrumentation = {
  name: 'node-sqlite',
  by: 'module hook',
  records: 'statements of node:sqlite with call site',
  kinds: [statement.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach: ({ recorder }) => onBuiltin('sqlite', ({ DatabaseSync }: Library) => patchDatabase(DatabaseSync.prototype, recorder)),
}

function patchDatabase(prototype: Prototype, recorder: Recorder): void {
  replace(prototype, 'prepare', (original) => preparing(original, recorder))
  replace(prototype, 'exec', (original) => recorded(original, recorder, (database, args) => preparedOf(database, args[0])))
}

/** Replaces a method that is there. */
export function replace(prototype: Prototype, name: string, make: (original: Method) => Method): void {
  const original = prototype[name]
  if (original) prototype[name] = make(original)
}

function preparing(prepare: Method, recorder: Recorder): Method {
  return function patchedPrepare(...args) {
    const result = prepare.apply(this, args) as { [PREPARED]?: Prepared | undefined }
    attempt(
      'sqlite.prepare',
      () => {
        patchStatements(Object.getPrototypeOf(result) as Prototype, recorder)
        result[PREPARED] = preparedOf(this, args[0])
      },
      undefined,
    )
    return result
  }
}

type FindPrepared = (target: object, args: unknown[]) => Prepared | undefined

/** Only a statement leads to the class of all, which is patched with the first one. */
export function patchStatements(prototype: Prototype, recorder: Recorder, find: FindPrepared = markedBy): void {
  if (Object.hasOwn(prototype, PATCHED)) return
  Object.defineProperty(prototype, PATCHED, { value: true })
  for (const name of ['run', 'get', 'all', 'iterate']) replace(prototype, name, (original) => recorded(original, recorder, find))
}

const markedBy: FindPrepared = (prepared) => (prepared as { [PREPARED]?: Prepared })[PREPARED]

function preparedOf(database: Database, text: unknown): Prepared | undefined {
  return typeof text === 'string' ? { text, pool: (database[POOL_NAME] ??= nameOf(database)) } : undefined
}

function nameOf(database: Database): string {
  return poolNameOf(attempt('sqlite.name', () => database.location?.() ?? '', ''))
}

/** Name of the file: where it is says nothing that matters, and much of the machine. */
export const poolNameOf = (file: string): string => basename(file || ':memory:')

/** The method, each call of which is a statement. */
export function recorded(original: Method, recorder: Recorder, find: FindPrepared): Method {
  return function patchedStatement(...args) {
    const child = attempt('sqlite.statement', () => start(recorder, find(this, args), patchedStatement), undefined)
    if (!child) return original.apply(this, args)
    try {
      const result = original.apply(this, args)
      child.end()
      return result
    } catch (error) {
      child.end(error)
      throw error
    }
  }
}

function start(recorder: Recorder, prepared: Prepared | undefined, calledFrom: Method): Child<Statement> | undefined {
  return prepared && recorder.startStatement({ system: SYSTEM, pool: prepared.pool, text: prepared.text }, calledFrom)
}
