/** Statements of better-sqlite3, those that its transactions and `pragma` make as well. They run at once, as those of node:sqlite do. */
import { attempt } from '../guard/guard.ts'
import { statement } from '../recorder/kinds/statement.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { type Method, type Prepared, type Prototype, patchStatements, poolNameOf, recorded, replace } from './sqlite.ts'

const POOL_NAME = Symbol('spyglass.pool')

interface Database {
  /** Its file as the application wrote it. */
  readonly name?: string
  [POOL_NAME]?: string
}

/** Every statement knows its text and its database. */
interface StatementOf {
  readonly source?: unknown
  readonly database?: Database
}

export const betterSqlite3: Instrumentation = {
  name: 'better-sqlite3',
  package: 'better-sqlite3',
  versions: ['8.0.0', '14.0.0'],
  by: 'module hook',
  records: 'statements with call site, those of transactions and pragmas as well',
  kinds: [statement.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'In-memory/temporary databases cannot be readonly',
  attach: ({ recorder }) => [{ file: /^lib\/methods\/wrappers\.js$/, apply: (methods: Prototype) => patchMethods(methods, recorder) }],
}

/** What the class of databases is then made of. */
function patchMethods(methods: Prototype, recorder: Recorder): void {
  if (typeof methods['prepare'] !== 'function') throw fail('SPY_AGENT_LIBRARY', ['better-sqlite3', 'prepare'])
  replace(methods, 'prepare', (original) => preparing(original, recorder))
  replace(methods, 'exec', (original) => recorded(original, recorder, (database, args) => preparedOf(args[0], database)))
}

function preparing(prepare: Method, recorder: Recorder): Method {
  return function prepareRecorded(...args) {
    const result = prepare.apply(this, args) as object
    attempt('better-sqlite3.prepare', () => patchStatements(Object.getPrototypeOf(result) as Prototype, recorder, ofStatement), undefined)
    return result
  }
}

const ofStatement = ({ source, database }: StatementOf): Prepared | undefined => database && preparedOf(source, database)

function preparedOf(text: unknown, database: Database): Prepared | undefined {
  if (typeof text !== 'string') return undefined
  return { text, pool: (database[POOL_NAME] ??= poolNameOf(database.name ?? '')) }
}
