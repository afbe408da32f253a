/**
 * One of the two servers: `plain` is Fastify by itself; `hosted` is the same application under a context path with access log and
 * registry, in a process that the agent was preloaded into. Answers `cpu` over IPC with the microseconds of the whole process.
 */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { currentAgent } from '@spyglass/agent'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { hostApplications, openDatasources } from '@spyglass/runtime/application'
import { AddressList } from '../../runtime/src/listener/address-list.ts'
import { HttpListener } from '../../runtime/src/listener/http-listener.ts'
import create from './application.ts'

const [mode, folder = ''] = process.argv.slice(2)

async function plain(): Promise<Server> {
  const app = create()
  await app.ready()
  return createServer((request, response) => app.routing(request, response))
}

async function hosted(): Promise<Server> {
  const registry = currentAgent()?.registry ?? createRegistry({ kindNamed: () => undefined })
  const around = { instance: 'bench', registry, logger: createLogger({ process: 'bench', level: 'warn' }) }
  const host = await hostApplications({
    ...around,
    applications: [{ name: 'hello', folder: import.meta.dirname, contextPath: '/app', startTimeoutMs: 10_000 }],
    datasources: await openDatasources({ ...around, folder, datasources: [] }),
    accessLog: { folder },
  })
  const listener = new HttpListener({ healthPath: '/health', readyPath: '/ready', trustedProxies: new AddressList(['loopback']) })
  const served = createServer()
  listener.use(served, host)
  return served
}

const server = mode === 'plain' ? await plain() : await hosted()
// Connections of the one rest while the other works.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuUs: user + system })
})
process.on('disconnect', () => process.exit())
