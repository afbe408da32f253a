/** The console and the query API behind one port. */
import { dataFolder, type Secrets, type SpyglassConfig } from '@spyglass/process/checked-config'
import type { SpyglassError } from '@spyglass/agent/contract'
import { callerRules, type GuessDelay, openAuthenticator } from '@spyglass/process/access'
import type { Logger } from '@spyglass/process/logger'
import { sampled } from '@spyglass/agent/registry'
import { fastifyLimits, listen } from '@spyglass/process/http-server'
import fastify, { type FastifyInstance } from 'fastify'
import type { Alerting } from '../alert/index.ts'
import { createManagementClient, createQueryClient } from '../query/index.ts'
import { addResourcesApi, type ResourcesApiOptions, statusOf } from './api-resources.ts'
import { addTelemetryApi } from './api-telemetry.ts'
import { compressed } from './answers.ts'
import { loadAssets } from './assets.ts'
import { fail } from './errors.ts'
import { installGuard } from './guard.ts'
import { addLoginRoutes } from './login-routes.ts'
import { createSessions } from './sessions.ts'

export interface ConsoleOptions {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  readonly logger: Logger
  /** If omitted, the alerts view says that this process evaluates no rules. */
  readonly alerting?: Pick<Alerting, 'incidents'>
  /** Everything received before this moment is in the store, in milliseconds since the epoch. Default: now. */
  readonly readableUntil?: () => number
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

const LIMITS = { bodyLimit: 16_384, maxRequestsPerSocket: 10_000, routerOptions: { maxParamLength: 200 } } as const

/** @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { config, secrets, alerting, now = Date.now, guesses } = options
  const folder = dataFolder(config.data)
  const authenticator = openAuthenticator('console', { secrets, folder, ...(guesses ? { guesses } : {}) })
  const logger = options.logger.child({ component: 'console' })
  const query = createQueryClient({ config, secrets })
  const api: ResourcesApiOptions = { config, query, management: createManagementClient(config), alerting, now }
  const slowClients = fastifyLimits({
    requestTimeoutMs: 15_000,
    keepAliveTimeoutMs: 30_000,
    headersTimeoutMs: config.server.headersTimeoutMs,
  })
  const app = fastify({ ...LIMITS, ...slowClients, forceCloseConnections: true, logger: false })

  const assets = loadAssets()
  // anyone may call /ready as often as they like: the store is queried once a second
  const status = sampled(READY_FOR_MS, () => statusOf(api), now)
  const guard = {
    authenticator,
    sessions: createSessions({ now, isCurrent: (principal) => authenticator.isCurrent(principal) }),
    caller: callerRules(config),
    publicUrl: config.console.publicUrl,
  }
  installGuard(app, guard)
  installAnswers(app, logger)
  addLoginRoutes(app, { ...guard, assets })
  addResourcesApi(app, api)
  addTelemetryApi(app, { query, now, readableUntil: options.readableUntil ?? now })
  app.get('/', (request, reply) => assets.sendDocument(request, reply, 'index.html'))
  app.get<{ Params: { name: string } }>('/assets/:name', (request, reply) => assets.send(request, reply, request.params.name))
  app.get('/favicon.ico', (request, reply) => assets.send(request, reply, 'favicon.svg'))
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async (_request, reply) => {
    const { store, management } = await status()
    const reasons = [store, management].flatMap(({ ok, reason }) => (ok ? [] : [reason ?? 'unknown']))
    return reply.code(store.ok ? 200 : 503).send({ ready: store.ok, reasons })
  })

  const port = await listen(app, { name: 'console.port', ...config.console })
  logger.info({ host: config.console.host, port }, 'console listens')
  let stopping: Promise<void> | undefined
  return { port, stop: () => (stopping ??= app.close().then(() => query.stop())) }
}

const STATUS: Readonly<Record<string, number>> = {
  SPY_CONSOLE_PARAMETER_INVALID: 400,
  SPY_CONSOLE_UNAUTHENTICATED: 401,
  SPY_CONSOLE_FOREIGN_ORIGIN: 403,
  SPY_CONSOLE_FOREIGN_HOST: 403,
  SPY_CONSOLE_NOT_FOUND: 404,
  SPY_CONSOLE_TRACE_NOT_FOUND: 404,
  SPY_CONSOLE_TOO_MANY_LOGINS: 429,
  SPY_QUERY_UNREACHABLE: 503,
  SPY_QUERY_REFUSED: 503,
  SPY_QUERY_FAILED: 502,
  SPY_QUERY_TIMEOUT: 504,
  SPY_MANAGEMENT_UNREACHABLE: 503,
  SPY_MANAGEMENT_INVALID: 502,
}

function installAnswers(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: SpyglassError & { statusCode?: number }, request, reply) => {
    const status = STATUS[error.code] ?? error.statusCode ?? 500
    const isOurs = error.code?.startsWith('SPY_')
    if (status >= 500) logger.warn({ code: error.code, path: request.url.split('?', 1)[0], reason: error.message }, 'request failed')
    const told = isOurs || status < 500 ? error : fail('SPY_CONSOLE_INTERNAL')
    return reply.code(status).send({ error: { code: told.code, message: told.message } })
  })
  app.setNotFoundHandler((request, reply) => {
    const { code, message } = fail('SPY_CONSOLE_NOT_FOUND', [request.url.split('?', 1)[0]])
    return reply.code(404).send({ error: { code, message } })
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    return compressed(request, reply, payload)
  })
}
