import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { pairsOf, type RecordedResponse, recordResponse } from '../../../runtime/src/middleware/record-response.ts'

async function recorded(work: (response: http.ServerResponse) => void, maxBytes = 1000): Promise<RecordedResponse> {
  const { promise, resolve } = Promise.withResolvers<RecordedResponse>()
  const server = http.createServer((_request, response) => {
    recordResponse(response, maxBytes, resolve)
    work(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).then((answer) => answer.text())
  server.close()
  return await promise
}

test('status, fields and body are recorded as the application gave them', async () => {
  const given = await recorded((response) => {
    response.setHeader('X-Set', ['a', 'b'])
    response.writeHead(201, { 'Set-Cookie': 'a=b' })
    response.write('pa')
    response.end(Buffer.from('ge'))
  })
  expect(given).toEqual({ status: 201, fields: { 'x-set': ['a', 'b'], 'set-cookie': 'a=b' }, size: 4, body: Buffer.from('page') })
})

test('the status is that of the application, also where something on the way out sends another', async () => {
  const { status } = await recorded((response) => {
    response.statusCode = 202
    response.end('page')
    response.statusCode = 500
  })
  expect(status).toBe(202)
})

test('of a body that is too large only its size is known', async () => {
  expect(await recorded((response) => response.end('x'.repeat(1001)))).toMatchObject({ size: 1001, body: undefined })
})

test('fields are read in each form that writeHead takes', () => {
  const pairs = [
    ['a', '1'],
    ['b', '2'],
  ]
  expect([pairsOf({ a: '1', b: '2' }), pairsOf(['a', '1', 'b', '2']), pairsOf(pairs), pairsOf('OK'), pairsOf(undefined)]).toEqual([
    pairs,
    pairs,
    pairs,
    [],
    [],
  ])
})
