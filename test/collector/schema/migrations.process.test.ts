import { type Table, tables } from '@spyglass/agent/contract'
import { Session } from 'chdb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { applySchema, type Migration, planSchema, rebuildTable, renameTable } from '../../../collector/src/schema/index.ts'
import { newDataFolder, removeFolder } from '../../support/store-process.ts'

const folder = newDataFolder()
let session: Session
beforeAll(() => {
  session = new Session(folder)
})
afterAll(() => {
  session.close()
  removeFolder(folder)
})

async function run(sql: string): Promise<string[][]> {
  const text = (await session.queryAsync(sql, { format: 'JSONCompactStringsEachRow' })).text().trim()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as string[])
}

const retention = { telemetryDays: 3650, rollupDays: 3650, pinnedDays: 3650 }
const before: readonly Table[] = [tables.events, tables.red_1m]
/** Another type, another key, another partitioning. */
const changed: Table = {
  ...tables.events,
  columns: tables.events.columns.map((column) => (column.name === 'Severity' ? { ...column, type: 'String' } : column)),
  partitionBy: 'toDate(Time)',
  orderBy: '(Name, Time, IncidentId)',
}
const rollup: Table = { ...tables.red_1m, name: 'red_minute' }
const after = [changed, rollup]
const first: Migration = { version: 1, name: 'first', statements: async () => [] }
const steps: readonly Migration[] = [
  first,
  { version: 2, name: 'events by day', statements: async (ask) => await rebuildTable(ask, changed, retention) },
  { version: 3, name: 'red_1m is red_minute', statements: async (ask) => await renameTable(ask, 'red_1m', 'red_minute') },
]
const schema = { tables: after, retention, migrations: steps }

async function startOver(): Promise<void> {
  await run('DROP DATABASE IF EXISTS spyglass')
  await applySchema(run, { tables: before, retention, migrations: [first] })
  await run(
    "INSERT INTO spyglass.events (Time, Name, Severity) SELECT toDateTime64('2060-01-01 00:00:00', 3) + number * 86400, 'kept', 'info' FROM numbers(40)",
  )
  await run("INSERT INTO spyglass.red_1m (Minute, SpanName, Requests) VALUES ('2060-01-01 00:00:00', 'GET /', 7)")
}
beforeEach(startOver)

async function expectMigrated(): Promise<void> {
  expect(await run("SELECT count(), uniqExact(Time) FROM spyglass.events WHERE Severity = 'info'")).toEqual([['40', '40']])
  expect(await run("SELECT type FROM system.columns WHERE database = 'spyglass' AND table = 'events' AND name = 'Severity'")).toEqual([
    ['String'],
  ])
  expect(await run("SELECT partition_key, sorting_key FROM system.tables WHERE database = 'spyglass' AND name = 'events'")).toEqual([
    ['toDate(Time)', 'Name, Time, IncidentId'],
  ])
  expect(await run('SELECT sum(Requests) FROM spyglass.red_minute')).toEqual([['7']])
  expect(await run("SELECT name FROM system.tables WHERE database = 'spyglass' ORDER BY name")).toEqual([
    ['events'],
    ['red_minute'],
    ['schema_migrations'],
  ])
  expect(await run("SELECT Version FROM spyglass.schema_migrations WHERE State = 'done' ORDER BY Version")).toEqual([['1'], ['2'], ['3']])
}

test('a changed type, key and name are migrated with all rows, once', async () => {
  const { statements } = await applySchema(run, schema)
  expect(statements).toContain('EXCHANGE TABLES spyglass.events AND spyglass.events__rebuilt')
  await expectMigrated()
  expect(await applySchema(run, schema)).toEqual({ statements: [] })
})

test('a dry run names the statements and changes nothing', async () => {
  const { statements } = await planSchema(run, schema)
  expect(statements).toContain('RENAME TABLE spyglass.red_1m TO spyglass.red_minute')
  expect(await run("SELECT name FROM system.tables WHERE database = 'spyglass' ORDER BY name")).toEqual([
    ['events'],
    ['red_1m'],
    ['schema_migrations'],
  ])
  expect(await run('SELECT Version FROM spyglass.schema_migrations')).toEqual([['1']])
})

test('a kill before any statement is made good by the next start', { timeout: 120_000 }, async () => {
  for (let step = 0; ; step++) {
    let left = step
    const killed = await applySchema(async (sql) => {
      if (!sql.startsWith('SELECT') && left-- <= 0) throw new Error('killed')
      return await run(sql)
    }, schema).catch((error: Error) => error)
    if (!(killed instanceof Error)) return
    await applySchema(run, schema)
    await expectMigrated()
    await startOver()
  }
})

test('the tables of a later version are refused, and stay as they are', async () => {
  await applySchema(run, schema)
  const older = { tables: before, retention, migrations: [first] }
  await expect(applySchema(run, older)).rejects.toMatchObject({
    code: 'SPY_STORE_SCHEMA_NEWER',
    message: expect.stringMatching(/version 3, .* up to 1:/) as string,
  })
  await expectMigrated()
})
