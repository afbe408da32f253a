import { tables } from '@spyglass/agent/contract'
import { Session } from 'chdb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applySchema } from '../../../collector/src/schema/index.ts'
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
const retention = { telemetryDays: 7, rollupDays: 30, pinnedDays: 90 }
const all = Object.values(tables)

test('all tables of the contract are made, and a second time changes nothing', async () => {
  expect(await applySchema(run, { tables: all, retention })).toEqual({ statements: [] })
  expect(await run("SELECT count() FROM system.tables WHERE database = 'spyglass'")).toEqual([[String(all.length + 1)]]) // and the record of migrations
  expect(await run('SELECT Version, State FROM spyglass.schema_migrations ORDER BY Version')).toEqual([
    ['1', 'done'],
    ['2', 'done'],
    ['3', 'done'],
  ])
  expect(await applySchema(run, { tables: all, retention })).toEqual({ statements: [] })
})

test('sums of buckets by key are merged by the engine', async () => {
  for (const [i, batch] of ['a', 'a', 'b'].entries())
    await run(
      `INSERT INTO spyglass.red_1m (Minute, Batch, Requests, DurationSum, Buckets) VALUES ('2100-01-01 00:00:00', '${batch}', 1, ${i}, map(-3, 1, 7, 2))`,
    )
  await run('OPTIMIZE TABLE spyglass.red_1m FINAL')
  expect(await run('SELECT Batch, Requests, Buckets FROM spyglass.red_1m ORDER BY Batch')).toEqual([
    ['a', '2', '{-3:2,7:4}'],
    ['b', '1', '{-3:1,7:2}'],
  ])
  expect(await run('SELECT sum(Requests), sumMap(Buckets) FROM spyglass.red_1m')).toEqual([['3', '{-3:3,7:6}']])
})

test('columns that an older table lacks are added in their place, with the rows kept', async () => {
  await run("INSERT INTO spyglass.events (Time, Name) VALUES (now64(3), 'kept')")
  await run('ALTER TABLE spyglass.events DROP COLUMN Holders')
  const { statements } = await applySchema(run, { tables: all, retention })
  expect(statements).toHaveLength(1)
  const columns = (await run("SELECT name FROM system.columns WHERE database = 'spyglass' AND table = 'events' ORDER BY position")).flat()
  expect(columns).toEqual(tables.events.columns.map(({ name }) => name))
  expect(await run('SELECT Name, Holders FROM spyglass.events')).toEqual([['kept', '']])
})

test('another retention is set on the tables that it concerns', async () => {
  const { statements } = await applySchema(run, { tables: all, retention: { ...retention, telemetryDays: 3 } })
  expect(statements).toHaveLength(all.filter(({ retention: kind }) => kind !== 'rollup' && kind !== 'pinned').length)
  const [[definition] = []] = await run("SELECT create_table_query FROM system.tables WHERE name = 'otel_traces'")
  expect(definition).toContain('toIntervalDay(3)')
  expect(await applySchema(run, { tables: all, retention: { ...retention, telemetryDays: 3 } })).toEqual({ statements: [] })
})
