/** The console and the query API behind one port. */
import { join } from 'node:path'
import { dataFolder, ownPort, type Secrets, type SpyglassConfig } from '@spyglass/process/checked-config'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { type GuessDelay, openAuthenticator } from '@spyglass/process/access'
import {
  administrationApi,
  answerFrameworkError,
  answerProblems,
  askDecider,
  followManagement,
  routerOptions,
} from '@spyglass/process/administration-api'
import { isLocalClient } from '@spyglass/process/listener'
import type { Logger } from '@spyglass/process/logger'
import { type Registry, sampled } from '@spyglass/agent/registry'
import { servePort } from '@spyglass/process/own-port'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Alerting } from '../alert/index.ts'
import { createManagementClient, createQueryClient } from '../query/index.ts'
import { addDemoApi } from './api-demo.ts'
import { addIncidentsApi, type IncidentsApiOptions } from './api-incidents.ts'
import { addResourcesApi, type ResourcesApiOptions, statusOf } from './api-resources.ts'
import { addTelemetryApi } from './api-telemetry.ts'
import { compressed } from './answers.ts'
import { loadAssets } from './assets.ts'
import { installGuard } from './guard.ts'
import { addLoginRoutes } from './login-routes.ts'
import { refuseUnknownParameters } from './parameters.ts'
import { createSessions } from './sessions.ts'

export interface ConsoleOptions {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  readonly logger: Logger
  /** Of the process, which shows the port as a listener. */
  readonly registry?: Registry
  /** If omitted, the alerts view says that this process evaluates no rules. */
  readonly alerting?: Pick<Alerting, 'deliveries' | 'incidents' | 'rules' | 'silences' | 'silencesAbout' | 'waiting'>
  /** Asks the process that decides. Default: that of the data folder. */
  readonly ask?: IncidentsApiOptions['ask']
  /** Everything received before this moment is in the store, in milliseconds since the epoch. Default: now. */
  readonly readableUntil?: () => number
  /** Whether the server was started with `--demo`: it has buttons that make incidents. Default: false. */
  readonly demo?: boolean
  readonly now?: () => number
  /** Default: one of its own. */
  readonly guesses?: GuessDelay
}

export interface RunningConsole {
  readonly port: number
  /** Closes the port and ends open responses, within 5 s. */
  stop(): Promise<void>
}

const READY_FOR_MS = 1000

const LIMITS = { bodyLimit: 16_384, routerOptions } as const

/** @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { config, secrets, registry, alerting, demo = false, now = Date.now, guesses } = options
  const folder = dataFolder(config.data)
  const { ask = askDecider(folder) } = options
  const authenticator = openAuthenticator('console', { secrets, folder, ...(guesses ? { guesses } : {}) })
  const logger = options.logger.child({ component: 'console' })
  const query = createQueryClient({ config, secrets })
  const api: ResourcesApiOptions = {
    config,
    query,
    management: createManagementClient(config, secrets.internal.token),
    alerting,
    demo,
    now,
  }
  const app = fastify({ ...LIMITS, logger: false, frameworkErrors: answerFrameworkError })

  const assets = loadAssets(config.alerting.language)
  // anyone may call /ready as often as they like: the store is queried once a second
  const status = sampled(READY_FOR_MS, () => statusOf(api), now)
  const guard = {
    authenticator,
    sessions: createSessions({ now, isCurrent: (principal) => authenticator.isCurrent(principal) }),
    publicUrl: config.console.publicUrl,
  }
  const principalOf = installGuard(app, guard)
  installAnswers(app, logger)
  const mayChange = ({ raw }: FastifyRequest): boolean => config.management.remoteChanges || isLocalClient(raw)
  addLoginRoutes(app, { ...guard, assets, mayChange })
  await app.register(administrationApi, {
    prefix: '/api/v1/administration',
    principalOf,
    ask,
    follow: followManagement(folder),
    mayChange,
    uploads: { folder: join(folder.uploads, 'console'), maxBytes: config.deployment.maxUploadBytes },
    onFault: (error, { url }) => logger.warn({ err: error, path: url.split('?', 1)[0] }, 'request failed'),
  })
  await app.register(async (own) => {
    refuseUnknownParameters(own) // the administration API has its own declarations
    addResourcesApi(own, api)
    addIncidentsApi(own, { alerting, query, config, now, principalOf, ask, mayChange })
    if (demo) addDemoApi(own, { ...api, principalOf, mayChange })
    addTelemetryApi(own, { query, now, readableUntil: options.readableUntil ?? now })
  })
  app.get('/', (request, reply) => assets.sendDocument(request, reply, 'index.html'))
  app.get<{ Params: { name: string } }>('/assets/:name', (request, reply) => assets.send(request, reply, request.params.name))
  app.get('/favicon.ico', (request, reply) => assets.send(request, reply, 'favicon.svg'))
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async (_request, reply) => {
    const { store, management } = await status()
    const reasons = [store, management].flatMap(({ ok, reason }) => (ok ? [] : [reason ?? 'unknown']))
    return reply.code(store.ok ? 200 : 503).send({ ready: store.ok, reasons })
  })

  const served = await servePort(app, { port: ownPort(config, 'console'), ownTokens: [secrets.internal.token], registry, logger })
  logger.info({ host: config.console.host, port: served.port }, 'console listens')
  let stopping: Promise<void> | undefined
  return { port: served.port, stop: () => (stopping ??= served.close(0).then(() => query.stop())) }
}

function installAnswers(app: FastifyInstance, logger: Logger): void {
  answerProblems(app, {
    onFault: (error, { url }) =>
      logger.warn({ code: codeOf(error), path: url.split('?', 1)[0], reason: messageOf(error) }, 'request failed'),
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    return compressed(request, reply, payload)
  })
}
