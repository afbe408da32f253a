/** The last answer of a connection reaches a client that reads slowly, whatever closes the connection. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { HttpListener } from '../../../../runtime/process/src/listener/http-listener.ts'
import { openListener } from '../../../support/listener.ts'
import { openRouter, privateApplication } from '../../../support/routed.ts'
import { until } from '../../../support/until.ts'

/** The server of a test: `answered` counts what the program has ended; `sent` is the size of its big answer. */
interface Place {
  readonly listener: HttpListener
  readonly port: number
  readonly answered: () => number
  readonly sent: () => number
  /** The server's ends of its connections, in their order. */
  readonly accepted: () => readonly net.Socket[]
}

type Open = (options?: object) => Promise<Place>

/** The server's ends of connections to a port, in their order. */
function acceptedOn(port: () => number): () => readonly net.Socket[] {
  const sockets: net.Socket[] = []
  const note = (message: unknown): void => {
    const { socket } = message as { readonly socket: net.Socket }
    if (socket.localPort === port()) sockets.push(socket)
  }
  subscribe('net.server.socket', note)
  onTestFinished(() => void unsubscribe('net.server.socket', note))
  return () => sockets
}

const PIECE = Buffer.alloc(16_384, 'x')

/** Its big answer ends when the kernel takes no more for the client, so that the last of it waits in the router. */
function answering(accepted: () => readonly net.Socket[]) {
  let [answered, sent] = [0, 0]
  const more = (response: http.ServerResponse): void => {
    sent += PIECE.length
    response.write(PIECE)
    if (accepted()[0]?.writableLength === 0) return void setImmediate(more, response)
    response.end()
    answered++
  }
  const handler = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    if (request.url === '/big') more(response)
    else response.end('small')
  }
  return { handler, answered: () => answered, sent: () => sent, accepted }
}

/** More than the kernel takes. */
const BODY = Buffer.alloc(32 * 1024 * 1024, 'x')

const own: Open = async (options = {}) => {
  let answered = 0
  const accepted = acceptedOn(() => place.port)
  const place = await openListener((request, response) => {
    response.end(request.url === '/big' ? BODY : 'small')
    if (request.url === '/big') answered++
  }, options)
  return { ...place, answered: () => answered, sent: () => BODY.length, accepted }
}

const routed: Open = async (options = {}) => {
  const { handler, ...counts } = answering(acceptedOn(() => place.port))
  const { path } = await privateApplication(handler)
  const place = await openRouter([{ path }], options)
  return { ...place, ...counts }
}

/** A client that has asked and does not read on; the result reads to the end. */
async function slowClient({ port, answered }: Place, agent: http.Agent): Promise<() => Promise<number>> {
  const before = answered()
  const request = http.get({ port, host: '127.0.0.1', path: '/big', agent })
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  await until(() => answered() > before)
  return async () => (await buffer(response)).length
}

function keptAgent(): http.Agent {
  const agent = new http.Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  return agent
}

/** Settles when the server has closed a connection that was idle. */
async function idleClosed(port: number): Promise<{ readonly closed: Promise<unknown> }> {
  const idle = net.connect(port, '127.0.0.1')
  idle.on('error', () => {})
  const closed = once(idle, 'close')
  idle.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(idle, 'data')
  idle.resume()
  return { closed }
}

test.each([
  ['an instance', own],
  ['a router', routed],
] as const)('%s that drains closes what is idle, and not a connection whose answer is still on its way', async (_, open) => {
  const place = await open()
  const rest = await slowClient(place, keptAgent())
  const { closed } = await idleClosed(place.port)
  const drained = place.listener.drain(60_000)
  await closed
  expect(await rest()).toBe(place.sent())
  expect(await drained).toBe(0)
})

test('a router that ends a connection after an answer lets a client read it for as long as it takes some of it', async () => {
  const place = await routed({ limits: { maxRequestsPerConnection: 1 } })
  const rest = await slowClient(place, keptAgent())
  const done = net.connect({ port: place.port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void done.destroy())
  done.resume().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(done, 'end')
  await until(() => place.accepted()[1]?.closed) // a client that was sent everything has no more time; it came later
  expect(await rest()).toBe(place.sent())
})
