import { expect, test } from 'vitest'
import { consoleApi, get, sql } from '../support/clients.ts'
import { shopFolder, startSuite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

interface FailedKind {
  readonly type: string
  readonly errors: number
  readonly fingerprint: string
  readonly location: string
  readonly traceId: string
}

const FAILURES = 40

test('an error counts for every request that had it, is an event the first time only, and leads to a trace and a line', async () => {
  await using suite = await startSuite(tempFolder(), {
    applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
    datasources: [{ name: 'shop', file: 'shop.db' }],
  })
  for (let turn = 0; turn < FAILURES; turn++) expect((await get(`${suite.urls.app}/shop/error`)).status).toBe(500)
  const error = await until(async () => {
    const { rows } = await consoleApi<{ rows: FailedKind[] }>(suite, 'errors')
    return rows.find(({ errors, traceId }) => errors === FAILURES && traceId !== '')
  })
  expect(error).toMatchObject({ type: 'TypeError', location: expect.stringMatching(/faults\.ts:\d+$/) })
  const spans = await sql(
    suite,
    `SELECT SpanName, SpanAttributes['spyglass.error.fingerprint'] AS f FROM spyglass.otel_traces WHERE TraceId = '${error.traceId}'`,
  )
  expect(spans).toContainEqual({ SpanName: 'GET /shop/error', f: error.fingerprint })
  const events = "SELECT Resource, Message, Application FROM spyglass.events WHERE Name = 'spyglass.error.new'"
  const [event, ...others] = await until(async () => {
    const rows = await sql(suite, events)
    return rows.length > 0 && rows
  })
  expect(others).toEqual([])
  expect(event).toMatchObject({
    Resource: 'spyglass:type=Instance,name=shop-1',
    Application: 'shop',
    Message: expect.stringContaining('faults.ts'),
  })
})
