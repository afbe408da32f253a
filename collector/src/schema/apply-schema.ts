/** Makes the database and the tables that are missing, adds columns that are new and sets the retention; a second time does nothing. */
import { DATABASE, type Table } from '@spyglass/agent/contract'
import { addColumns, createDatabase, createTable, modifyTimeToLive, type Retention, timeToLive } from './ddl.ts'

/** Runs a statement and gives its rows, each a list of texts. */
export type RunStatement = (sql: string) => Promise<readonly (readonly string[])[]>

export interface SchemaChange {
  readonly statements: readonly string[]
}

/** Applies the tables; says which statements changed something that was there before. */
export async function applySchema(run: RunStatement, tables: readonly Table[], retention: Retention): Promise<SchemaChange> {
  await run(createDatabase())
  for (const table of tables) await run(createTable(table, retention))
  const columns = await presentColumns(run)
  const definitions = new Map((await run(`SELECT name, create_table_query FROM system.tables WHERE database = '${DATABASE}'`)).map(pair))
  const statements = tables.flatMap((table) => [
    ...addColumns(table, columns.get(table.name) ?? new Set()),
    ...(definitions.get(table.name)?.includes(`TTL ${timeToLive(table, retention)}`) ? [] : [modifyTimeToLive(table, retention)]),
  ])
  for (const statement of statements) await run(statement)
  return { statements }
}

async function presentColumns(run: RunStatement): Promise<Map<string, Set<string>>> {
  const columns = new Map<string, Set<string>>()
  for (const row of await run(`SELECT table, name FROM system.columns WHERE database = '${DATABASE}'`)) {
    const [table, name] = pair(row)
    const names = columns.get(table) ?? new Set()
    columns.set(table, names.add(name))
  }
  return columns
}

const pair = ([first = '', second = '']: readonly string[]): [string, string] => [first, second]
