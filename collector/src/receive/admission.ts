/** Who may send: any program, and pages of the configured origins. Events count only from senders with the token. */
import { type CallerRules, foreignCaller } from '@spyglass/agent/contract'
import { type Authenticator, goneSignal, mayAct, parseBearer } from '@spyglass/process/access'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fail } from './errors.ts'

export interface Admission {
  /** Knows `otlp.token` of secrets.yaml, and tokens with the role operator. */
  readonly authenticator: Authenticator
  /** Who is welcome besides localhost and IP addresses; pages of its origins get CORS headers. */
  readonly caller: CallerRules
}

/** Allowed under any host name: for a load balancer, for instance. */
const HEALTH = /^\/(health|ready)$/
const PREFLIGHT_SECONDS = '7200'

export function installAdmission(server: FastifyInstance, { caller }: Admission): void {
  server.addHook('onRequest', (request, reply, done) => {
    const foreign = HEALTH.test(request.url)
      ? undefined
      : foreignCaller({ headers: request.headers, localAddress: request.socket.localAddress }, caller)
    if (foreign) return done(fail(foreign.part === 'origin' ? 'SPY_OTLP_FOREIGN_ORIGIN' : 'SPY_OTLP_FOREIGN_HOST', [foreign.value]))
    if (request.headers.origin !== undefined) allowOrigin(reply, request.headers.origin)
    done()
  })
}

/** What a browser wants to know before it sends for a page of another origin (https://fetch.spec.whatwg.org/#cors-preflight-fetch). */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const wanted = request.headers['access-control-request-headers']
  return reply
    .code(204)
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', wanted ?? 'content-type, content-encoding')
    .header('access-control-max-age', PREFLIGHT_SECONDS)
    .send()
}

/** `navigator.sendBeacon`, which browser SDKs use, asks with credentials. */
function allowOrigin(reply: FastifyReply, origin: string): void {
  void reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true').header('vary', 'Origin')
}

/**
 * Whether the sender is known. Without a token it is not; with a wrong token, or with one that may only read, it is refused.
 * @throws SPY_OTLP_TOKEN, SPY_OTLP_TOO_MANY_GUESSES
 */
export async function isKnownSender(request: FastifyRequest, reply: FastifyReply, { authenticator }: Admission): Promise<boolean> {
  const { authorization } = request.headers
  if (authorization === undefined) return false
  const from = { address: request.ip, gone: goneSignal(reply.raw) }
  const verdict = await authenticator.admit({ token: parseBearer(authorization) ?? '' }, from)
  if ('principal' in verdict && mayAct(verdict.principal.role, 'operator')) return true
  if ('principal' in verdict || verdict.refused !== 'later') throw fail('SPY_OTLP_TOKEN')
  void reply.header('retry-after', String(verdict.seconds))
  throw fail('SPY_OTLP_TOO_MANY_GUESSES')
}
