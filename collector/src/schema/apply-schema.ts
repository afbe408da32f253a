/**
 * Creates missing databases and tables, runs missing migrations, adds new columns and sets the
 * retention; a second time does nothing.
 */
import { DATABASE, type Table } from '@spyglass/agent/contract'
import { addColumns, createDatabase, createTable, modifyTimeToLive, type Retention, type RunStatement, timeToLive } from './ddl.ts'
import { migrate, type Migration, plannedMigrations } from './migrations.ts'

export interface SchemaChange {
  readonly statements: readonly string[]
}

export interface SchemaOptions {
  readonly tables: readonly Table[]
  readonly retention: Retention
  /** Default: those of this version. */
  readonly migrations?: readonly Migration[]
}

/**
 * Applies the schema; returns the statements that changed existing tables.
 * @throws SPY_STORE_SCHEMA_NEWER
 */
export async function applySchema(run: RunStatement, { tables, retention, migrations }: SchemaOptions): Promise<SchemaChange> {
  await run(createDatabase())
  const migrated = await migrate(run, migrations)
  for (const table of tables) await run(createTable(table, retention))
  const statements = await alterations(run, tables, retention)
  for (const statement of statements) await run(statement)
  return { statements: [...migrated, ...statements] }
}

/**
 * What {@link applySchema} would run, without running it. A migration that builds on one before it is planned from the current state.
 * @throws SPY_STORE_SCHEMA_NEWER
 */
export async function planSchema(run: RunStatement, { tables, retention, migrations }: SchemaOptions): Promise<SchemaChange> {
  const present = new Set((await run(`SELECT name FROM system.tables WHERE database = '${DATABASE}'`)).flat())
  const steps = present.size === 0 ? [] : await plannedMigrations(run, migrations)
  const missing = tables.filter(({ name }) => !present.has(name))
  const others = tables.filter(({ name }) => present.has(name))
  return {
    statements: [
      ...steps.flatMap(({ statements }) => statements),
      ...missing.map((table) => createTable(table, retention)),
      ...(await alterations(run, others, retention)),
    ],
  }
}

/** Columns and retention. */
async function alterations(run: RunStatement, tables: readonly Table[], retention: Retention): Promise<string[]> {
  const columns = await presentColumns(run)
  const definitions = new Map((await run(`SELECT name, create_table_query FROM system.tables WHERE database = '${DATABASE}'`)).map(pair))
  return tables.flatMap((table) => [
    ...addColumns(table, columns.get(table.name) ?? new Set()),
    ...(definitions.get(table.name)?.includes(`TTL ${timeToLive(table, retention)}`) ? [] : [modifyTimeToLive(table, retention)]),
  ])
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
