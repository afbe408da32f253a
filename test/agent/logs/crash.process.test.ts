import { expect, test } from 'vitest'
import { runProgram, sinkForTest } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

test('an exception that nobody caught leaves its log record and the request that was running', async () => {
  const sink = await sinkForTest()
  const program = `
    import http from 'node:http'
    const server = http.createServer(() => setTimeout(() => { throw new RangeError('in a request') }, 1))
    server.listen(0, '127.0.0.1', () => http.get({ port: server.address().port, path: '/crash' }).on('error', () => {}))`
  const { code, stderr } = await runProgram(program, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint } })
  expect(code).toBe(1)
  expect(stderr).toContain('RangeError: in a request')
  const root = await until(() => sink.spans.find((span) => span.kind === 2))
  const log = await until(() => sink.logs.find(({ severityNumber }) => severityNumber === 21))
  expect(root.attributes).toMatchObject({ 'url.path': '/crash', 'spyglass.partial': true, 'spyglass.keep.reason': 'running' })
  expect(log).toMatchObject({ body: 'in a request', traceId: root.traceId, attributes: { 'exception.type': 'RangeError' } })
})
