/** Path of a segment file, built only from strictly matched names, so that no request can point elsewhere. */
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

const MAX_SEGMENTS = 100

/** The paths of a table's files in several segments, as one pattern of the engine. */
export async function segmentFiles(wal: string, segments: readonly string[], table: TableName): Promise<string> {
  if (segments.length > MAX_SEGMENTS) throw refuse('BAD_ARGUMENTS', `X-Spyglass-Segment names more than ${MAX_SEGMENTS} segments`)
  const paths: string[] = []
  for (const segment of segments) paths.push(await segmentFile(wal, segment, table))
  return paths.length === 1 ? (paths[0] as string) : join(wal, `{${segments.join(',')}}`, `${table}.native`)
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
