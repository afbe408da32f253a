import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../../support/agent-process.ts'
import { type CollectorProcess, startCollector } from '../../../support/collector-process.ts'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'
import { until } from '../../../support/until.ts'

const data = newDataFolder()
let store: StoreProcess
let collector: CollectorProcess

beforeAll(async () => {
  store = await startStore({ data })
  collector = await startCollector({ data, storePort: store.port, collector: { sealTracesMs: 200, sealOthersMs: 200 } })
})

afterAll(async () => {
  await collector.kill('SIGKILL')
  await store.kill('SIGKILL')
  removeFolder(data)
})

const SECRET = 'the secret of a test'

/** Two services, of which the first calls the second; nothing is kept for comparison. */
async function startChain(endpoint: string, env: Readonly<Record<string, string>> = {}) {
  const common = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, SPYGLASS_BASELINE_PER_MINUTE: '0', SPYGLASS_SLOW_REQUEST_MS: '5000', ...env }
  const start = async (name: string, own: Readonly<Record<string, string>>): Promise<string> => {
    const application = startApplication('chain.mjs', { env: { ...common, OTEL_SERVICE_NAME: name, ...own } })
    return `http://127.0.0.1:${(await messageOf<{ readonly port: number }>(application)).port}`
  }
  const behind = await start('behind', {})
  return {
    front: await start('front', { NEXT: behind, SPYGLASS_SLOW_REQUEST_MS: '1' }),
    quick: await start('quick', { NEXT: behind }),
    behind,
  }
}

/** Services, spans and reasons of each trace that has a span of that path, as the store has them. */
async function traces(path: string): Promise<readonly string[]> {
  const { text } = await store.ask(
    `SELECT arrayStringConcat(arraySort(groupArray(ServiceName || ' ' || SpanAttributes['spyglass.keep.reason'])), ', ') FROM otel_traces
     WHERE SpanKind = 'Server' AND SpanAttributes['url.path'] = '${path}' GROUP BY TraceId FORMAT TabSeparated`,
  )
  return text.trim().split('\n').filter(Boolean)
}

/** The two services send on their own, so that one may be stored before the other. */
const isWhole = (trace: string): boolean => trace.includes('behind') && trace.includes(', ')

test('the fast child of a slow parent is stored, in the trace of its parent', async () => {
  const { front } = await startChain(collector.url, { SPYGLASS_METRICS_INTERVAL_MS: '3000' })
  // What ends before the collector has said that it passes wishes on is not held.
  const found = await until(async () => {
    await fetch(`${front}/slow?ms=20`)
    return (await traces('/slow')).find(isWhole)
  })
  expect(found).toBe('behind trace, front slow')
}, 180_000)

test('who knows the secret has a fast request kept, with what it calls; nobody else has', async () => {
  const { quick } = await startChain(collector.url, { SPYGLASS_KEEP_SECRET: SECRET })
  const none = await startChain(collector.url)
  const get = (url: string, secret: string) => fetch(url, { headers: { 'spyglass-keep-secret': secret } })
  await get(`${quick}/guessed`, SECRET.replace('t', 'T'))
  await get(`${none.quick}/guessed`, SECRET)
  await fetch(`${none.quick}/guessed`, {
    headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: `spyglass=k:f;m:${'0'.repeat(16)},x=1` },
  })
  await get(`${quick}/forced`, SECRET)
  expect(await until(async () => (await traces('/forced')).find(isWhole))).toBe('behind forced, quick forced')
  // A proof of the secret that is none is a wish of the caller, like others.
  expect(await until(async () => (await traces('/guessed')).find(isWhole))).toBe('behind trace, quick trace')
  expect((await traces('/guessed')).length).toBe(1)
}, 180_000)

test('with a collector that does not know of it nothing more is sent, and it is not asked again', async () => {
  const sink = await sinkForTest()
  const { front } = await startChain(sink.endpoint, { SPYGLASS_METRICS_INTERVAL_MS: '300' })
  await until(async () => {
    await fetch(`${front}/slow?ms=20`)
    return sink.spans.filter(({ name }) => name === 'GET /slow').length > 5
  })
  const names = sink.resources.map((resource) => resource['service.name'])
  await until(() => sink.bodies.length > names.length + 10)
  expect(new Set(sink.spans.map(({ attributes }) => attributes['spyglass.keep.reason']).filter(Boolean))).toEqual(new Set(['slow']))
  expect(sink.bodies.filter(({ headers }) => headers['spyglass-wishes'] !== undefined).length).toBeLessThanOrEqual(3)
}, 120_000)
