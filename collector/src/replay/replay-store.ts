/** The engine of the store in a temporary folder, for as long as recordings are played: the tables and queries are those of a server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DATABASE, type Table, tables } from '@spyglass/agent/contract'
import { apiSql, type ApiQueryName } from '@spyglass/dashboards'
import type { QueryClient, QueryOptions, Row } from '../query/index.ts'
import { createDatabase } from '../schema/index.ts'
import { prepareEngine, sessionOpener } from '../store/engine/chdb.ts'
import { stringLiteral } from '../store/sql-literal.ts'

export interface ReplayStore extends QueryClient {
  /** Runs a statement that gives no rows. */
  run(sql: string): Promise<void>
  /** Rows of a statement. */
  select(sql: string): Promise<readonly Row[]>
}

const MEMORY_BYTES = 2 * 1024 ** 3
const USED = [tables.red_1m, tables.sql_1m, tables.events, tables.otel_metrics_gauge, tables.otel_metrics_sum]

/** Changes the working directory of the process. */
export async function openReplayStore(): Promise<ReplayStore> {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-rules-test-'))
  const open = sessionOpener(
    prepareEngine({ path: join(folder, 'data'), workingFolder: join(folder, 'engine'), maxMemoryBytes: MEMORY_BYTES }),
  )
  const session = open({ max_threads: 1, output_format_json_quote_64bit_integers: 0 })
  const run = async (sql: string): Promise<void> => void (await session.query(sql, 'Null'))
  const select = async (sql: string): Promise<readonly Row[]> => rowsIn((await session.query(sql, 'JSONEachRow')).bytes)
  await run(createDatabase())
  for (const table of USED) await run(inMemory(table))
  await run(`USE ${DATABASE}`)
  const ask = async (name: ApiQueryName, parameters: QueryOptions['parameters']): Promise<readonly Row[]> => {
    const assignments = Object.entries(parameters).map(([parameter, value]) => `param_${parameter} = ${stringLiteral(String(value))}`)
    await run(`SET ${assignments.join(', ')}`)
    return await select(textOf(name))
  }
  // One after the other: they share the parameters of the session.
  let last: Promise<readonly Row[]> = Promise.resolve([])
  return {
    run,
    select,
    rows: (name, { parameters }) => (last = last.then(() => ask(name, parameters))),
    async stop() {
      session.close()
      process.chdir(tmpdir())
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The columns of the store's table. It is written each ten seconds of a recording: parts on a disk, and their merges, would be most of the work. */
const inMemory = ({ name, columns }: Table): string =>
  `CREATE TABLE ${DATABASE}.${name} (${columns.map(columnText).join(', ')}) ENGINE = Memory`

const columnText = ({ name, type, default: expression }: Table['columns'][number]): string =>
  `\`${name}\` ${type}${expression === undefined ? '' : ` DEFAULT ${expression}`}`

const texts = new Map<ApiQueryName, string>()

/** Rendered once: thousands of looks ask the same. */
function textOf(name: ApiQueryName): string {
  const text = texts.get(name) ?? apiSql(name)
  texts.set(name, text)
  return text
}

function rowsIn(bytes: Uint8Array): readonly Row[] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Row)
}
