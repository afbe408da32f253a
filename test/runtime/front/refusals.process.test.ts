/** What the server itself answers is in an access log and in the counts of requests, with the reason. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { sinkForTest } from '../../support/agent-process.ts'
import { exchange } from '../../support/routed.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { writeApplication } from '../application/fixture.ts'
import { start } from '../application/program/alone.ts'

const REFUSALS = [
  { status: 400, reason: 'malformed_request', log: '_server', request: 'GET /broken HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n' },
  { status: 408, reason: 'request_header_timeout', log: '_server', request: 'GET /slow HTTP/1.1\r\nHost: a\r\nX-' },
  { status: 408, reason: 'request_body_timeout', log: 'a', request: 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc' },
  { status: 431, reason: 'header_overflow', log: '_server', request: `GET /large HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(4000)}\r\n\r\n` },
  { status: 503, reason: 'application_failed', log: 'b', request: 'GET /b/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' },
]

test('400, 408, 431 and 503 of the server are lines of an access log and counted, each with its reason', async () => {
  const sink = await sinkForTest()
  const broken = writeApplication(tempFolder(), 'b', `throw new Error('no database')`)
  const env = {
    NEIGHBOUR: broken,
    LISTENING: JSON.stringify({ limits: { headersTimeoutMs: 500, bodyTimeoutMs: 500, bodyMinBytes: 16, maxHeaderBytes: 2048 } }),
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
  }
  const program = await start(`export default () => (req, res) => req.resume().on('end', () => res.end('served'))`, env, undefined, {
    withAgent: true,
  })
  for (const { status, request } of REFUSALS) expect((await exchange(program.port, request)).slice(9, 12), request).toBe(String(status))
  await program.stop()
  const linesOf = (name: string) =>
    readFileSync(join(dirname(program.folder), `${name}.log`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  for (const { status, reason, log } of REFUSALS) {
    const its = { 'http.response.status_code': status, 'error.type': reason }
    expect(linesOf(log), reason).toContainEqual(expect.objectContaining(its))
    const counted = sink.points.filter(
      ({ metric, attributes }) => metric === 'http.server.request.duration' && attributes['error.type'] === reason,
    )
    expect(
      counted.map(({ attributes }) => attributes['http.response.status_code']),
      reason,
    ).toEqual([status])
  }
})
