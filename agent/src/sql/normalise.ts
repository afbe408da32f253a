/**
 * Brings a statement to the form in which its executions are counted together: literals and parameters become `?`, comments go, white
 * space, lists and rows are made one. Nothing that a user typed into a literal comes out of here. There is one normaliser, and what it
 * returns it returns again when it is given it (its digest is the same in agent, datasource and collector for that reason).
 */
import { dialectOf } from './dialect.ts'
import { Scanner } from './scanner.ts'

/** Maximum length that is read; the rest of a longer text is omitted. */
export const MAX_SQL_LENGTH = 1_048_576

const scanner = new Scanner()

/** `system` is the `db.system.name`; without one, or with one that is not known, the text has the safest reading. */
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
