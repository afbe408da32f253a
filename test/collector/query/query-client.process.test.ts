import { SpyglassConfig } from '@spyglass/process/config'
import { text as textOf } from 'node:stream/consumers'
import { apiQueries, parametersOf, apiSql } from '@spyglass/dashboards'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createQueryClient, timeParameter } from '../../../collector/src/query/index.ts'
import { removeFolder, startStore, type StoreProcess } from '../../support/store-process.ts'
import { redRows } from '../console/world.ts'

let store: StoreProcess

beforeAll(async () => {
  store = await startStore()
})

afterAll(async () => {
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

const config = () => SpyglassConfig.parse({ store: { port: store.port, queryTimeoutMs: 30_000 } })
const now = Date.now()
const parameters = {
  from: timeParameter(now - 3_600_000),
  to: timeParameter(now),
  service: '',
  limit: 10,
  step: 60,
  pool: '',
  search: "it's",
  traceId: 'a'.repeat(32),
  route: '',
  keepReason: '',
  order: '',
  instance: '',
  metric: 'v8js.memory.heap.used',
  offset: 0,
  incident: 'none',
  file: 'src/orders.ts',
  line: 41,
}

test('every query of the API runs in the store with the parameters of the console', async () => {
  const client = createQueryClient({ config: config(), secrets: store.secrets })
  for (const name of apiQueries) {
    const wanted = Object.keys(parametersOf(apiSql(name)))
    expect(wanted.filter((parameter) => !(parameter in parameters))).toEqual([])
    expect(await client.rows(name, { parameters })).toEqual([])
  }
  await client.stop()
})

test('counters are numbers and times are milliseconds, whatever the zone', async () => {
  const minute = now - (now % 60_000)
  const rows = redRows([{ time: minute, route: 'GET /', requests: 10_000, errors: 3, ms: 5 }], 'numbers')
  const { status } = await store.own('INSERT INTO spyglass.red_1m FORMAT JSONEachRow', {
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  })
  expect(status).toBe(200)
  const client = createQueryClient({ config: config(), secrets: store.secrets })
  const [row] = await client.rows('red-series', { parameters: { ...parameters, service: 'numbers' } })
  expect(row).toMatchObject({ time: minute, requests: 10_000, errors: 3 })
  expect(row?.['p50']).toBeGreaterThan(4)
  await client.stop()
})

test('rows are handed on as text that makes the same rows', async () => {
  const spans = Array.from({ length: 3000 }, (_, i) => ({
    Timestamp: (now - i) * 1e6,
    TraceId: 'b'.repeat(32),
    SpanId: String(i).padStart(16, '0'),
    SpanName: 'a "line"\r\nand another',
    Duration: i,
  }))
  const body = spans.map((span) => JSON.stringify(span)).join('\n')
  expect((await store.own('INSERT INTO spyglass.otel_traces FORMAT JSONEachRow', { body })).status).toBe(200)
  const client = createQueryClient({ config: config(), secrets: store.secrets })
  const asked = { parameters: { ...parameters, traceId: 'b'.repeat(32), limit: 10_000 } }
  const text = await textOf(await client.rowText('trace-spans', asked))
  const rows = await client.rows('trace-spans', asked)
  expect(rows).toHaveLength(3000)
  expect(JSON.parse(`[${text}]`)).toEqual(rows)
  const none = await client.rowText('trace-spans', { parameters: { ...parameters, traceId: 'c'.repeat(32) } })
  expect(await textOf(none)).toBe('')
  await expect(client.rowText('trace-spans', { ...asked, timeoutMs: 0 })).rejects.toMatchObject({ code: 'SPY_QUERY_TIMEOUT' })
  await client.stop()
})

test('a wrong password, an unreachable store and a query that takes too long are reported by their codes', async () => {
  const reader = { user: 'spyglass_ro', password: 'not the password' }
  const wrong = createQueryClient({ config: config(), secrets: { clickhouse: { reader } } })
  await expect(wrong.rows('services', { parameters })).rejects.toMatchObject({ code: 'SPY_QUERY_REFUSED' })
  const away = createQueryClient({
    config: SpyglassConfig.parse({ store: { port: 9, queryTimeoutMs: 1000 } }),
    secrets: store.secrets,
  })
  await expect(away.rows('services', { parameters })).rejects.toMatchObject({ code: 'SPY_QUERY_UNREACHABLE' })
  const client = createQueryClient({ config: config(), secrets: store.secrets })
  await expect(client.rows('services', { parameters, timeoutMs: 0 })).rejects.toMatchObject({ code: 'SPY_QUERY_TIMEOUT' })
  await Promise.all([wrong, away, client].map((one) => one.stop()))
})
