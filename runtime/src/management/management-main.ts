/** Entry of the management process: the one place where all resources and events of a server come together. */
import { configFromArguments, dataFolder, readSecrets } from '@spyglass/agent/config'
import { kindNamed, type SpyglassEvent, type ToChild } from '@spyglass/agent/contract'
import { connectKeeper } from '@spyglass/agent/keeper-link'
import { createLogger } from '@spyglass/agent/logger'
import { createOtlpExporter, eventLogRecord } from '@spyglass/agent/otlp'
import { registerPlatformBeans } from '@spyglass/agent/platform'
import { createRegistry } from '@spyglass/agent/registry'
import { serverIdentity, version } from '../identity.ts'
import { listenOrExit } from '../listen-or-exit.ts'
import { buildManagement } from './http.ts'
import { IncidentTracker } from './incident-tracker.ts'
import { KeeperCommands } from './keeper-commands.ts'
import { KEEPER, ResourceMerge } from './resource-merge.ts'

const config = configFromArguments(process.argv.slice(2))
const folder = dataFolder(config.data)
const secrets = readSecrets(folder.secrets)
const logger = createLogger({ process: 'management', level: config.logs.level })
const registry = createRegistry({ kindNamed })
registerPlatformBeans(registry, { processName: 'management', fallback: true })

const exporter = createOtlpExporter({
  endpoint: config.agent.endpoint ?? `http://${config.collector.host}:${config.collector.otlpHttpPort}`,
  resource: { 'service.name': config.server.name, 'service.instance.id': 'management', 'service.version': version },
  intervalMs: 100, // whoever evaluates them wants to see events within a second
})
registry.onEvent((event) => {
  exporter.exportLogs([eventLogRecord(event)])
  logger.info({ component: 'events', event: event.name, incidentId: event.incidentId, resource: event.resource }, event.message)
})

const incidents = new IncidentTracker((event) => registry.relay(event))
const merge = new ResourceMerge()

function onEvent(source: string, event: SpyglassEvent): void {
  incidents.seen(source, event)
  registry.relay(event)
}

function onGone(source: string): void {
  for (const [name, snapshot] of merge.gone(source)) registry.adopt(name, snapshot)
  if (source !== KEEPER) incidents.gone(source)
}

function onMessage(message: ToChild): void {
  if (message.type === 'source') for (const [name, snapshot] of merge.push(message.source, message.snapshot)) registry.adopt(name, snapshot)
  if (message.type === 'event') onEvent(message.source, message.event)
  if (message.type === 'gone') onGone(message.source)
  if (message.type === 'result') commands.onResult(message)
}

const link = connectKeeper({
  registry,
  passEvents: false, // they end up here
  onMessage,
  stop: async () => {
    await app.close()
    await exporter.stop(2000)
  },
})
const commands = new KeeperCommands((message) => link.send(message))
const app = await buildManagement({
  registry,
  logger,
  agentId: serverIdentity(folder),
  version,
  credentials: secrets.console,
  reload: (target) => commands.run('reload', target),
})
await listenOrExit({ app, ...config.management, what: 'management', link, logger })
link.ready()
