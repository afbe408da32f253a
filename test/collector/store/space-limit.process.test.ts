import { tables } from '@spyglass/agent/contract'
import { Session } from 'chdb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { applySchema } from '../../../collector/src/schema/index.ts'
import type { StoreSession } from '../../../collector/src/store/session.ts'
import { createSpaceLimit, defaultMaxBytes } from '../../../collector/src/store/space-limit.ts'
import { newDataFolder, removeFolder } from '../../support/store-process.ts'

const folder = newDataFolder()
let session: Session
const retention = { telemetryDays: 30, rollupDays: 60, pinnedDays: 90 }
const TRACE = 'ab'.repeat(16)

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

const pool = {
  use: async <T>(work: (one: StoreSession) => Promise<T>): Promise<T> =>
    await work({
      query: async (sql: string, format: string) => ({ bytes: (await session.queryAsync(sql, { format })).bytes(), rows: 0 }),
    } as unknown as StoreSession),
}

/** Five days of spans and log records that do not compress, of which today's is the last; one trace on the first day is linked from a page. */
beforeEach(async () => {
  await run('DROP DATABASE IF EXISTS spyglass')
  await applySchema(run, { tables: Object.values(tables), retention })
  const noise = 'randomString(2000)'
  await run(
    `INSERT INTO spyglass.otel_traces (Timestamp, TraceId, SpanId, SpanName, StatusMessage) SELECT now64(9) - toIntervalDay(number % 5), if(number = 4, '${TRACE}', hex(number)), hex(number), 'GET /', ${noise} FROM numbers(500)`,
  )
  await run(
    `INSERT INTO spyglass.otel_logs (Timestamp, TraceId, Body) SELECT now64(9) - toIntervalDay(number % 5), if(number = 4, '${TRACE}', ''), ${noise} FROM numbers(500)`,
  )
  const holders = JSON.stringify([{ connection: 1, traceId: TRACE }])
  await run(`INSERT INTO spyglass.events (Time, Name, Holders) VALUES (now64(3), 'spyglass.alert.firing', '${holders}')`)
})

const daysIn = async (table: string): Promise<string> => (await run(`SELECT uniqExact(toDate(Timestamp)) FROM spyglass.${table}`))[0]![0]!
const bytes = async (): Promise<number> =>
  Number((await run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'spyglass'"))[0]![0])

test('above the limit the oldest days go first, of all tables, and no more than needed', async () => {
  const before = await bytes()
  const dropped: string[] = []
  const limit = createSpaceLimit({ pool, maxBytes: () => Math.floor(before * 0.7), retention, onDropped: ({ day }) => dropped.push(day) })
  await limit.tidy()
  limit.stop()
  expect([await daysIn('otel_traces'), await daysIn('otel_logs')]).toEqual(['3', '3'])
  expect(dropped).toHaveLength(4)
  expect(dropped).toEqual(dropped.toSorted())
  expect([limit.daysKept(), limit.partitionsDropped(), (await bytes()) <= limit.maxBytes]).toEqual([3, 4, true])
})

test('what a page links to survives the limit, once, and today is never dropped', async () => {
  const limit = createSpaceLimit({ pool, maxBytes: () => 1, retention })
  for (let i = 0; i < 3; i++) await limit.tidy()
  limit.stop()
  expect([await daysIn('otel_traces'), await daysIn('otel_logs')]).toEqual(['1', '1'])
  expect(await run(`SELECT TraceId, SpanName FROM spyglass.pinned_traces`)).toEqual([[TRACE, 'GET /']])
  expect(await run(`SELECT TraceId FROM spyglass.pinned_logs`)).toEqual([[TRACE]])
})

test('below the limit nothing is dropped', async () => {
  const limit = createSpaceLimit({ pool, maxBytes: () => 1e9, retention })
  await limit.tidy()
  limit.stop()
  expect([await daysIn('otel_traces'), limit.daysKept(), limit.partitionsDropped()]).toEqual(['5', 5, 0])
})

test('the default is a fifth of the disk, at most 20 GB', () => {
  expect(defaultMaxBytes(folder)).toBeLessThanOrEqual(20e9)
  expect(defaultMaxBytes(folder)).toBeGreaterThan(0)
})
