import { hash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { Upgrades } from '../../../../runtime/src/front/upgrade/upgrades.ts'
import { openPlace } from '../../application/fixture.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A server of WebSockets, by hand: each connection is given to the test once its handshake is done. */
async function serve(upgrades: Upgrades) {
  const server = http.createServer()
  const sockets: Duplex[] = []
  server.on('upgrade', (request, socket, head) => {
    upgrades.add(request, socket, head)
    const accept = hash('sha1', `${request.headers['sec-websocket-key']}${GUID}`, 'base64')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
    socket.on('error', () => undefined)
    sockets.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

const text = (message: string): Buffer => Buffer.concat([Buffer.from([0x81, message.length]), Buffer.from(message)])

async function connect(url: string): Promise<WebSocket> {
  const client = new WebSocket(url)
  await new Promise((resolve, reject) => {
    client.addEventListener('open', resolve)
    client.addEventListener('error', reject)
  })
  return client
}

const closeOf = (client: WebSocket): Promise<number> =>
  new Promise((resolve) => client.addEventListener('close', ({ code }) => resolve(code)))

test('connections and messages are counted in both directions, and ends by their code', async () => {
  const upgrades = new Upgrades()
  const { url, sockets } = await serve(upgrades)
  const client = await connect(url)
  const messages: unknown[] = []
  client.addEventListener('message', ({ data }) => messages.push(data))
  sockets[0]?.on('data', (chunk: Buffer) => void ((chunk[0] ?? 0) === 0x88 && sockets[0]?.end()))
  client.send('one')
  client.send('two')
  sockets[0]?.write(text('hello'))
  await expect.poll(() => [upgrades.counts.messagesReceived, upgrades.counts.messagesSent, messages.length]).toEqual([2, 1, 1])
  expect([upgrades.open, upgrades.total]).toEqual([1, 1])
  client.close(4001)
  await expect.poll(() => upgrades.open).toBe(0)
  await expect.poll(() => [...upgrades.counts.closes]).toEqual([[4001, 1]])
})

test('a restart closes each with 1012, at the end of the frame that is being sent; what the application sends then is dropped', async () => {
  const upgrades = new Upgrades()
  const { url, sockets } = await serve(upgrades)
  const [idle, busy] = [await connect(url), await connect(url)]
  const messages: unknown[] = []
  busy.addEventListener('message', ({ data }) => messages.push(data))
  for (const socket of sockets) socket.resume()
  sockets[1]?.write(text('hello').subarray(0, 4))
  const closed = Promise.all([closeOf(idle), closeOf(busy)])
  upgrades.restart()
  sockets[1]?.write(text('hello').subarray(4))
  const written = new Promise<void>((resolve) => sockets[1]?.write(text('too late'), () => resolve()))
  await written
  expect(await closed).toEqual([1012, 1012])
  expect(messages).toEqual(['hello'])
  await expect.poll(() => [...upgrades.counts.closes]).toEqual([[1012, 2]])
})

test('one that comes during the restart is closed as well; one that the application refuses is not closed by a frame', async () => {
  const upgrades = new Upgrades()
  const { url, sockets } = await serve(upgrades)
  upgrades.restart()
  const client = new WebSocket(url)
  const closed = closeOf(client)
  await expect.poll(() => sockets.length).toBe(1)
  sockets[0]?.resume()
  expect(await closed).toBe(1012)

  const server = http.createServer().on('upgrade', (request, socket, head) => {
    upgrades.add(request, socket, head)
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const request = http.get({ port: (server.address() as AddressInfo).port, headers: { connection: 'Upgrade', upgrade: 'websocket' } })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect(response.statusCode).toBe(401)
  expect((await response.toArray()).join('')).toBe('no')
  expect([...upgrades.counts.closes]).toEqual([[1012, 1]])
})

test('an application that shares its process gets the upgrades of its path; where it takes none, they are requests like any other', async () => {
  await using place = openPlace()
  const takes = `import http from 'node:http'
    const server = http.createServer((req, res) => res.end('no upgrade'))
    server.on('upgrade', (req, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n\\r\\n' + req.url))
    export default server`
  const { url } = await place.deploy([
    { name: 'takes', contextPath: '/takes', files: takes },
    { name: 'none', contextPath: '/none', files: 'export default () => (req, res) => res.end("plain")' },
  ])
  const { port } = new URL(url)
  const ask = (path: string) => http.get({ port, path, headers: { connection: 'Upgrade', upgrade: 'echo' } })
  const [, socket, head] = (await once(ask('/takes/a?b'), 'upgrade')) as [http.IncomingMessage, Duplex, Buffer]
  expect(Buffer.concat([head, ...((await socket.toArray()) as Buffer[])]).toString()).toBe('/a?b')
  expect(place.read('takes', 'upgrades')).toBe(1)
  const [response] = (await once(ask('/none/a'), 'response')) as [http.IncomingMessage]
  expect([response.statusCode, (await response.toArray()).join('')]).toEqual([200, 'plain'])
  const [unknown] = (await once(ask('/nowhere'), 'response')) as [http.IncomingMessage]
  expect(unknown.resume().statusCode).toBe(404)
})
