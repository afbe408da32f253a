/**
 * Entry of the router of a listener that has several applications with processes of their own. It owns the listener's sockets and certificates, and
 * begins to serve when it has its first routing table.
 */
import { currentAgent } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { inherited } from '@spyglass/process/channel'
import { connectKeeper, firstMessage } from '@spyglass/process/keeper-link'
import { LiveSettings } from '@spyglass/process/live-settings'
import { createLogger, setLogLevels } from '@spyglass/process/logger'
import { HttpListener, registerListener, renewCertificates } from '@spyglass/process/listener'
import { listenerOptions } from '../front/listener-options.ts'
import { registerInstance } from '../instance/resources.ts'
import { Router } from './router.ts'
import type { RoutingTable } from './routes.ts'
import type { RouterShare } from './share.ts'

const share = (await firstMessage('share')).share as RouterShare
const { instance, logLevel: level, logLevels: levels } = share
const logger = createLogger({ process: instance, level, levels })
const agent = currentAgent()
const registry = agent?.registry ?? createRegistry({ kindNamed })
const options = await listenerOptions(share)
const listener = new HttpListener({ ...options, isRouter: true })
const router = new Router({
  listener,
  front: options,
  table: { hosts: [], routes: [], accessLogs: {} },
  needsCertificate: share.listener.tls.clientAuthorities !== undefined,
  instance,
  logger,
})
const config = { logs: { level, levels } }
const live = new LiveSettings(config)
live.onChange(['logs'], () => setLogLevels(config.logs))
let isServing = false

const link = connectKeeper({
  registry,
  live,
  async stop(deadlineMs) {
    const drained = listener.drain(Math.max(500, deadlineMs - 1000))
    router.drain()
    const cut = await drained
    if (cut > 0) link.send({ type: 'cut', count: cut })
    await router.stop()
    await agent?.flush(500)
  },
  onMessage(message) {
    if (message.type !== 'routing') return
    if (message.table !== undefined) router.routes.set(message.table as RoutingTable)
    router.routes.setStates(message.states)
    if (isServing) return
    isServing = true
    void serve()
  },
})
registerPlatformBeans(registry, { processName: instance })
registerInstance(registry, instance, agent)
registerListener(registry, instance, share.listener, listener)

async function serve(): Promise<void> {
  for (const fd of Object.values(inherited()?.listeners ?? {})) await listener.listen({ fd })
  if (options.tls) renewCertificates(listener, logger)
  link.ready()
}
