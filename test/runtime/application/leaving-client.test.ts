/** Clients that leave while a rate limit has to ask before it decides. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createRegistry } from '@spyglass/agent'
import pino from 'pino'
import { expect, test } from 'vitest'
import type { AccessEntry, AccessLog } from '../../../runtime/src/access-log/index.ts'
import { Admission } from '../../../runtime/src/admission/index.ts'
import { HostedApplication } from '../../../runtime/src/application/hosted-application.ts'
import type { ListenRequest } from '../../../runtime/src/application/program/listen-request.ts'
import type { Resources } from '../../../runtime/src/resource/index.ts'
import { admissionSettings } from '../admission/simulation.ts'
import { openLimit } from '../rate-limit/fixture.ts'

/** An application whose limit is exhausted, so that each request waits for its challenge to be solved. */
async function opened() {
  const { limit } = openLimit({ by: 'route', max: 1 })
  void limit.take('all')
  const [asked, solved] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()]
  limit.challenge = () => {
    asked.resolve()
    return solved.promise
  }
  const aborted: boolean[] = []
  const accessLog = { isEnabled: true, write: (entry: AccessEntry) => void aborted.push(entry.aborted) }
  const application = new HostedApplication(
    { name: 'shop', folder: '/', contextPath: '/', startTimeoutMs: 1000, rateLimits: ['api'], admission: admissionSettings },
    {
      place: { isAlone: false, open: async () => {} },
      instance: 'shop-1',
      registry: createRegistry({ kindNamed: () => undefined }),
      logger: pino({ level: 'silent' }),
      resources: { get: () => limit, requestEnded: () => {}, longestWaitMs: () => 0 } as unknown as Resources,
      admission: new Admission(),
      accessLog: accessLog as unknown as AccessLog,
    },
  )
  const given: string[] = []
  const program = http.createServer((_request, response) => response.end('served'))
  program.on('request', () => given.push('request')).on('upgrade', () => given.push('upgrade'))
  await application.serveListening(program, {} as ListenRequest)
  return { application, aborted, given, asked: asked.promise, solve: () => solved.resolve(true) }
}

async function serve(application: HostedApplication) {
  const server = http.createServer((request, response) => application.serve('request', request, response, request.url!))
  server.on('upgrade', (request, socket, head) => application.upgrade(request, socket, head, request.url!))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void server.close() })
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a request whose client has left is not admitted: it takes no place, and is logged as aborted', async () => {
  const { application, aborted, given, asked, solve } = await opened()
  await using server = await serve(application)
  const left = once(server, 'request').then(([, response]) => once(response as http.ServerResponse, 'close'))
  const client = connect(server.port, '127.0.0.1').on('error', () => {})
  client.write('GET /a HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked
  client.destroy()
  await left
  solve()
  await turn()
  expect([application.active, application.requests, given, aborted]).toEqual([0, 0, [], [true]])
  expect(await (await fetch(`http://127.0.0.1:${server.port}/b`)).text()).toBe('served')
  await expect.poll(() => [application.active, application.requests]).toEqual([0, 1])
})

test.each(['resetAndDestroy', 'end'] as const)(
  'a connection to be upgraded whose client has left (%s) is not handed over',
  async (leave) => {
    const { application, given, asked, solve } = await opened()
    await using server = await serve(application)
    const upgraded = once(server, 'upgrade') as Promise<[unknown, Socket]>
    const client = connect(server.port, '127.0.0.1').on('error', () => {})
    client.write('GET /chat HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    await asked
    const [, socket] = await upgraded
    client[leave]()
    await expect.poll(() => socket.destroyed || socket.readableEnded).toBe(true)
    solve()
    await turn()
    expect([application.upgrades.open, application.upgrades.total, given, socket.destroyed]).toEqual([0, 0, [], true])
    client.destroy()
  },
)
