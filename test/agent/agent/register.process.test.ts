import net, { type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { messageOf, startApplication } from '../../support/agent-process.ts'
import { startOtlpSink } from '../../support/otlp-sink.ts'
import { until } from '../../support/until.ts'

const source = (path: string): string => new URL(`../../../agent/src/${path}`, import.meta.url).href
const dataUrl = (program: string): string => `data:text/javascript,${encodeURIComponent(program)}`

async function run(program: string, options: { withAgent?: boolean; env?: Record<string, string>; execArgv?: string[] } = {}) {
  const { execArgv = [], ...rest } = options
  const started = startApplication('nothing.mjs', { ...rest, execArgv: [...execArgv, '--import', dataUrl(program)] })
  const startMs = performance.now()
  const ended = await started.exited
  return { ...ended, ms: performance.now() - startMs, stdout: started.stdout(), stderr: started.stderr() }
}

test('idle keep-alive connections hold no record of a request that has ended', async () => {
  const application = startApplication('retention.mjs', { env: { TRACE_RECORD: source('recorder/trace-record.ts') } })
  const { open, retained } = await messageOf<{ open: number; retained: number }>(application)
  expect(open).toBe(20)
  expect(retained).toBeLessThanOrEqual(1)
  expect((await application.exited).code).toBe(0)
})

test.each([
  ['ends by itself', 'setTimeout(() => {}, 20)'],
  ['calls process.exit', 'process.exit(3)'],
  ['throws', "throw new Error('boom')"],
  ['throws later', "setTimeout(() => { throw new Error('boom') }, 5)"],
  ['rejects', "Promise.reject(new Error('boom'))"],
  ['handles its exceptions', "process.on('uncaughtException', () => process.exit(9)); setTimeout(() => { throw new Error('boom') }, 5)"],
  ['is killed by a signal', "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000)"],
  ['handles a signal', "process.on('SIGTERM', () => process.exit(4)); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000)"],
])('an application that %s ends the same with and without the agent', async (_name, program) => {
  const without = await run(program, { withAgent: false })
  const withAgent = await run(program, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
  expect([withAgent.code, withAgent.signal]).toEqual([without.code, without.signal])
  const messageIn = (stderr: string): unknown => /Error: boom/.test(stderr)
  expect(messageIn(withAgent.stderr)).toBe(messageIn(without.stderr))
})

test('a collector that takes connections and never answers does not hold the application', async (context) => {
  const hole = net.createServer(() => {})
  await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve))
  context.onTestFinished(() => void hole.close())
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(hole.address() as AddressInfo).port}` }
  const program = "console.log('x'); await new Promise((resolve) => setTimeout(resolve, 1300))"
  const without = await run(program, { withAgent: false })
  const { code, ms } = await run(program, { env })
  expect(code).toBe(0)
  expect(ms).toBeLessThan(without.ms + 3000)
})

test('what was logged right before the end arrives, whether the process ends by itself, by exit or by a crash', async (context) => {
  const sink = await startOtlpSink()
  context.onTestFinished(() => sink.stop())
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint }
  await run("console.log('by itself')", { env })
  await run("console.log('by exit'); process.exit(0)", { env })
  await run("setTimeout(() => { throw new RangeError('by crash') }, 1)", { env })
  await until(() => sink.logs.length >= 3)
  expect(sink.logs.map((log) => log.body)).toEqual(['by itself', 'by exit', 'by crash'])
  expect(sink.logs[2]).toMatchObject({ severityNumber: 21, attributes: { 'exception.type': 'RangeError' } })
})

test('registering twice is harmless', async (context) => {
  const sink = await startOtlpSink()
  context.onTestFinished(() => sink.stop())
  const again = `await import('${source('register.ts')}?again'); console.log('once')`
  const { code } = await run(again, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint }, execArgv: ['--import', source('register.ts')] })
  expect(code).toBe(0)
  await until(() => sink.logs.length > 0)
  expect(sink.logs.map((log) => log.body)).toEqual(['once'])
})

test('worker threads record for themselves under a name of their own', async (context) => {
  const sink = await startOtlpSink()
  context.onTestFinished(() => sink.stop())
  const application = startApplication('worker.mjs', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint } })
  expect((await application.exited).code).toBe(0)
  await until(() => sink.logs.some((log) => log.body === 'in a worker'))
  expect(sink.resources.some((resource) => /-thread-\d+$/.test(String(resource['service.instance.id'])))).toBe(true)
})

test('a wrong setting is told and does not keep the application from running', async () => {
  const env = { SPYGLASS_KEPT_PER_SECOND: 'many', OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' }
  const { code, stdout, stderr } = await run("console.log('runs')", { env })
  expect([code, stdout]).toEqual([0, 'runs\n'])
  expect(stderr).toContain('SPYGLASS_KEPT_PER_SECOND is "many"')
  expect(stderr).toContain('nonsense is not an http or https URL')
})

test('the default mode loads neither an SDK nor the libraries of the other doors', async () => {
  const program = `
    const { registerHooks } = await import('node:module')
    const loaded = []
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
    await import('${source('register.ts')}')
    console.log(JSON.stringify(loaded.filter((url) => url.includes('node_modules'))))
    process.exit(0)`
  const { stdout } = await run(program, { withAgent: false })
  expect(JSON.parse(stdout)).toEqual([])
})

test('an application’s own OpenTelemetry SDK takes over: its provider is the one that works', async () => {
  const application = startApplication('own-sdk.mjs', {
    env: { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  })
  await application.exited
  expect(application.stdout() || application.stderr()).toBe('["early","late"]\n')
})
