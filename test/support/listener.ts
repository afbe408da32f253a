/** A listener with a server of its own, as an instance has it. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { HttpListener, type ListenerOptions, type Traffic } from '../../runtime/process/src/listener/http-listener.ts'
import { freePort } from './free-port.ts'

export interface TestListener {
  readonly listener: HttpListener
  readonly port: number
  readonly server: http.Server
}

/** Listens on a free port of loopback until the test ends. */
export async function openListener(
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  options: ListenerOptions = {},
  traffic: Partial<Traffic> = {},
): Promise<TestListener> {
  const listener = new HttpListener(options)
  const server = http.createServer()
  listener.use(server, {
    request: (_event, request, response) => onRequest(request, response),
    upgrade: (_, socket) => socket.destroy(),
    ...traffic,
  })
  const port = await freePort()
  await listener.listen({ host: '127.0.0.1', port })
  onTestFinished(async () => void (await listener.drain(50)))
  return { listener, port, server }
}
