import * as fc from 'fast-check'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { MAX_RATE, choose, sendTraffic } from '../../../examples/shop/src/traffic.ts'

async function listen(server: Server): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('traffic goes to this machine only', async () => {
  for (const url of ['http://example.com/', 'https://127.0.0.1/', 'http://127.0.0.1.example.com/', 'http://10.0.0.1/']) {
    await expect(sendTraffic({ url, requests: 1 })).rejects.toThrow('loopback')
  }
})

test('so many requests are sent, over few connections, and counted by their answers', async () => {
  const paths: string[] = []
  let connections = 0
  const server = createServer((request, response) => {
    paths.push(request.url ?? '')
    response.statusCode = paths.length === 3 ? 500 : 200
    request.resume().on('end', () => response.end('x'))
  }).on('connection', () => connections++)
  await using peer = await listen(server)
  const counts = await sendTraffic({ url: `${peer.url}/`, rate: 50, requests: 10 })
  expect(counts).toEqual({ sent: 10, answered: 9, failed: 1, unanswered: 0 })
  expect(paths).toHaveLength(10)
  expect(paths.every((path) => /^\/shop\/(?!\/)/.test(path))).toBe(true)
  expect(connections).toBeLessThanOrEqual(3)
})

test('the rate has a limit whatever is asked for', async () => {
  const server = createServer((request, response) => void request.resume().on('end', () => response.end()))
  await using peer = await listen(server)
  const { sent } = await sendTraffic({ url: peer.url, rate: 1e9, seconds: 0.3 })
  expect(sent).toBeLessThanOrEqual(0.3 * MAX_RATE + 1)
})

test('while the server is down it keeps trying, until it is stopped', async () => {
  const server = createServer()
  const { url } = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  const abort = new AbortController()
  const sending = sendTraffic({ url, rate: 50, signal: abort.signal })
  setTimeout(() => abort.abort(), 1000)
  const { sent, unanswered, answered } = await sending
  expect(sent).toBeGreaterThan(2)
  expect({ unanswered, answered }).toEqual({ unanswered: sent, answered: 0 })
})

test('every request is one that the shop knows, and the expensive ones are rare', () => {
  const known = /^(\/|\/products\?page=[0-7]|\/products\/([1-9]\d?|1[0-5]\d|160)|\/orders|\/report|\/slow|\/error)$/
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999_999_999, noNaN: true }), (share) => {
      expect(choose(() => share).path).toMatch(known)
    }),
  )
  const thousand = Array.from({ length: 1000 }, (_, i) => choose(() => i / 1000).path)
  expect(thousand.filter((path) => /report|slow|error/.test(path)).length).toBeLessThanOrEqual(20)
})
