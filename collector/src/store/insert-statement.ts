/** Reads the one form of INSERT that the store takes: `INSERT INTO [spyglass.]table [(columns)] FORMAT name`. */
import { DATABASE, type TableName } from '@spyglass/agent/contract'
import { refuse } from './clickhouse-error.ts'
import { tableNamed } from './segment-files.ts'

export interface InsertStatement {
  readonly table: TableName
  /** Undefined: the columns that the data names. */
  readonly columns: readonly string[] | undefined
  readonly format: InsertFormat
}

const INSERT_FORMATS = ['Native', 'JSONEachRow', 'JSONCompactEachRowWithNames', 'RowBinaryWithNamesAndTypes'] as const
export type InsertFormat = (typeof INSERT_FORMATS)[number]

const PATTERN = new RegExp(
  `^\\s*INSERT\\s+INTO\\s+(?:TABLE\\s+)?(?:\`?${DATABASE}\`?\\s*\\.\\s*)?\`?(\\w+)\`?\\s*(?:\\(([^()]*)\\)\\s*)?FORMAT\\s+(\\w+)[\\s;]*$`,
  'i',
)

/** Whether the text is meant as an INSERT. */
export const isInsert = (sql: string): boolean => /^\s*INSERT\b/i.test(sql)

/** @throws ClickhouseError when it has another form. */
export function parseInsert(sql: string): InsertStatement {
  const match = PATTERN.exec(sql)
  if (!match) throw refuse('SYNTAX_ERROR', 'Only INSERT INTO table (columns) FORMAT name is taken here')
  const [, table = '', columns, format] = match
  const known = INSERT_FORMATS.find((name) => name === format)
  if (!known) throw refuse('UNKNOWN_FORMAT', `Inserts take the formats ${INSERT_FORMATS.join(', ')}`)
  return { table: tableNamed(table), columns: columns === undefined ? undefined : namesIn(columns), format: known }
}

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim().replaceAll(/^[`"]|[`"]$/g, ''))
    .filter((name) => name !== '')
