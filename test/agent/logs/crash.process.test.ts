import { expect, test } from 'vitest'
import { runProgram, sinkForTest } from '../../support/agent-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('an exception that nobody caught leaves its log record and the request that was running', async () => {
  const sink = await sinkForTest()
  const program = `
    import http from 'node:http'
    const server = http.createServer(() => setTimeout(() => { throw new RangeError('in a request') }, 1))
    server.listen(0, '127.0.0.1', () => http.get({ port: server.address().port, path: '/crash' }).on('error', () => {}))`
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_SPOOL_FOLDER: tempFolder() }
  const { code, stderr } = await runProgram(program, { env })
  expect(code).toBe(1)
  expect(stderr).toContain('RangeError: in a request')
  await runProgram('setTimeout(() => {}, 1500)', { env })
  const roots = sink.spans.filter((span) => span.kind === 2)
  expect(roots).toMatchObject([{ attributes: { 'url.path': '/crash', 'spyglass.partial': true, 'spyglass.keep.reason': 'running' } }])
  const logs = sink.logs.filter(({ severityNumber }) => severityNumber === 21)
  expect(logs).toMatchObject([{ body: 'in a request', traceId: roots[0]?.traceId, attributes: { 'exception.type': 'RangeError' } }])
})
