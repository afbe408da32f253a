/** A router in the process of the test, with applications on private addresses. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import { createLogger } from '@spyglass/process/logger'
import { onTestFinished } from 'vitest'
import { HttpListener, type ListenerOptions } from '../../runtime/process/src/listener/http-listener.ts'
import { Router } from '../../runtime/src/router/router.ts'
import type { RouteConfig, RoutingTable } from '../../runtime/src/router/routes.ts'
import { AddressList } from '../../runtime/process/src/listener/address-list.ts'
import { freePort } from './free-port.ts'
import { tempFolder } from './temp-folder.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface PrivateApplication {
  readonly path: string
  readonly server: http.Server
  readonly listener: HttpListener
}

/** An application on a private address, with the listener that its instance has. */
export async function privateApplication(handler: Handler, path = join(tempFolder(), 'a.sock')): Promise<PrivateApplication> {
  const listener = new HttpListener({ isBehindRouter: true })
  const server = http.createServer()
  listener.use(server, {
    request: (_event, request, response) => handler(request, response),
    upgrade: (request, client, head) => void server.emit('application-upgrade', request, client, head),
    acceptsUpgrade: () => server.listenerCount('application-upgrade') > 0,
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(async () => void (await listener.drain(50)))
  return { path, server, listener }
}

/** A program that speaks for itself: what it writes is what the router reads. */
export async function rawApplication(onConnection: (socket: net.Socket) => void): Promise<string> {
  const path = join(tempFolder(), 'raw.sock')
  const open = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return path
}

export interface TestRouter {
  readonly router: Router
  readonly listener: HttpListener
  readonly port: number
  readonly logs: string
}

type Route = Pick<RouteConfig, 'path'> & Partial<RouteConfig>

/** Routes to an application at the root of the default host unless they say otherwise. */
export async function openRouter(
  routes: readonly Route[],
  { needsCertificate = false, ...options }: Partial<ListenerOptions> & { readonly needsCertificate?: boolean } = {},
  aliases: Readonly<Record<string, readonly string[]>> = {},
): Promise<TestRouter> {
  const front = { trustedProxies: new AddressList(['loopback']), healthPath: '/health', readyPath: '/ready', ...options }
  const listener = new HttpListener({ ...front, isRouter: true })
  const logs = tempFolder()
  const table = {
    hosts: Object.entries(aliases).map(([name, more]) => ({ name, aliases: more })),
    routes: routes.map((route, at) => ({ application: `app-${at}`, host: 'server', contextPath: '/', ...route })),
    accessLogs: logsIn(logs, ['_server', ...routes.map(({ application }, at) => application ?? `app-${at}`)]),
  }
  const logger = createLogger({ process: 'test', level: 'error' })
  const router = new Router({
    listener,
    front,
    table,
    needsCertificate,
    instance: 'router',
    logger,
  })
  const port = await freePort()
  await listener.listen({ host: '127.0.0.1', port })
  onTestFinished(async () => {
    await listener.drain(50)
    await router.stop()
  })
  return { router, listener, port, logs }
}

/** Sends bytes on a connection of its own and resolves with all that comes until the server closes it. */
export async function exchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk) => (answer += String(chunk)))
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const part of parts) {
    socket.write(part)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await new Promise<void>((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
  return answer
}

/** Answers with what it got. */
export const echo: Handler = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { method, url, headers, httpVersion } = request
    const { remoteAddress, remotePort } = request.socket
    response.end(
      JSON.stringify({ method, url, headers, httpVersion, remoteAddress, remotePort, body: Buffer.concat(chunks).toString('latin1') }),
    )
  })
}

/** The bodies of answers that have come one behind the other on one connection, with Content-Length each. */
export function bodiesOf(answers: string): readonly string[] {
  const bodies: string[] = []
  for (let at = 0; at < answers.length;) {
    const end = answers.indexOf('\r\n\r\n', at)
    if (end < 0) break
    const length = Number(/content-length: (\d+)/i.exec(answers.slice(at, end))?.[1] ?? 0)
    bodies.push(answers.slice(end + 4, end + 4 + length))
    at = end + 4 + length
  }
  return bodies
}

/** Settings of access logs in a folder, as JSON. */
export const logsIn = (folder: string, names: readonly string[]): RoutingTable['accessLogs'] =>
  Object.fromEntries(names.map((name) => [name, { enabled: true, format: 'json', to: 'file', file: join(folder, `${name}.log`) } as const]))
