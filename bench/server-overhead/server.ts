/**
 * One of the two servers: `plain` is Fastify by itself; `hosted` is the same application under a context path with access log and
 * registry, in a process that the agent was preloaded into. Answers `cpu` over IPC with the microseconds of the whole process.
 */
import type { AddressInfo } from 'node:net'
import { currentAgent } from '@spyglass/agent'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { hostApplications, HttpListener, openDatasources } from '@spyglass/runtime/application'
import { AddressList } from '../../runtime/src/listener/address-list.ts'
import create from './application.ts'

const [mode, folder = ''] = process.argv.slice(2)

// Connections of the one rest while the other works.
const KEEP_ALIVE_MS = 600_000

async function plain(): Promise<number> {
  const app = create()
  app.server.keepAliveTimeout = KEEP_ALIVE_MS
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

async function hosted(): Promise<number> {
  const registry = currentAgent()?.registry ?? createRegistry({ kindNamed: () => undefined })
  const around = { instance: 'bench', registry, logger: createLogger({ process: 'bench', level: 'warn' }) }
  const listener = new HttpListener({
    healthPath: '/health',
    readyPath: '/ready',
    trustedProxies: new AddressList(['loopback']),
    limits: { keepAliveTimeoutMs: KEEP_ALIVE_MS },
  })
  const socket = { host: '127.0.0.1', port: 0 }
  await hostApplications({
    ...around,
    applications: [{ name: 'hello', folder: import.meta.dirname, contextPath: '/app', startTimeoutMs: 10_000 }],
    isolation: 'own',
    listener,
    socket,
    address: socket,
    datasources: await openDatasources({ ...around, folder, datasources: [] }),
    accessLog: { folder },
  })
  return listener.port ?? 0
}

const port = mode === 'plain' ? await plain() : await hosted()
process.send?.({ port })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuUs: user + system })
})
process.on('disconnect', () => process.exit())
