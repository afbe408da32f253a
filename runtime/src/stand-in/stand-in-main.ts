/**
 * Entry of the process that answers 503 with Retry-After on a listener that no instance serves. A process of its own, since a socket once listened on
 * cannot be left again without closing it: it is started after two seconds without an instance and ends when one is back. It has the listener's own limits
 * and certificates, and what it answers is in the access log of the application that the request was for, and in the counts.
 */
import http from 'node:http'
import type { Agent } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { inherited } from '@spyglass/process/channel'
import { accessLogOf, configOfProcess, dataFolder } from '@spyglass/process/checked-config'
import { connectKeeper } from '@spyglass/process/keeper-link'
import { createLogger } from '@spyglass/process/logger'
import { guardOutput } from '@spyglass/process/output'
import { AccessLogs } from '../access-log/index.ts'
import { listenerOptions } from '../front/listener-options.ts'
import { HttpListener, registerListener } from '@spyglass/process/listener'
import { NoInstance } from './no-instance.ts'

const STOP_MS = 1000

guardOutput('stand-in')
const { name = 'stand-in', listeners = {} } = inherited() ?? {}
const [listenerId = '', fd = -1] = Object.entries(listeners)[0] ?? []
const config = await configOfProcess(process.argv.slice(2))
const logger = createLogger({ process: name, level: config.logs.level, levels: config.logs.levels })
const listenerConfig = config.listeners.find((listener) => listenerId.split('@', 1)[0] === listener.name)
if (!listenerConfig) {
  logger.error({ listenerId }, 'the stand-in was given no listener')
  process.exit(1)
}
const applications = config.applications.filter(({ listener }) => listener === listenerConfig.name)
const agent = await countAs(applications.length === 1 ? applications[0]?.name : undefined)
const registry = agent?.registry ?? createRegistry({ kindNamed })
const folder = dataFolder(config.data, config.logs.folder)
const traffic = new NoInstance({
  applications,
  hosts: config.hosts,
  accessLogs: new AccessLogs({ configOf: (application) => accessLogOf(config, folder, application), instance: name, logger }),
})
const options = await listenerOptions({
  listener: listenerConfig,
  headersTimeoutMs: config.server.headersTimeoutMs,
  redirectPort: undefined,
})
const listener = new HttpListener({ ...options, healthPath: '', readyPath: '' })
listener.use(http.createServer(), traffic)
registerListener(registry, name, listenerConfig, listener)
const link = connectKeeper({
  registry,
  stop: async (deadlineMs) => {
    await listener.drain(Math.min(STOP_MS, deadlineMs))
    await Promise.all([traffic.stop(), agent?.flush(500)])
  },
})
await listener.listen({ fd })
link.ready()

/** Requests count for the application that they are for, if there is only one. The agent reads its settings when it is loaded. */
async function countAs(application: string | undefined): Promise<Agent | undefined> {
  const { env } = process
  if (application !== undefined) env['OTEL_SERVICE_NAME'] = application
  const attributes = env['OTEL_RESOURCE_ATTRIBUTES']
  if (attributes !== undefined) env['OTEL_RESOURCE_ATTRIBUTES'] = attributes.replace('=stand-in', `=${encodeURIComponent(name)}`)
  await import('@spyglass/agent/register')
  const { currentAgent } = await import('@spyglass/agent')
  return currentAgent()
}
