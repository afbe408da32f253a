/**
 * Entry of an instance: hosts the applications of its share. The agent was loaded before this module (`--import`), so everything an
 * application does is recorded. Read http-listener.ts for how it stops without losing a request.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { currentAgent } from '@spyglass/agent'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { inherited } from '@spyglass/process/channel'
import { accessLogOf } from '@spyglass/process/checked-config'
import { channelAlive, connectKeeper, type FailedApplication, firstMessage, type KeeperLink } from '@spyglass/process/keeper-link'
import { createLogger } from '@spyglass/process/logger'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { createRegistry } from '@spyglass/agent/registry'
import { AccessLogs } from '../access-log/index.ts'
import { type ApplicationHost, ClusterPrimary, hostApplications } from '../application/index.ts'
import { fail, type instanceErrors } from './errors.ts'
import { HttpListener, registerListener, renewCertificates } from '@spyglass/process/listener'
import { workerShareOf } from './cluster-worker-share.ts'
import { checkHealth } from './health/health-checks.ts'
import { listenerOptions } from '../front/listener-options.ts'
import { answerTo } from './answers.ts'
import { liveSettingsOf } from './live.ts'
import { registerInstance } from './resources.ts'
import { installResources, openResources, type Resources } from '../resource/index.ts'
import { type Addresses, applicationAddresses, type InstanceShare, shareAt } from './share.ts'

/** How long an instance that has failed may take to send what it recorded. */
const LAST_FLUSH_MS = 500

const share = (await firstMessage('share')).share as InstanceShare
const { instance } = share
const logger = createLogger({ process: instance, level: share.logLevel, levels: share.logLevels })
const agent = currentAgent()
const registry = agent?.registry ?? createRegistry({ kindNamed })

/** The resources that its applications name. */
async function openOwn(): Promise<Resources> {
  const { applications, isolation, data, state } = share
  return await openResources({
    resources: share.resources,
    sessions: share.sessions,
    jobs: share.jobs,
    folder: data,
    stateFolder: state,
    applicationFolders: applications.map(({ folder }) => folder),
    instance,
    application: isolation === 'shared' ? undefined : applications[0]?.name,
    registry,
    logger,
  })
}

async function serve(link: () => KeeperLink): Promise<(deadlineMs: number) => Promise<void>> {
  const { applications, isolation } = share
  const resources = await openOwn()
  opened = resources
  installResources(resources)
  const options = await listenerOptions(share)
  const listener = new HttpListener(options)
  if (isolation !== 'shared')
    cluster.watch(import.meta.resolve('./cluster-worker-main' + (import.meta.url.endsWith('.ts') ? '.ts' : '.js')))
  const own = inherited()?.listeners[share.listener.name]
  if (own !== undefined) registerListener(registry, instance, share.listener, listener) // a worker has none
  const host = readdressed(
    await hostApplications({
      applications,
      disabled: share.disabled,
      hosts: share.hosts,
      isolation,
      listener,
      socket: { fd: own },
      address: share.listener,
      instance,
      registry,
      logger,
      resources,
      keepAlive: channelAlive,
      onFailures: (failed) => servesPartly(link(), failed),
      onWaiting: (application, timeoutMs) => link().send({ type: 'waiting', application, timeoutMs }),
      onModified: () => link().send({ type: 'command', id: 0, verb: 'reload', target: instance }),
      accessLogs,
      cluster,
    }),
  )
  if (options.tls) renewCertificates(listener, logger)
  for (const [name, fd] of Object.entries(inherited()?.listeners ?? {})) if (name !== share.listener.name) await listener.listen({ fd })
  link().ready()
  const stopChecking = checkHealth({
    settings: applications,
    applications: host.applications,
    onChange: (problem) => link().send({ type: 'health', ...(problem === undefined ? {} : { problem }) }),
  })
  return async (deadlineMs) => {
    stopChecking()
    const worked = resources.drain(deadlineMs)
    const drained = Promise.all([listener.drain(deadlineMs), cluster.drain(deadlineMs)])
    host.drain()
    const cut = (await drained).reduce((sum, each) => sum + each, 0)
    await worked
    link().push() // its counters are final, and its applications are still there
    if (cut > 0) link().send({ type: 'cut', count: cut })
    await host.stop(share.closeMs / 2)
    await resources.close(share.closeMs / 4)
    await agent?.flush(share.closeMs / 4)
  }
}

/** @throws SPY_INSTANCE_REFUSED when the instance is not to serve without them */
async function servesPartly(keeper: KeeperLink, failed: readonly FailedApplication[]): Promise<void> {
  if (!(await keeper.servesPartly(failed))) throw fail('SPY_INSTANCE_REFUSED', [failed.map(({ application }) => application).join(', ')])
}

const accessLogs = new AccessLogs({
  configOf: (application) => accessLogOf({ logs: { access: share.accessLog }, applications: share.applications }, share, application),
  instance,
  logger,
})
let addresses = applicationAddresses(share)
let hosting: ApplicationHost | undefined
const cluster = new ClusterPrimary(() => workerShareOf(shareAt(share, addresses)), clusterEnded)
let opened: Resources | undefined
let stopServing: Promise<(deadlineMs: number) => Promise<void>> | undefined
const link = connectKeeper({
  registry,
  onMessage: (message) => {
    if (message.type === 'ask') void answerTo(message, { agent, resources: opened }).then((answer) => link.send(answer))
    if (message.type === 'addresses') moved(message.addresses as Addresses)
  },
  live: liveSettingsOf(share, { agent, resources: () => opened, accessLogs: { changed: logsChanged }, workers: cluster }),
  stop: async (deadlineMs) => {
    const stop = await stopServing?.catch(() => undefined) // one that failed stops by itself
    await stop?.(Math.max(0, deadlineMs - share.closeMs))
  },
})
function clusterEnded(): void {
  const { code, message } = fail('SPY_CLUSTER_ENDED', [])
  logger.error({ code }, message)
  link.send({ type: 'failed', code, message })
  const flushed = Promise.all([accessLogs.flush(), agent?.flush(LAST_FLUSH_MS)])
  void Promise.race([flushed, sleep(LAST_FLUSH_MS)]).finally(() => process.exit(1))
}

function moved(to: Addresses): void {
  addresses = to
  hosting?.readdress(to)
  cluster.changed()
}

/** Applications may have moved while it started. */
function readdressed(host: ApplicationHost): ApplicationHost {
  hosting = host
  host.readdress(addresses)
  return host
}

function logsChanged(): void {
  accessLogs.changed()
  cluster.changed()
}

registerPlatformBeans(registry, { processName: instance })
registerInstance(registry, instance, agent)
try {
  stopServing = serve(() => link)
  await stopServing
} catch (error) {
  const message = messageOf(error)
  logger.error({ err: error }, 'the instance could not start')
  link.send({ type: 'failed', code: codeOf(error) ?? ('SPY_INSTANCE_FAILED' satisfies keyof typeof instanceErrors), message })
  await agent?.flush(LAST_FLUSH_MS)
  process.exit(1)
}
