import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kinds } from '@spyglass/mbeans/kinds'
import { registerCollector } from '../../collector/src/collector-resource.ts'
import { runCollector } from '../../collector/src/collector.ts'
import { encodeOtlp } from '../support/otlp-proto.ts'
import { type CollectorProcess, spawnCollector, startCollector } from '../support/collector-process.ts'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../support/store-process.ts'
import { until } from '../support/until.ts'

let store: StoreProcess
let collector: CollectorProcess
const data = newDataFolder()
const fast = { sealTracesMs: 200, sealOthersMs: 200 }

beforeAll(async () => {
  store = await startStore({ data })
  collector = await startCollector({ data, storePort: store.port, collector: fast })
})

afterAll(async () => {
  await collector.kill('SIGKILL')
  await store.kill('SIGKILL')
  removeFolder(data)
})

const ask = async (sql: string): Promise<string> => (await store.ask(`${sql} FORMAT TabSeparated`)).text.trim()
const nanos = (): string => String(BigInt(Date.now()) * 1_000_000n)

async function post(path: string, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf' }
  return (await fetch(`${collector.url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) })).status
}

test('10,000 requests of an aggregate are 10,000 in the store', async () => {
  const bool = { key: 'spyglass.aggregates', value: { boolValue: true } }
  const dataPoints = Array.from({ length: 10 }, (_, i) => ({
    timeUnixNano: nanos(),
    count: '1000',
    sum: 1,
    scale: 4,
    positive: { offset: -100, bucketCounts: ['1000'] },
    attributes: [{ key: 'http.route', value: { stringValue: `/${i % 3}` } }],
  }))
  const metrics = [{ name: 'http.server.request.duration', exponentialHistogram: { aggregationTemporality: 1, dataPoints } }]
  expect(
    await post(
      '/v1/metrics',
      encodeOtlp('Metrics', { resourceMetrics: [{ resource: { attributes: [bool] }, scopeMetrics: [{ metrics }] }] }),
    ),
  ).toBe(200)
  await until(async () => (await ask('SELECT sum(Requests) FROM spyglass.red_1m')) === '10000')
  expect(await ask('SELECT arraySum(mapValues(sumMap(Buckets))) FROM spyglass.red_1m')).toBe('10000')
})

test('the server log and the access logs are stored once, over a kill of the collector as well', async () => {
  mkdirSync(join(data, 'logs', 'access'), { recursive: true })
  const lines = Array.from({ length: 500 }, (_, i) =>
    JSON.stringify({ level: 'info', time: new Date().toISOString(), process: 'x', msg: `line ${i}` }),
  )
  writeFileSync(join(data, 'logs', 'server.log'), `${lines.join('\n')}\n`)
  await until(async () => (await ask("SELECT count() FROM spyglass.otel_logs WHERE ServiceName = 'x'")) !== '0')
  await collector.kill('SIGKILL')
  writeFileSync(join(data, 'logs', 'server.log'), lines.map((line) => `${line.replace('line', 'more')}\n`).join(''), { flag: 'a' })
  collector = await startCollector({ data, storePort: store.port, port: collector.port, collector: fast })
  await until(async () => Number(await ask("SELECT count() FROM spyglass.otel_logs WHERE ServiceName = 'x'")) >= 1000)
  expect(await ask("SELECT count(), uniqExact(Body) FROM spyglass.otel_logs WHERE ServiceName = 'x'")).toBe('1000\t1000')
})

test('a body repeated after a restart is acknowledged and not stored again', async () => {
  const body = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'once', startTimeUnixNano: nanos() }] }] }] })
  expect(await post('/v1/traces', body)).toBe(200)
  await until(async () => (await ask("SELECT count() FROM spyglass.otel_traces WHERE SpanName = 'once'")) === '1')
  await collector.kill('SIGKILL')
  collector = await startCollector({ data, storePort: store.port, port: collector.port, collector: fast })
  expect(await post('/v1/traces', body)).toBe(200)
  expect(
    await post(
      '/v1/traces',
      encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'after', startTimeUnixNano: nanos() }] }] }] }),
    ),
  ).toBe(200)
  await until(async () => (await ask("SELECT count() FROM spyglass.otel_traces WHERE SpanName = 'after'")) === '1')
  expect(await ask("SELECT count() FROM spyglass.otel_traces WHERE SpanName = 'once'")).toBe('1')
})

test('while the store is away requests are acknowledged, and stored when it is back', async () => {
  await store.kill('SIGKILL')
  expect(
    await post(
      '/v1/traces',
      encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'away', startTimeUnixNano: nanos() }] }] }] }),
    ),
  ).toBe(200)
  store = await startStore({ data, port: store.port })
  await until(async () => (await ask("SELECT count() FROM spyglass.otel_traces WHERE SpanName = 'away'")) === '1')
})

test('a taken port ends the second collector with one clear line and leaves the log alone', async () => {
  const second = await spawnCollector({ data, storePort: store.port, port: collector.port })
  const [code] = (await once(second.child, 'exit')) as [number]
  expect(code).toBe(1)
  expect(second.output()).toMatch(new RegExp(`SPY_PORT_TAKEN: port ${collector.port} `))
})

test('SIGTERM stores what is in hand and ends with 0', async () => {
  expect(
    await post(
      '/v1/traces',
      encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'last', startTimeUnixNano: nanos() }] }] }] }),
    ),
  ).toBe(200)
  await collector.kill('SIGTERM')
  expect(collector.child.exitCode).toBe(0)
  expect(await ask("SELECT count() FROM spyglass.otel_traces WHERE SpanName = 'last'")).toBe('1')
})

test('the doors of the process are there, and its kind is declared', () => {
  expect([typeof runCollector, typeof registerCollector, kinds.collector.name]).toEqual(['function', 'function', 'collector'])
})
