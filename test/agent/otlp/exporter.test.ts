import net, { type AddressInfo } from 'node:net'
import { expect, test, type TestContext } from 'vitest'
import { type OtlpExporterOptions, createOtlpExporter } from '@spyglass/agent/otlp'
import { type OtlpSink, startOtlpSink } from '../../support/otlp-sink.ts'

const log = { timeMs: 1_700_000_000_000, severityNumber: 9, body: 'hello' }
const span = { traceId: '01'.repeat(16), spanId: '01'.repeat(8), name: 'n', kind: 1, startMs: 1, endMs: 2 } as const
const metric = { type: 'gauge', name: 'g', points: [{ timeMs: 1, value: 1 }] } as const

async function prepared({ onTestFinished }: TestContext, options: Partial<OtlpExporterOptions> = {}) {
  const sink: OtlpSink = await startOtlpSink()
  const exporter = createOtlpExporter({ endpoint: sink.endpoint, resource: { 'service.name': 'shop' }, intervalMs: 60_000, ...options })
  onTestFinished(async () => {
    await exporter.stop(1)
    await sink.stop()
  })
  return { sink, exporter }
}

test('spans, metrics and logs arrive at their own paths under one resource', async (context) => {
  const { sink, exporter } = await prepared(context)
  exporter.exportSpans([span])
  exporter.exportMetrics([metric])
  exporter.exportLogs([log])
  await exporter.flush(2000)
  expect(sink.bodies.map(({ path }) => path).sort()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
  expect([sink.spans.length, sink.points.length, sink.logs.length]).toEqual([1, 1, 1])
  expect(sink.resources).toEqual(Array.from({ length: 3 }, () => ({ 'service.name': 'shop' })))
  expect(exporter.stats).toMatchObject({ sent: 3, waitingBytes: 0 })
})

test('a receiver that is busy or away gets the same bytes again', async (context) => {
  const { sink, exporter } = await prepared(context)
  sink.answers.push(...[429, 502, 503, 504].map((status) => ({ status })))
  exporter.exportLogs([log])
  for (let time = 0; time < 4; time++) {
    await exporter.flush(2000)
    expect(exporter.isFailing).toBe(true)
  }
  await exporter.flush(2000)
  expect(exporter.isFailing).toBe(false)
  expect(sink.bodies.length).toBe(5)
  expect(new Set(sink.bodies.map(({ body }) => body.toString('hex'))).size).toBe(1)
  expect(sink.logs.length).toBe(1)
})

test('what is refused for good is counted and not sent again', async (context) => {
  const { sink, exporter } = await prepared(context)
  sink.answers.push({ status: 400 })
  exporter.exportLogs([log, log])
  await exporter.flush(2000)
  await exporter.flush(2000)
  expect(sink.bodies.length).toBe(1)
  expect(exporter.stats).toMatchObject({ droppedRefused: 2, sent: 0 })
})

test('with nobody there the queue stays within its bytes and drops are counted', async (context) => {
  const { exporter } = await prepared(context, { endpoint: 'http://127.0.0.1:1', queueBytes: 10_000 })
  for (let count = 0; count < 1000; count++) exporter.exportLogs([log])
  expect(exporter.stats.waitingBytes).toBeLessThanOrEqual(10_000)
  await exporter.flush(1000)
  expect(exporter.stats.droppedQueueFull).toBeGreaterThan(500)
  expect(exporter.stats.sent).toBe(0)
})

test('a flush towards a black hole ends in its time', async (context) => {
  const hole = net.createServer(() => {})
  await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve))
  context.onTestFinished(() => void hole.close())
  const { exporter } = await prepared(context, { endpoint: `http://127.0.0.1:${(hole.address() as AddressInfo).port}` })
  exporter.exportLogs([log])
  await exporter.flush(100) // nobody answers, so only its own time can end this
  expect(exporter.stats.sent).toBe(0)
})

test('a waiting record is held by its number until it is answered, and the journal is called before it is sent', async (context) => {
  const { sink, exporter } = await prepared(context)
  const heard: unknown[] = []
  exporter.journal = {
    taken: () => heard.push('taken'),
    sending: (...args) => heard.push(['sending', ...args, sink.bodies.length]),
    done: (...args) => heard.push(['done', ...args]),
  }
  exporter.exportLogs([log, log, log])
  expect(exporter.held('logs', 1)).toMatchObject({ first: 2, records: [{}, {}], sending: undefined })
  await exporter.flush(2000)
  expect(heard).toEqual(['taken', 'taken', 'taken', ['sending', 'logs', 1, 3, 0], ['done', 'logs', 3]])
  expect(exporter.held('logs', 3)).toEqual({ first: 4, records: [], sending: undefined })
})

test('requests of another process are sent as they are', async (context) => {
  const { sink, exporter } = await prepared(context)
  const body = Buffer.from('what another process encoded')
  sink.answers.push({ status: 202 }, { status: 202 })
  expect(
    await exporter.sendFor([
      { signal: 'traces', body },
      { signal: 'logs', body },
    ]),
  ).toBe(true)
  expect(sink.bodies.map(({ path, body: sent }) => [path, sent])).toEqual([
    ['/v1/traces', body],
    ['/v1/logs', body],
  ])
  expect(exporter.stats.sent).toBe(0)
})

test('a record that cannot be written costs itself and no other', async (context) => {
  const { sink, exporter } = await prepared(context)
  exporter.exportLogs([log, { ...log, body: undefined as unknown as string, timeMs: Number.NaN }, log])
  await exporter.flush(2000)
  expect(sink.logs.length).toBe(2)
  expect(exporter.stats.droppedUnencodable).toBe(1)
})

test('headers go out with every request, and only answers with success are passed on', async (context) => {
  const { sink, exporter } = await prepared(context)
  const heard: unknown[] = []
  let sent = 0
  exporter.postHeaders = {
    headers: () => ({ 'x-turn': String(++sent) }),
    answered: (headers, answer) => void heard.push([headers, answer.get('x-answer')]),
  }
  sink.answers.push({ status: 503 }, { status: 200, headers: { 'x-answer': 'yes' } }, { status: 400 })
  exporter.exportLogs([log])
  for (let turn = 0; turn < 2; turn++) await exporter.flush(2000)
  exporter.exportLogs([log])
  await exporter.flush(2000)
  expect(sink.bodies.map(({ headers }) => headers['x-turn'])).toEqual(['1', '2', '3'])
  expect(heard).toEqual([[{ 'x-turn': '2' }, 'yes']])
})

test('an endpoint that is no URL is refused by code', () => {
  expect(() => createOtlpExporter({ endpoint: 'collector:4318', resource: {} })).toThrow(
    expect.objectContaining({ code: 'SPY_OTLP_ENDPOINT' }),
  )
})
