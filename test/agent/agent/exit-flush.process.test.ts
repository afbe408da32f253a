import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram, sinkForTest } from '../../support/agent-process.ts'
import type { OtlpSink } from '../../support/otlp-sink.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

/** Lives until what earlier processes left has been sent. */
const NEXT_START = 'setTimeout(() => {}, 1500)'

function environment(sink: OtlpSink, folder: string) {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_SERVICE_NAME: 'ending', SPYGLASS_SPOOL_FOLDER: folder }
}

const bodies = (sink: OtlpSink): unknown[] => sink.logs.map(({ body }) => body)

test('a process that ends by itself sends what it has', async () => {
  const sink = await sinkForTest()
  const folder = tempFolder()
  await runProgram("console.log('by itself')", { env: environment(sink, folder) })
  expect(bodies(sink)).toEqual(['by itself'])
  expect(readdirSync(folder)).toEqual([])
})

test('it leaves that to a collector that reads its spool, and to the next start when the application listens to beforeExit itself', async () => {
  const sink = await sinkForTest()
  const folder = join(tempFolder(), 'spool')
  mkdirSync(folder, { mode: 0o700 })
  const env = environment(sink, folder)
  const mark = join(folder, `reader-${new URL(sink.endpoint).port}`)
  writeFileSync(mark, '')
  await runProgram("console.log('left to the collector')", { env })
  utimesSync(mark, 0, 0)
  const { stdout } = await runProgram("process.on('beforeExit', () => console.log('once'))", { env })
  expect([stdout, bodies(sink)]).toEqual(['once\n', []])
  await runProgram(NEXT_START, { env })
  expect(new Set(bodies(sink))).toEqual(new Set(['left to the collector', 'once']))
  expect(sink.logs.length).toBe(2)
})

test.each([
  ['process.exit', "console.log('line'); process.exit(3)", 3, 'line'],
  ['an exception', "setTimeout(() => { throw new RangeError('boom') }, 1)", 1, 'boom'],
  ['a rejection', "Promise.reject(new RangeError('boom'))", 1, 'boom'],
  ['an exit listener', "process.on('exit', () => console.log('last words')); process.exitCode = 2; process.exit()", 2, 'last words'],
])('what is left by %s is sent by the next start, once', async (_name, program, code, body) => {
  const sink = await sinkForTest()
  const env = environment(sink, tempFolder())
  expect((await runProgram(program, { env })).code).toBe(code)
  expect(bodies(sink)).toEqual([])
  await runProgram(NEXT_START, { env })
  await runProgram(NEXT_START, { env })
  expect(bodies(sink)).toEqual([body])
})

/** Ends as the response of one request is closed, right after that has ended, while another one waits for an answer. */
const EXIT_AT_ONCE = `
  import http from 'node:http'
  const server = http.createServer((request, response) => {
    if (request.url === '/running') return http.get({ port: server.address().port, path: '/ended' }).on('error', () => {})
    response.once('close', () => setImmediate(process.exit, 3)).end('answered')
  })
  server.listen(0, '127.0.0.1', () => http.get({ port: server.address().port, path: '/running' }).on('error', () => {}))`

test('spans of a request that has just ended and of one that runs outlive process.exit, each once', async () => {
  const sink = await sinkForTest()
  const env = { ...environment(sink, tempFolder()), SPYGLASS_SLOW_REQUEST_MS: '0.001' }
  expect((await runProgram(EXIT_AT_ONCE, { env })).code).toBe(3)
  expect(sink.spans).toEqual([])
  await runProgram(NEXT_START, { env })
  await runProgram(NEXT_START, { env })
  const roots = sink.spans.filter(({ kind }) => kind === 2)
  expect(new Map(roots.map(({ name, attributes }) => [name, attributes['spyglass.partial']]))).toEqual(
    new Map([
      ['GET /ended', undefined],
      ['GET /running', true],
    ]),
  )
  expect(roots.length).toBe(2)
  const [running] = roots.filter(({ name }) => name === 'GET /running')
  const calls = sink.spans.filter(({ parentSpanId }) => parentSpanId === running?.spanId)
  expect(calls.map(({ name }) => name)).toContain('GET')
})

test('an exception nobody caught is fatal, one the application catches is an error', async () => {
  const sink = await sinkForTest()
  const env = environment(sink, tempFolder())
  await runProgram("setTimeout(() => { throw new RangeError('fatal') }, 1)", { env })
  await runProgram("process.on('uncaughtException', () => {}); setTimeout(() => { throw new RangeError('caught') }, 1)", { env })
  await runProgram(NEXT_START, { env })
  const severities = Object.fromEntries(sink.logs.map((log) => [log.body, log.severityText]))
  expect(severities).toEqual({ fatal: 'FATAL', caught: 'ERROR' })
})

test('a living process, another application and another endpoint are left alone', async () => {
  const sink = await sinkForTest()
  const other = await sinkForTest()
  const folder = tempFolder()
  const env = environment(sink, folder)
  await runProgram("console.log('of another application'); process.exit()", { env: { ...env, OTEL_SERVICE_NAME: 'other' } })
  await runProgram("console.log('for another endpoint'); process.exit()", { env: environment(other, folder) })
  const living = runProgram("console.log('alive'); setTimeout(() => process.exit(), 4000)", {
    env: { ...env, SPYGLASS_METRICS_INTERVAL_MS: '60000' },
  })
  await until(() => readdirSync(folder).length === 3)
  await runProgram(NEXT_START, { env })
  expect(bodies(sink).filter((body) => body !== 'alive')).toEqual([])
  await living
  expect(bodies(sink)).toEqual(['alive'])
})

test('a collector that takes connections and never answers does not hold the application', async (context) => {
  const hole = net.createServer(() => {})
  await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve))
  context.onTestFinished(() => void hole.close())
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(hole.address() as AddressInfo).port}` }
  const { code } = await runProgram("console.log('x')", { env })
  expect(code).toBe(0)
})
