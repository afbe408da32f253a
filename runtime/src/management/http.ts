/** The management endpoint: Jolokia, Prometheus, health, and the administration API behind the console's credentials. */
import { checkCaller, jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import type { Logger } from '@spyglass/process/logger'
import { prometheusContentType, prometheusText } from '@spyglass/mbeans/prometheus'
import type { Registry } from '@spyglass/agent/registry'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { codeOf } from '@spyglass/agent/contract'
import { type Credentials, isAuthorised } from './credentials.ts'
import { managementErrors } from './errors.ts'
import type { Readiness } from './readiness.ts'

export interface ManagementOptions {
  readonly registry: Registry
  /** The registry of one process of the server; undefined when there is none of this name now. */
  readonly nodes?: (name: string) => Registry | undefined
  readonly logger: Logger
  readonly agentId: string
  readonly version: string
  readonly credentials: Credentials
  readonly readiness: () => Readiness
  /** Reloads an instance, or all of them for an empty name; settles with what was done. */
  readonly reload: (target: string) => Promise<string>
}

export async function buildManagement(options: ManagementOptions): Promise<FastifyInstance> {
  const { registry, nodes, logger, agentId, version, readiness } = options
  const base: FastifyBaseLogger = logger
  const app = fastify({
    loggerInstance: base,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_048_576,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 15_000,
    maxRequestsPerSocket: 100_000,
    forceCloseConnections: true,
  })
  app.server.headersTimeout = 10_000
  app.server.maxConnections = 2000
  await app.register(jolokiaPlugin, { registry, agentId, version, logger, ...(nodes ? { nodes } : {}) })
  app.get('/metrics', { onRequest: refuseForeignPages }, async (_request, reply) =>
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
async function refuseForeignPages(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    checkCaller(request)
  } catch (error) {
    await reply.code(403).send({ code: codeOf(error), message: error instanceof Error ? error.message : String(error) })
  }
}

/** Every route here needs the console's user and password. */
async function administration(app: FastifyInstance, { credentials, reload }: ManagementOptions): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (isAuthorised(request.headers.authorization, credentials)) return
    await reply
      .code(401)
      .header('www-authenticate', 'Basic realm="spyglass", charset="UTF-8"')
      .send({ code: 'SPY_UNAUTHORISED', message: managementErrors.SPY_UNAUTHORISED })
  })
  app.post<{ Body: { instance?: unknown } | null }>('/reload', async (request, reply) => {
    const target = request.body?.instance
    try {
      return { message: await reload(typeof target === 'string' ? target : '') }
    } catch (error) {
      return reply.code(409).send({ code: codeOf(error), message: error instanceof Error ? error.message : String(error) })
    }
  })
}
