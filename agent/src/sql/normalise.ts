/**
 * Normalises a statement so that its executions are counted together: literals and parameters become `?`, comments are removed, and white
 * space, lists and rows are collapsed. Nothing that a user typed into a literal is in the result. There is only one normaliser, and it is
 * idempotent, so that agent, datasource and collector compute the same digest.
 */
import { dialectOf } from './dialect.ts'
import { Scanner } from './scanner.ts'

/** Maximum length that is read; the rest of a longer text is omitted. */
export const MAX_SQL_LENGTH = 1_048_576

const scanner = new Scanner()

/** `system` is the `db.system.name`. If it is empty or unknown, the text gets the safest reading. */
export function normaliseSql(sql: string, system: string): string {
  const dialect = dialectOf(system)
  const text = sql.length > MAX_SQL_LENGTH ? sql.slice(0, MAX_SQL_LENGTH) : sql
  const usual = dialect.backslash === 'maybe-escape'
  const first = scanner.read(text, dialect, usual)
  if (first.beforeDoubt === undefined) return first.text
  const other = scanner.read(text, dialect, !usual)
  if (other.text === first.text || (first.isSound && !other.isSound)) return first.text
  return `${first.beforeDoubt}…`
}

/** The first word in upper case: SELECT, INSERT, WITH … */
export function operationOf(normalised: string): string {
  return /^\(*([a-z]+)/i.exec(normalised)?.[1]?.toUpperCase() ?? ''
}
