/**
 * Changes of the schema that adding a column cannot express: another type or key, another name. Each is a numbered step that is recorded in
 * the database; a start runs those that are missing, in order. A step consists of statements that lead on from whatever state a kill left,
 * so it is repeated until it is recorded as done. The engine acts as the lock, because it opens a folder only once.
 */
import { DATABASE, type TableName } from '@spyglass/agent/contract'
import type { RunStatement } from './ddl.ts'
import { fail } from './errors.ts'

export interface Migration {
  /** From 1, without gaps, never reused. */
  readonly version: number
  readonly name: string
  /** What is still to do. Asked again after a kill. */
  readonly statements: (run: RunStatement) => Promise<readonly string[]>
}

/** Version 1 is the schema of Spyglass 0.1, which did not number it. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'the schema of version 0.1', statements: async () => [] },
  {
    version: 2,
    name: 'rollups are counted by server and application',
    statements: async (run) => [...(await withServer(run, 'red_1m')), ...(await withServer(run, 'sql_1m'))],
  },
  {
    version: 3,
    name: 'requests are counted by version',
    statements: (run) => withColumns(run, 'red_1m', { after: 'Application', names: ['Version'] }),
  },
]

const withServer = (run: RunStatement, table: TableName): Promise<readonly string[]> =>
  withColumns(run, table, { after: 'Batch', names: ['Server', 'Application'] })

/** A sorting key can be extended by columns that are added in the same statement; nothing is rewritten. */
async function withColumns(
  run: RunStatement,
  table: TableName,
  { after, names }: { readonly after: string; readonly names: readonly string[] },
): Promise<readonly string[]> {
  const [[key] = []] = await run(`SELECT sorting_key FROM system.tables WHERE database = '${DATABASE}' AND name = '${table}'`)
  if (key === undefined || names.every((name) => key.split(', ').includes(name))) return []
  const columns = names.map(
    (name, at) => `ADD COLUMN IF NOT EXISTS \`${name}\` LowCardinality(String) CODEC(ZSTD(1)) AFTER \`${names[at - 1] ?? after}\``,
  )
  return [`ALTER TABLE ${DATABASE}.${table} ${columns.join(', ')}, MODIFY ORDER BY (${[key, ...names].join(', ')})`]
}

const TABLE = `${DATABASE}.schema_migrations`
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (Version UInt32, Name String, State String, Time DateTime64(3) DEFAULT now64(3)) ENGINE = MergeTree ORDER BY (Version, Time)`

/** Missing statements, by step. Reads only. @throws SPY_STORE_SCHEMA_NEWER */
export async function plannedMigrations(run: RunStatement, steps: readonly Migration[] = migrations): Promise<readonly Step[]> {
  const { begun, done } = await recorded(run)
  const known = steps.at(-1)?.version ?? 0
  if (begun > known) throw fail('SPY_STORE_SCHEMA_NEWER', [begun, known])
  const missing = steps.filter(({ version }) => version > done)
  return await Promise.all(missing.map(async (migration) => ({ migration, statements: await migration.statements(run) })))
}

export interface Step {
  readonly migration: Migration
  readonly statements: readonly string[]
}

/** Runs what is missing and records it; returns the statements. @throws SPY_STORE_SCHEMA_NEWER */
export async function migrate(run: RunStatement, steps: readonly Migration[] = migrations): Promise<readonly string[]> {
  const ran: string[] = []
  const isNew = !(await hasTables(run))
  const planned = await plannedMigrations(run, steps)
  if (planned.length > 0) await run(CREATE)
  for (const { migration } of planned) {
    if (!isNew) {
      await record(run, migration, 'begun')
      for (const statement of await migration.statements(run)) {
        await run(statement)
        ran.push(statement)
      }
    }
    await record(run, migration, 'done')
  }
  return ran
}

async function record(run: RunStatement, { version, name }: Migration, state: 'begun' | 'done'): Promise<void> {
  await run(`INSERT INTO ${TABLE} (Version, Name, State) VALUES (${version}, '${name.replaceAll("'", "''")}', '${state}')`)
}

async function hasTables(run: RunStatement): Promise<boolean> {
  return (await run(`SELECT count() FROM system.tables WHERE database = '${DATABASE}'`))[0]?.[0] !== '0'
}

/** An unfinished version also blocks an older program: its tables may be half migrated. */
async function recorded(run: RunStatement): Promise<{ begun: number; done: number }> {
  const [[count] = []] = await run(`SELECT count() FROM system.tables WHERE database = '${DATABASE}' AND name = 'schema_migrations'`)
  if (count === '0') return { begun: 0, done: 0 }
  const [[begun, done] = []] = await run(`SELECT max(Version), maxIf(Version, State = 'done') FROM ${TABLE}`)
  return { begun: Number(begun), done: Number(done) }
}
