/**
 * Entry of an instance: hosts the applications of one listener. The agent was loaded before this module (`--import`), so everything an
 * application does is recorded. Read http-listener.ts for how it stops without losing a request.
 */
import { parseArgs } from 'node:util'
import { currentAgent } from '@spyglass/agent'
import { configOfProcess, dataFolder } from '@spyglass/process/checked-config'
import { codeOf, kindNamed, type ToChild } from '@spyglass/agent/contract'
import { connectKeeper, type KeeperLink } from '@spyglass/process/keeper-link'
import { createLogger } from '@spyglass/process/logger'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { createRegistry } from '@spyglass/agent/registry'
import { hostApplications } from '../application/index.ts'
import { installDatasources, openDatasources } from '../datasource/index.ts'
import type { instanceErrors } from './errors.ts'
import { HttpListener } from '../listener/http-listener.ts'
import { registerInstance, registerListener } from './resources.ts'

const { values } = parseArgs({ options: { instance: { type: 'string' }, listener: { type: 'string' } }, strict: false })
const instance = String(values.instance)

/** The keeper sends the socket as soon as the channel stands: it must be heard before the applications are loaded. */
const socket = new Promise<unknown>((resolve) => {
  process.on('message', (message: ToChild, handle: unknown) => message.type === 'listener' && resolve(handle))
})

const config = await configOfProcess(process.argv.slice(2))
const folder = dataFolder(config.data)
const logger = createLogger({ process: instance, level: config.logs.level })
const agent = currentAgent()
const registry = agent?.registry ?? createRegistry({ kindNamed })
const listenerConfig = config.listeners.find(({ name }) => name === values.listener)

async function serve(link: () => KeeperLink): Promise<(deadlineMs: number) => Promise<void>> {
  const datasources = await openDatasources({ datasources: config.datasources, folder: config.data, instance, registry, logger })
  installDatasources(datasources)
  const applications = config.applications.filter(({ listener }) => listener === values.listener)
  const host = await hostApplications({ applications, instance, registry, logger, datasources, accessLog: { folder: folder.accessLogs } })
  const listener = new HttpListener((request, response) => host.handler(request, response), config.server.headersTimeoutMs)
  if (listenerConfig) registerListener(registry, instance, listenerConfig, listener)
  await listener.listen(await socket)
  link().ready()
  return async (deadlineMs) => {
    await listener.drain(deadlineMs)
    await host.stop(1000)
    await datasources.close(1000)
    await agent?.flush(500)
  }
}

let stopServing: Promise<(deadlineMs: number) => Promise<void>> | undefined
const link = connectKeeper({
  registry,
  stop: async (deadlineMs) => {
    const stop = await stopServing
    await stop?.(Math.max(500, deadlineMs - 2000))
  },
})
registerPlatformBeans(registry, { processName: instance })
registerInstance(registry, instance, agent)
try {
  stopServing = serve(() => link)
  await stopServing
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  logger.error({ err: error }, 'the instance could not start')
  link.send({ type: 'failed', code: codeOf(error) ?? ('SPY_INSTANCE_FAILED' satisfies keyof typeof instanceErrors), message })
  await agent?.flush(500)
  process.exit(1)
}
