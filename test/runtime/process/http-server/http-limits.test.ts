import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { fastifyLimits, HEADERS_TIMEOUT_MS, nodeLimits } from '@spyglass/process/http-server'

const SHORT = { requestTimeoutMs: 60_000, keepAliveTimeoutMs: 60_000, headersTimeoutMs: 200 }

/** What a client that never ends its headers is answered before it is cut off. */
async function slowly(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

test("a plain server and Fastify's cut slow headers after the same time, long before Node's own check every 30 s", async () => {
  const plain = http.createServer(nodeLimits(SHORT)).listen(0, '127.0.0.1')
  const app = Fastify({ ...fastifyLimits(SHORT), logger: false })
  await app.listen({ host: '127.0.0.1', port: 0 })
  for (const server of [plain, app.server]) expect(await slowly((server.address() as AddressInfo).port)).toMatch(/^HTTP\/1\.1 408 /)
  plain.close()
  await app.close()
})

test('headers have 10 s, and never longer than the request', () => {
  expect(HEADERS_TIMEOUT_MS).toBe(10_000)
  expect(nodeLimits({ requestTimeoutMs: 30_000, keepAliveTimeoutMs: 1 })).toMatchObject({
    headersTimeout: 10_000,
    connectionsCheckingInterval: 1000,
  })
  expect(nodeLimits({ requestTimeoutMs: 5000, keepAliveTimeoutMs: 1 })).toMatchObject({ headersTimeout: 5000, requestTimeout: 5000 })
})
