/** Where the file of a segment lies: made only from names that match strictly, so that no request can point elsewhere. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TableName, tables } from '@spyglass/agent/contract'
import { refuse } from './clickhouse-error.ts'

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/

/** @throws ClickhouseError when there is no table of that name. */
export function tableNamed(name: string): TableName {
  if (Object.hasOwn(tables, name)) return name as TableName
  throw refuse('UNKNOWN_TABLE', `Table spyglass.${name} does not exist`)
}

/**
 * The path of a table's file in a segment of the write-ahead log.
 * @throws ClickhouseError when the name is not a segment's or there is no such plain file.
 */
export async function segmentFile(wal: string, segment: string, table: TableName): Promise<string> {
  if (!SEGMENT.test(segment)) throw refuse('BAD_ARGUMENTS', 'X-Spyglass-Segment is not the name of a segment')
  const path = join(wal, segment, `${table}.native`)
  const stat = await lstat(path).catch((error: unknown) => {
    throw refuse('FILE_DOESNT_EXIST', `Segment ${segment} has no file for ${table}`, error)
  })
  if (!stat.isFile()) throw refuse('FILE_DOESNT_EXIST', `The file of ${table} in segment ${segment} is not a plain file`)
  return path
}
