import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../support/agent-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const REQUESTS = 160

/** The hosted application with the agent, after so many requests at once; every trace is kept. */
async function served() {
  const sink = await sinkForTest()
  const folder = tempFolder()
  const application = startApplication('../../fixtures/hosted/program.ts', {
    env: {
      FOLDER: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      SPYGLASS_SLOW_REQUEST_MS: '0.001',
      SPYGLASS_KEPT_PER_SECOND: '10000',
    },
  })
  const { port } = await messageOf<{ readonly port: number }>(application)
  const get = async (n: number) => (await fetch(`http://127.0.0.1:${port}/shop/items/${n}`)).text()
  await Promise.all(Array.from({ length: REQUESTS }, (_, n) => get(n)))
  await fetch(`http://127.0.0.1:${port}/shop/nowhere`)
  application.child.send('stop')
  await application.exited
  const lines = readFileSync(join(folder, 'shop.log'), 'utf8').trimEnd().split('\n')
  return { spans: sink.spans, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

test('160 requests over two connections: each statement has the line of its handler, each line of the access log its span', async () => {
  const { spans, lines } = await served()
  const statements = spans.filter(({ attributes }) => attributes['db.query.text'])
  expect(statements).toHaveLength(2 * REQUESTS)
  const places = statements.map(({ attributes }) => `${String(attributes['code.file.path'])}:${String(attributes['code.line.number'])}`)
  const file = join(import.meta.dirname, '../../fixtures/hosted/main.ts')
  for (const line of [9, 10]) expect(places.filter((place) => place === `${file}:${line}`)).toHaveLength(REQUESTS)
  expect(statements.some(({ attributes }) => attributes['spyglass.code.earlier'])).toBe(false)

  const roots = spans.filter(({ kind }) => kind === 2)
  expect(roots.map(({ attributes }) => attributes['spyglass.application'])).toEqual(Array.from({ length: REQUESTS + 1 }, () => 'shop'))
  const idsOf = (rows: readonly { traceId: unknown; spanId: unknown }[]) =>
    rows.map(({ traceId, spanId }) => `${String(traceId)} ${String(spanId)}`).toSorted()
  expect(idsOf(lines.map((line) => ({ traceId: line['trace_id'], spanId: line['span_id'] })))).toEqual(idsOf(roots))
  const routes = lines.map((line) => line['http.route'])
  expect(routes.filter((route) => route === '/shop/items/:n')).toHaveLength(REQUESTS)
  expect(lines.find((line) => line['url.path'] === '/shop/nowhere')).not.toHaveProperty('http.route')
})
