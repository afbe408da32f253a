import http from 'node:http'
import net from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { HttpListener } from '../../../../runtime/process/src/listener/http-listener.ts'
import { bindListeningSocket } from '../../../../runtime/src/holder/listening-socket.ts'
import { freePort } from '../../../support/free-port.ts'
import { until } from '../../../support/until.ts'

async function listening(handler: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
  const socket = await bindListeningSocket('http', '127.0.0.1', await freePort())
  const listener = new HttpListener()
  const server = http.createServer()
  listener.use(server, { request: (_event, request, response) => handler(request, response), upgrade: () => undefined })
  await new Promise<void>((resolve) => server.listen({ fd: socket.fd }, resolve))
  onTestFinished(async () => void (await listener.drain(100)))
  return { listener, port: socket.port }
}

interface Answer {
  readonly status: number | undefined
  readonly connection: string | undefined
}

function get(port: number, agent: http.Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', agent }, (response) => {
        response.resume()
        response.on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection }))
      })
      .on('error', reject)
  })
}

test('a client on an open connection is served while draining, and asked to close', async () => {
  const { listener, port } = await listening((_request, response) => response.end('ok'))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  expect((await get(port, agent)).connection).toBe('keep-alive')
  const drained = listener.drain(5000)
  expect(await get(port, agent)).toEqual({ status: 200, connection: 'close' })
  await drained
  expect(listener.state).toBe('closed')
  expect(listener.counts).toMatchObject({ connections: 0, accepted: 1, requests: 2 })
  expect(listener.counts.bytesReceived).toBeGreaterThan(0)
  expect(listener.counts.bytesSent).toBeGreaterThan(0)
})

test('bytes count while their connection is still open, and once when it has ended', async () => {
  const { listener, port } = await listening((_request, response) => response.end('x'.repeat(1000)))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  await get(port, agent)
  const { bytesReceived, bytesSent } = listener.counts
  expect(bytesReceived).toBeGreaterThan(20)
  expect(bytesSent).toBeGreaterThan(1000)
  agent.destroy()
  await until(() => listener.counts.connections === 0)
  expect(listener.counts).toMatchObject({ bytesReceived, bytesSent })
})

test('a request that never ends is aborted at the deadline', async () => {
  const { listener, port } = await listening(() => {})
  const answer = get(port, new http.Agent()).catch((error: NodeJS.ErrnoException) => error.code)
  await until(() => listener.counts.requests === 1)
  await listener.drain(100)
  expect(await answer).toBe('ECONNRESET')
})

test('an idle connection does not hold the drain up', async () => {
  const { listener, port } = await listening((_request, response) => response.end())
  const client = net.connect(port, '127.0.0.1')
  const closed = new Promise((resolve) => client.on('close', resolve))
  client.resume()
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => client.once('data', resolve))
  await listener.drain(5000)
  await closed
  await until(() => listener.counts.connections === 0)
  expect(listener.state).toBe('closed')
})

test('a request that arrived while the process could not run is answered when it drains, not reset', async () => {
  const { listener, port } = await listening((_request, response) => response.end())
  const client = net.connect(port, '127.0.0.1')
  client.setEncoding('latin1')
  let received = ''
  let drained: Promise<unknown> | undefined
  client.on('data', (text: string) => {
    received += text
    if (drained) return
    drained = listener.drain(5000)
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n') // it is in the kernel when this returns
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700) // longer than idle connections have; timers come before input afterwards
  })
  client.on('error', (error) => (received += error.message))
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => client.on('close', resolve))
  await drained
  expect(received).toMatch(/200 OK.*200 OK.*connection: close/is)
})
