import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpanInput, spanRows, startWorld, traceTimes, type World } from './world.ts'

const SPANS = 50_000
const traceId = 'e'.repeat(32)
let world: World

beforeAll(async () => {
  world = await startWorld()
  const start = Date.now() - 60_000
  const spans = Array.from({ length: SPANS }, (_, i): SpanInput => {
    const spanId = String(i).padStart(16, '0')
    return { traceId, spanId, name: 'SELECT', start: start + (i % 1000), ms: 1, attributes: { 'db.query.text': 'SELECT '.repeat(20) } }
  })
  for (let at = 0; at < SPANS; at += 10_000) await world.insert('otel_traces', spanRows(spans.slice(at, at + 10_000)))
  await world.insert('otel_traces_trace_id_ts', traceTimes(spans))
})
afterAll(() => world[Symbol.asyncDispose]())

function trace(id: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const { user, password } = world.secrets.console
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return fetch(`${world.url}/api/v1/trace/${id}`, { headers: { authorization, ...headers } })
}

test.each(['gzip', 'identity'])('a trace of 50,000 spans comes whole (%s)', async (encoding) => {
  const response = await trace(traceId, { 'accept-encoding': encoding })
  expect([response.status, response.headers.get('content-encoding')]).toEqual([200, encoding === 'gzip' ? 'gzip' : null])
  const answer = (await response.json()) as { traceId: string; spans: { spanId: string }[]; logs: unknown[] }
  expect([answer.traceId, answer.spans.length, answer.logs]).toEqual([traceId, SPANS, []])
  expect(new Set(answer.spans.map(({ spanId }) => spanId)).size).toBe(SPANS)
})

test('meanwhile the process stays free for what others send', async () => {
  let longestMs = 0
  let last = process.threadCpuUsage()
  const beat = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    last = process.threadCpuUsage()
  }, 5)
  const response = await trace(traceId)
  for await (const chunk of response.body!) expect(chunk.length).toBeGreaterThan(0)
  clearInterval(beat)
  expect(longestMs).toBeLessThan(500) // of CPU, which other programs on the machine do not change
})

test('a browser that leaves early stops it; a trace of which nothing is known is answered 404', async () => {
  const response = await trace(traceId)
  await response.body!.cancel()
  const unknown = await trace('f'.repeat(32))
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'SPY_CONSOLE_TRACE_NOT_FOUND' }])
})
