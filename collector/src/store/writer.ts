/**
 * Writes data into tables. The engine reads the file itself, from the page cache into which the collector wrote it: passing the bytes
 * through this process would cost about 3 ms of CPU for each megabyte. A body is first written to a file and then takes the same path.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE, tables } from '@spyglass/agent/contract'
import { refuse } from './clickhouse-error.ts'
import type { InsertFormat, InsertStatement } from './insert-statement.ts'
import { segmentFiles } from './segment-files.ts'
import type { StoreSession } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import { identifier, stringLiteral } from './sql-literal.ts'

export interface Written {
  /** Rows of the data. Data that was written before is not written again, and counts all the same. */
  readonly rows: number
  readonly bytes: number
}

export interface Writer {
  /** Inserts the files that segments have of one table, all in one; a second time with the same `token` does nothing. */
  insertSegments(segments: readonly string[], statement: InsertStatement, token: string | undefined): Promise<Written>
  /** Inserts data sent as a body; a repeated `token` does nothing. */
  insertBody(body: Uint8Array, statement: InsertStatement, token: string | undefined): Promise<Written>
  readonly segmentsInserted: number
}

export interface WriterOptions {
  readonly pool: SessionPool
  /** Folder of the write-ahead log. */
  readonly wal: string
  /** Folder for temporary body files. */
  readonly scratch: string
  /** Whether the tables can only be read now. */
  readonly isReadOnly: () => boolean
}

interface Source {
  readonly path: string
  readonly statement: InsertStatement
  readonly token: string | undefined
}

export function createWriter({ pool, wal, scratch, isReadOnly }: WriterOptions): Writer {
  const insert = (source: Source): Promise<Written> =>
    pool.use(async (session) => {
      if (isReadOnly()) throw refuse('TABLE_IS_READ_ONLY', 'The disk of the store is read-only')
      return insertFile(session, source)
    })
  let segmentsInserted = 0
  let bodies = 0

  return {
    get segmentsInserted() {
      return segmentsInserted
    },
    async insertSegments(segments, statement, token = `${segments.join(',')}/${statement.table}`) {
      const path = await segmentFiles(wal, segments, statement.table)
      const written = await insert({ path, statement, token })
      segmentsInserted += segments.length
      return written
    },
    async insertBody(body, statement, token) {
      if (body.length === 0) return { rows: 0, bytes: 0 }
      const path = join(scratch, `body-${process.pid}-${++bodies}`)
      try {
        await writeFile(path, body, { mode: 0o600 })
        return await insert({ path, statement, token })
      } finally {
        await rm(path, { force: true })
      }
    },
  }
}

/** Columns go by name: a file may lack columns, which then take their defaults, and hold them in any order, but none that is unknown. */
async function insertFile(session: StoreSession, { path, statement, token }: Source): Promise<Written> {
  const { table, format } = statement
  const columns = statement.columns ?? (await columnsOf(session, path, format))
  const types = new Map(tables[table].columns.map(({ name, type }) => [name, type]))
  const structure = columns.map((name) => {
    const type = types.get(name)
    if (type === undefined) throw refuse('INCORRECT_DATA', `The data for ${table} has a column ${name}, which the table does not have`)
    return `${identifier(name)} ${plainType(type)}`
  })
  const names = columns.map(identifier).join(', ')
  const file = `file(${stringLiteral(path)}, ${format}, ${stringLiteral(structure.join(', '))})`
  // Without a token the engine would take two inserts of the same rows for one and drop the second.
  const settings = token === undefined ? 'insert_deduplicate = 0' : `insert_deduplication_token = ${stringLiteral(token)}`
  await session.query(`INSERT INTO ${DATABASE}.${table} (${names}) SETTINGS ${settings} SELECT ${names} FROM ${file}`, 'Null')
  return { rows: await rowsOf(session, path, format), bytes: 0 }
}

/** A file holds plain values: an aggregate column's rows are written as the type inside. */
const plainType = (type: string): string => /^SimpleAggregateFunction\(\w+, (.*)\)$/.exec(type)?.[1] ?? type

async function columnsOf(session: StoreSession, path: string, format: InsertFormat): Promise<string[]> {
  const { bytes } = await session.query(`DESCRIBE TABLE file(${stringLiteral(path)}, ${format})`, 'JSONCompactEachRow')
  return Buffer.from(bytes)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => String((JSON.parse(line) as unknown[])[0]))
}

async function rowsOf(session: StoreSession, path: string, format: InsertFormat): Promise<number> {
  const { bytes } = await session.query(`SELECT count() FROM file(${stringLiteral(path)}, ${format})`, 'TSV')
  return Number(Buffer.from(bytes).toString('utf8'))
}
