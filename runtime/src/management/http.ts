/** The management endpoint: Jolokia, Prometheus, health, and the administration API behind the console's credentials. */
import { callerRefusal, jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { type Authenticator, goneSignal, mayAct, type Principal, proofOf } from '@spyglass/process/access'
import { fastifyLimits } from '@spyglass/process/http-server'
import type { Logger } from '@spyglass/process/logger'
import { prometheusContentType, prometheusText } from '@spyglass/mbeans/prometheus'
import type { Registry } from '@spyglass/agent/registry'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { type CallerRules, codeOf } from '@spyglass/agent/contract'
import { managementErrors } from './errors.ts'
import type { Readiness } from './readiness.ts'

export interface ManagementOptions {
  readonly registry: Registry
  /** The registry of one process of the server; undefined when there is none of this name now. */
  readonly nodes?: (name: string) => Registry | undefined
  readonly logger: Logger
  readonly agentId: string
  readonly version: string
  /** Who may administer, and as what. */
  readonly authenticator: Authenticator
  /** Who is welcome besides localhost and IP addresses. */
  readonly caller?: CallerRules
  readonly readiness: () => Readiness
  /** Default: that of every port. */
  readonly headersTimeoutMs?: number
  /** Reloads an instance, or all of them for an empty name; settles with what was done. */
  readonly reload: (target: string, principal: Principal) => Promise<string>
}

export async function buildManagement(options: ManagementOptions): Promise<FastifyInstance> {
  const { registry, nodes, logger, agentId, version, readiness, headersTimeoutMs, caller = {} } = options
  const base: FastifyBaseLogger = logger
  const app = fastify({
    loggerInstance: base,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_048_576,
    ...fastifyLimits({ requestTimeoutMs: 30_000, keepAliveTimeoutMs: 15_000, headersTimeoutMs }),
    maxRequestsPerSocket: 100_000,
    forceCloseConnections: true,
  })
  app.server.maxConnections = 2000
  await app.register(jolokiaPlugin, { registry, agentId, version, logger, caller, ...(nodes ? { nodes } : {}) })
  app.get('/metrics', { onRequest: refuseForeigners(caller) }, async (_request, reply) =>
    reply.type(prometheusContentType).send(await prometheusText(registry)),
  )
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async (_request, reply) => {
    const now = readiness()
    return reply.code(now.ready ? 200 : 503).send(now)
  })
  await app.register(administration, { ...options, prefix: '/api/v1' })
  return app
}

/** What Jolokia does not tell the page of another site, it cannot read here either. */
function refuseForeigners(rules: CallerRules): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const refusal = callerRefusal(request, rules)
    if (refusal) await reply.code(403).send({ code: refusal.code, message: refusal.message })
  }
}

/** Every route here needs a user or a token. */
async function administration(app: FastifyInstance, { authenticator, reload, caller = {} }: ManagementOptions): Promise<void> {
  const principals = new WeakMap<FastifyRequest, Principal>()
  app.addHook('onRequest', refuseForeigners(caller))
  app.addHook('onRequest', async (request, reply) => {
    const from = { address: request.ip, gone: goneSignal(reply.raw) }
    const verdict = await authenticator.admit(proofOf(request.headers.authorization), from)
    if ('principal' in verdict && mayAct(verdict.principal.role, 'operator')) {
      principals.set(request, verdict.principal)
      return
    }
    if ('principal' in verdict) return refuse(reply, 403, 'SPY_ROLE_MISSING')
    if (verdict.refused === 'later') {
      reply.header('retry-after', String(verdict.seconds)).header('connection', 'close')
      return refuse(reply, 429, 'SPY_TOO_MANY_GUESSES')
    }
    reply.header('www-authenticate', 'Basic realm="spyglass", charset="UTF-8"')
    return refuse(reply, 401, 'SPY_UNAUTHORISED')
  })
  app.post<{ Body: { instance?: unknown } | null }>('/reload', async (request, reply) => {
    const target = request.body?.instance
    const principal = principals.get(request)
    if (!principal) return refuse(reply, 401, 'SPY_UNAUTHORISED')
    try {
      return { message: await reload(typeof target === 'string' ? target : '', principal) }
    } catch (error) {
      return reply.code(409).send({ code: codeOf(error), message: error instanceof Error ? error.message : String(error) })
    }
  })
}

async function refuse(reply: FastifyReply, status: number, code: keyof typeof managementErrors): Promise<void> {
  await reply.code(status).send({ code, message: managementErrors[code] })
}
