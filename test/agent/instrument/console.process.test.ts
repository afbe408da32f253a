import { expect, test } from 'vitest'
import { rootNamed, startRoutes } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

test('lines of console and pino go out with the ids of their request, secrets redacted', async () => {
  const { sink, url, application } = await startRoutes({ PINO: '1', SPYGLASS_SLOW_REQUEST_MS: '0.001' })
  await (await fetch(`${url}/logs`)).text()
  const root = await rootNamed(sink, 'GET /logs')
  const line = await until(() => sink.logs.find((log) => log.body === 'from pino'))
  const warning = await until(() => sink.logs.find((log) => log.body === 'from console 7'))
  for (const log of [line, warning]) expect(log).toMatchObject({ traceId: root.traceId, spanId: root.spanId })
  expect(line).toMatchObject({ severityNumber: 9, attributes: { order: 9, password: '[redacted]' } })
  expect(warning.severityNumber).toBe(13)
  const login = await until(() => sink.logs.find((log) => String(log.body).startsWith('login')))
  expect(login.body).toContain("user: 'ada'")
  expect(login.body).toContain("password: '[redacted]'")
  await until(() => sink.logs.find((log) => log.body === '{"token":"[redacted]"}'))
  expect(JSON.stringify(sink.logs)).not.toContain('zqz')
  const written = application
    .stdout()
    .split('\n')
    .find((text) => text.includes('from pino'))
  expect(JSON.parse(written ?? '{}')).toMatchObject({ trace_id: root.traceId, span_id: root.spanId })
})

test('with logs off nothing is sent, and pino’s lines have the ids all the same', async () => {
  const { sink, url, application } = await startRoutes({ PINO: '1', SPYGLASS_LOGS: 'off' })
  await (await fetch(`${url}/logs`)).text()
  await until(() => application.stdout().includes('from pino'))
  expect(application.stdout()).toMatch(/"trace_id":"[\da-f]{32}","span_id":"[\da-f]{16}"\}/)
  application.child.send('stop')
  await application.exited
  expect(sink.logs).toEqual([])
  expect(sink.points.length).toBeGreaterThan(0)
})
