/** The management endpoint: Jolokia, Prometheus, health, and the administration API for users and tokens. */
import { type EventFeed, jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { type Authenticator, goneSignal, type Principal, proofOf } from '@spyglass/process/access'
import {
  administrationApi,
  type AdministrationApiOptions,
  answerFrameworkError,
  answerProblem,
  answerProblems,
  routerOptions,
} from '@spyglass/process/administration-api'
import { clientAddressOf } from '@spyglass/process/listener'
import type { Logger } from '@spyglass/process/logger'
import { exposition } from '@spyglass/mbeans/prometheus'
import type { Registry } from '@spyglass/agent/registry'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { CallerRules, SpyglassError } from '@spyglass/agent/contract'
import { fail } from './errors.ts'
import type { Readiness } from './readiness.ts'

export interface ManagementOptions {
  readonly registry: Registry
  /** Where its events come from; the registry's own by default. */
  readonly feed?: EventFeed
  /** The registry of one process of the server; undefined when there is none of this name now. */
  readonly nodes?: (name: string) => Registry | undefined
  readonly logger: Logger
  readonly agentId: string
  readonly version: string
  /** Who may administer, and as what. */
  readonly authenticator: Authenticator
  /** Who is welcome besides localhost and IP addresses. */
  readonly caller?: CallerRules
  /** Whether reading needs a user or a token as well. Default: false. */
  readonly isProtected?: boolean
  readonly readiness: () => Readiness
  /** What the administration API works with. */
  readonly api: Pick<AdministrationApiOptions, 'ask' | 'follow' | 'mayChange' | 'uploads'>
}

export async function buildManagement(options: ManagementOptions): Promise<FastifyInstance> {
  const { logger, readiness, isProtected = false, authenticator } = options
  const principals = new WeakMap<FastifyRequest, Principal>()
  const onFault = (error: unknown, { url }: FastifyRequest): void => logger.error({ err: error, url }, 'a request of management failed')
  const base: FastifyBaseLogger = logger
  const app = fastify({
    loggerInstance: base,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_048_576,
    frameworkErrors: answerFrameworkError,
    routerOptions,
  })
  answerProblems(app, {
    onFault,
    async admit(request, reply) {
      if (isProtected && !OPEN.test(request.url) && !principals.has(request)) await admitted(request, reply, authenticator)
    },
  })
  await app.register(reading, options)
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async (_request, reply) => {
    const now = readiness()
    return reply.code(now.ready ? 200 : 503).send(now)
  })
  await app.register(administration, { ...options, principals, prefix: '/api/v1' })
  return app
}

/** Public also where reading is not. */
const OPEN = /^\/(health|ready)(\?|$)/

/** Jolokia and Prometheus. */
async function reading(app: FastifyInstance, options: ManagementOptions): Promise<void> {
  const { registry, feed, nodes, logger, agentId, version, authenticator, isProtected = false, caller = {} } = options
  if (isProtected) {
    app.addHook('onRequest', async (request, reply) => {
      const verdict = await judged(request, reply, authenticator)
      if ('code' in verdict) await answerProblem(reply, verdict) // Jolokia would answer 200
    })
  }
  await app.register(jolokiaPlugin, { registry, agentId, version, logger, caller, ...(feed ? { feed } : {}), ...(nodes ? { nodes } : {}) })
  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await exposition(registry, request.headers.accept)
    return reply.header('content-type', contentType).header('vary', 'accept').send(body)
  })
}

/** Who it is, or why the request is refused, with what the client should know in the headers. */
async function judged(request: FastifyRequest, reply: FastifyReply, authenticator: Authenticator): Promise<Principal | SpyglassError> {
  const from = { address: clientAddressOf(request.raw) ?? '', gone: goneSignal(reply.raw) }
  const verdict = await authenticator.admit(proofOf(request.headers.authorization), from)
  if ('principal' in verdict) return verdict.principal
  if (verdict.refused === 'later') {
    void reply.header('retry-after', String(verdict.seconds)).header('connection', 'close')
    return fail('SPY_TOO_MANY_GUESSES')
  }
  void reply.header('www-authenticate', 'Basic realm="spyglass", charset="UTF-8"')
  return fail('SPY_UNAUTHORISED')
}

/** @throws SPY_UNAUTHORISED, SPY_TOO_MANY_GUESSES */
async function admitted(request: FastifyRequest, reply: FastifyReply, authenticator: Authenticator): Promise<Principal> {
  const verdict = await judged(request, reply, authenticator)
  if ('code' in verdict) throw verdict
  return verdict
}

interface AdministrationOptions extends ManagementOptions {
  /** Whose requests were admitted. */
  readonly principals: WeakMap<FastifyRequest, Principal>
}

/** Every route here needs a user or a token. */
async function administration(app: FastifyInstance, { authenticator, api, logger, principals }: AdministrationOptions): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    principals.set(request, await admitted(request, reply, authenticator))
  })
  await app.register(administrationApi, {
    ...api,
    principalOf(request) {
      const principal = principals.get(request)
      if (!principal) throw fail('SPY_UNAUTHORISED')
      return principal
    },
    onFault: (error, { url }) => logger.error({ err: error, url }, 'a request of the administration API failed'),
  })
}
