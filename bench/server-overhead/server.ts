/**
 * One of the servers: `node` is node:http and `plain` Fastify by itself; `hosted` is the same application under a context path with access log and
 * registry, in a process that the agent was preloaded into; `routed` is `hosted` behind a router, which is `router` in a process of its own. Answers `cpu` over IPC with the
 * microseconds of the whole process, and `collect` after a full collection, for which it needs --expose-gc.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { currentAgent } from '@spyglass/agent'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { hostApplications, HttpListener, openResources } from '@spyglass/runtime/application'
import type { ListenerOptions } from '../../runtime/process/src/listener/http-listener.ts'
import { Router } from '../../runtime/src/router/router.ts'
import { AddressList } from '../../runtime/process/src/listener/address-list.ts'
import create from './application.ts'
import { accessLogsIn } from '../../test/support/access-logs.ts'

const [mode, folder = ''] = process.argv.slice(2)

// Connections of the one rest while the other works.
const KEEP_ALIVE_MS = 600_000

async function node(): Promise<number> {
  const server = http.createServer((_request, response) => response.end('{"hello":"world"}'))
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function plain(): Promise<number> {
  const app = create()
  app.server.keepAliveTimeout = KEEP_ALIVE_MS
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

const around = { instance: 'bench', logger: createLogger({ process: 'bench', level: 'warn' }) }
const front = {
  healthPath: '/health',
  readyPath: '/ready',
  trustedProxies: new AddressList(['loopback']),
  limits: { keepAliveTimeoutMs: KEEP_ALIVE_MS },
}
/** Private address of the application behind the router. */
const path = join(folder, 'hello.sock')

async function hosted(socket: unknown, more: ListenerOptions = {}): Promise<number> {
  const registry = currentAgent()?.registry ?? createRegistry({ kindNamed: () => undefined })
  const listener = new HttpListener({ ...front, ...more })
  await hostApplications({
    ...around,
    registry,
    applications: [{ name: 'hello', folder: import.meta.dirname, contextPath: '/app', startTimeoutMs: 10_000 }],
    isolation: 'own',
    listener,
    socket,
    address: { host: '127.0.0.1', port: 0 },
    resources: await openResources({ ...around, registry, folder, resources: {} }),
    accessLogs: accessLogsIn(folder, around),
  })
  return listener.port ?? 0
}

async function router(): Promise<number> {
  const listener = new HttpListener(front)
  const routes = [{ application: 'hello', host: 'server', contextPath: '/app', path }]
  const other = { application: 'other', host: 'server', contextPath: '/other', path: `${path}.none` }
  void new Router({ ...around, listener, front, table: { hosts: [], routes: [...routes, other], accessLogs: {} } })
  await listener.listen({ host: '127.0.0.1', port: 0 })
  return listener.port ?? 0
}

const servers: Readonly<Record<string, () => Promise<number>>> = {
  node,
  plain,
  hosted: () => hosted({ host: '127.0.0.1', port: 0 }),
  routed: () => hosted({ path }, { isBehindRouter: true }),
  router,
}
const port = await servers[mode ?? '']?.()
process.send?.({ port })
process.on('message', (asked) => {
  if (asked === 'collect') (globalThis as { gc?: () => void }).gc?.()
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuUs: user + system })
})
process.on('disconnect', () => process.exit())
