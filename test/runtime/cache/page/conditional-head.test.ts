import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { judgeConditions } from '../../../../runtime/src/cache/page/conditional-head.ts'

async function answered(work: (response: http.ServerResponse, request: http.IncomingMessage) => void): Promise<Response> {
  const server = http.createServer((request, response) => {
    judgeConditions(request, response)
    work(response, request)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answer = await fetch(url, { headers: { 'if-none-match': '"v1"' } })
  server.close()
  return answer
}

test.each<[string, (response: http.ServerResponse) => unknown]>([
  ['at once', (response) => response.setHeader('etag', '"v1"').setHeader('content-length', 4).end('page')],
  ['in pieces', (response) => response.setHeader('etag', 'W/"v1"').write('page') && response.end('more')],
  ['with its head', (response) => response.writeHead(200, { ETag: '"v1"', 'content-type': 'text/plain' }).end('page')],
  ['with its head as a list', (response) => response.writeHead(200, 'OK', ['etag', '"v1"']).end('page')],
])('a body that the client has is not sent: %s', async (_, work) => {
  const answer = await answered(work)
  expect([answer.status, await answer.text(), answer.headers.get('etag')?.includes('v1'), answer.headers.get('content-type')]).toEqual([
    304,
    '',
    true,
    null,
  ])
})

test('another one is, and so is an error; the application sees no condition', async () => {
  let seen: unknown = 'nothing'
  const other = await answered((response, request) => {
    seen = request.headers['if-none-match']
    response.setHeader('etag', '"v2"').end('page')
  })
  expect([other.status, await other.text(), seen]).toEqual([200, 'page', undefined])
  const failed = await answered((response) => response.writeHead(500, { etag: '"v1"' }).end('error'))
  expect([failed.status, await failed.text()]).toEqual([500, 'error'])
})
