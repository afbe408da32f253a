/**
 * Entry of an instance: hosts the applications of its share. The agent was loaded before this module (`--import`), so everything an
 * application does is recorded. Read http-listener.ts for how it stops without losing a request.
 */
import { currentAgent } from '@spyglass/agent'
import { codeOf, kindNamed } from '@spyglass/agent/contract'
import { inherited } from '@spyglass/process/channel'
import { connectKeeper, firstMessage, type KeeperLink } from '@spyglass/process/keeper-link'
import { createLogger } from '@spyglass/process/logger'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { createRegistry } from '@spyglass/agent/registry'
import { hostApplications } from '../application/index.ts'
import { type Datasources, installDatasources, openDatasources } from '../datasource/index.ts'
import type { instanceErrors } from './errors.ts'
import { HttpListener } from '../listener/http-listener.ts'
import { listenerOptions } from './listener-options.ts'
import { liveSettingsOf } from './live.ts'
import { renewCertificates } from './renew-certificates.ts'
import { registerInstance, registerListener } from './resources.ts'
import type { InstanceShare } from './share.ts'

const share = (await firstMessage('share')).share as InstanceShare
const { instance } = share
const logger = createLogger({ process: instance, level: share.logLevel, levels: share.logLevels })
const agent = currentAgent()
const registry = agent?.registry ?? createRegistry({ kindNamed })

async function serve(link: () => KeeperLink): Promise<(deadlineMs: number) => Promise<void>> {
  const { applications, isolation, accessLogs: folder, data } = share
  const datasources = await openDatasources({ datasources: share.datasources, folder: data, instance, registry, logger })
  opened = datasources
  installDatasources(datasources)
  const options = await listenerOptions(share)
  const listener = new HttpListener(options)
  registerListener(registry, instance, share.listener, listener)
  const host = await hostApplications({
    applications,
    hosts: share.hosts,
    isolation,
    listener,
    socket: { fd: inherited()?.listeners[share.listener.name] },
    address: share.listener,
    instance,
    registry,
    logger,
    datasources,
    onModified: () => link().send({ type: 'command', id: 0, verb: 'reload', target: instance }),
    ...(share.accessLog.enabled ? { accessLog: { folder, form: share.accessLog } } : {}),
  })
  if (options.tls) renewCertificates(listener, logger)
  for (const [name, fd] of Object.entries(inherited()?.listeners ?? {})) if (name !== share.listener.name) await listener.listen({ fd })
  link().ready()
  return async (deadlineMs) => {
    const drained = listener.drain(deadlineMs)
    host.drain()
    const cut = await drained
    if (cut > 0) link().send({ type: 'cut', count: cut })
    await host.stop(1000)
    await datasources.close(1000)
    await agent?.flush(500)
  }
}

let opened: Datasources | undefined
let stopServing: Promise<(deadlineMs: number) => Promise<void>> | undefined
const link = connectKeeper({
  registry,
  live: liveSettingsOf(share, { agent, datasources: () => opened }),
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
