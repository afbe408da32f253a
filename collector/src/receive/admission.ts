/** Who may send: any program, and pages of the configured origins. Events count only from senders with the token. */
import { type Authenticator, goneSignal, isSame, mayAct, parseBearer } from '@spyglass/process/access'
import { clientAddressOf } from '@spyglass/process/listener'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fail } from './errors.ts'

export interface Admission {
  /** Knows `otlp.token` of secrets.yaml, and tokens with the role operator. */
  readonly authenticator: Authenticator
  /** Whether telemetry is taken only from senders with a token. */
  readonly isTokenRequired: boolean
  /** Of the instances of this server: it lets telemetry in, and makes no events known. */
  readonly instanceToken: string
}

const PREFLIGHT_SECONDS = '7200'

/** Pages of foreign origins do not come this far: those that do are of `collector.allowedOrigins`. */
export function installAdmission(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
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
 * `known`: its events count; `own`: with the token of this server's instances, whose applications may say anything, so that only what we conclude from what
 * they send counts; `stranger`: without a token.
 */
export type Sender = 'known' | 'own' | 'stranger'

/**
 * Who sends. With a wrong token, or with one that may only read, it is refused.
 * @throws SPY_OTLP_TOKEN, SPY_OTLP_TOKEN_MISSING, SPY_OTLP_TOO_MANY_GUESSES
 */
export async function senderOf(request: FastifyRequest, reply: FastifyReply, admission: Admission): Promise<Sender> {
  const { authorization } = request.headers
  if (authorization === undefined) {
    if (admission.isTokenRequired) throw fail('SPY_OTLP_TOKEN_MISSING')
    return 'stranger'
  }
  const token = parseBearer(authorization) ?? ''
  if (isSame(token, admission.instanceToken)) return 'own'
  const from = { address: clientAddressOf(request.raw) ?? '', gone: goneSignal(reply.raw) }
  const verdict = await admission.authenticator.admit({ token }, from)
  if ('principal' in verdict && mayAct(verdict.principal.role, 'operator')) return 'known'
  if ('principal' in verdict || verdict.refused !== 'later') throw fail('SPY_OTLP_TOKEN')
  void reply.header('retry-after', String(verdict.seconds))
  throw fail('SPY_OTLP_TOO_MANY_GUESSES')
}
