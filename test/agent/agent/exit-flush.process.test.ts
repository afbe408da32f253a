import net, { type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { runProgram, sinkForTest } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

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
  const without = await runProgram(program, { withAgent: false })
  const withAgent = await runProgram(program, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
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
  const without = await runProgram(program, { withAgent: false })
  const { code, ms } = await runProgram(program, { env })
  expect(code).toBe(0)
  expect(ms).toBeLessThan(without.ms + 3000)
})

test('what was logged right before the end arrives, whether the process ends by itself, by exit or by a crash', async () => {
  const sink = await sinkForTest()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint }
  await runProgram("console.log('by itself')", { env })
  await runProgram("console.log('by exit'); process.exit(0)", { env })
  await runProgram("setTimeout(() => { throw new RangeError('by crash') }, 1)", { env })
  await until(() => sink.logs.length >= 3)
  expect(sink.logs.map((log) => log.body)).toEqual(['by itself', 'by exit', 'by crash'])
  expect(sink.logs[2]).toMatchObject({ severityNumber: 21, attributes: { 'exception.type': 'RangeError' } })
})
