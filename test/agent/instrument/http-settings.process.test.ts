import { expect, test } from 'vitest'
import { recorded } from '../../support/instrumented.ts'

const PROGRAM = `import http from 'node:http'
import http2 from 'node:http2'
const upstream = http.createServer((request, response) => response.setHeader('X-Answer', ['a', 'b']).end('ok'))
const server = http.createServer(async (request, response) => {
  if (request.url === '/calls') await withServer(upstream, async (url) => {
    const headers = { 'X-Asked': 'by us', 'X-Api-Key': 'secret' }
    await (await fetch(url, { headers })).text()
    await new Promise((resolve) => http.get(url, { headers }, (answer) => answer.resume().on('close', resolve)))
  })
  response.setHeader('X-Answer', 'yes').end()
})
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    for (const path of ['/health', '/health?full=1', '/healthy', '/internal/a/b', '/calls', '/orders/1', '/orders/2']) {
      const headers = { 'X-Tenant': 'acme', Cookie: 'secret', Referer: 'https://shop/?token=secret' }
      await new Promise((resolve) => http.get(url + path, { headers }, (answer) => answer.resume().on('close', resolve)))
    }
  })
}
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
`

const env = {
  SPYGLASS_IGNORED_PATHS: '/health, /internal/*',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST: 'x-tenant,Cookie,referer',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE: 'x-answer',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST: 'x-asked,x-api-key',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE: 'x-answer',
}

test('ignored paths leave nothing, and headers that are asked for are attributes without secrets', async () => {
  const { traces, sink } = await recorded(PROGRAM, { form: 'esm', env })
  const served = sink.spans.filter(({ kind, attributes }) => kind === 2 && attributes['url.path'] !== '/')
  expect(served.map(({ attributes }) => attributes['url.path'])).toEqual(['/healthy', '/calls', '/orders/1', '/orders/2'])
  for (const { attributes } of served)
    expect(attributes).toMatchObject({
      'http.request.header.x-tenant': ['acme'],
      'http.request.header.cookie': ['[redacted]'],
      'http.response.header.x-answer': ['yes'],
    })
  const calls = traces.flatMap(({ children }) => children).filter(({ kind }) => kind === 3)
  expect(calls).toHaveLength(2)
  for (const { attributes } of calls)
    expect(attributes).toMatchObject({
      'http.request.header.x-asked': ['by us'],
      'http.request.header.x-api-key': ['[redacted]'],
      'http.response.header.x-answer': expect.arrayContaining([expect.stringContaining('a')]),
    })
  expect(JSON.stringify(sink.spans)).not.toContain('secret')
})

test('requests without a route are counted by their path with placeholders; without a setting no header is kept', async () => {
  const { sink } = await recorded(PROGRAM, { form: 'esm' })
  const counted = sink.points.filter(
    ({ metric, attributes }) => metric === 'http.server.request.duration' && attributes['url.template'] === '/orders/{id}',
  )
  expect(counted.map(({ count }) => Number(count))).toEqual([2])
  expect(JSON.stringify(sink.spans)).not.toMatch(/http\.re\w+\.header/)
  const ungrouped = await recorded(PROGRAM, { form: 'esm', env: { SPYGLASS_GROUP_PATHS: 'off' } })
  expect(ungrouped.sink.points.filter(({ attributes }) => 'url.template' in attributes)).toEqual([])
})
