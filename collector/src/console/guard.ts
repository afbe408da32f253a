/** Admits requests with a session or with the right user and password; sends browsers to the login form, programs a 401. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Authenticator, goneSignal, type Principal, type Proof, proofOf } from '@spyglass/process/access'
import { clientAddressOf } from '@spyglass/process/listener'
import { fail } from './errors.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { type Sessions, sessionIdOf } from './sessions.ts'

export interface GuardOptions {
  readonly authenticator: Authenticator
  readonly sessions: Sessions
  readonly publicUrl: string | undefined
}

/** Public: health, the login form, and files without secrets. */
const OPEN = /^\/(health|ready|session|login|favicon\.ico|assets\/[\w.-]+)$/

/** Who is asking, of requests that were admitted. */
export type PrincipalOf = (request: FastifyRequest) => Principal

export function installGuard(app: FastifyInstance, options: GuardOptions): PrincipalOf {
  const { publicUrl } = options
  const principals = new WeakMap<FastifyRequest, Principal>()
  const isHttps = publicUrl?.startsWith('https:') ?? false
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply, isHttps)
    const path = pathOf(request)
    if (OPEN.test(path)) return
    const principal = await knownPrincipal(request, reply, options)
    if (principal) principals.set(request, principal)
    else if (path.startsWith('/api/')) throw unauthenticated(request, reply)
    else await reply.redirect('/login', 302)
  })
  return (request) => {
    const principal = principals.get(request)
    if (principal) return principal
    throw fail('SPY_CONSOLE_UNAUTHENTICATED')
  }
}

/**
 * Who it is; undefined when the proof is wrong, which is answered after a delay. The login form and Basic share the delay: a guess is a guess.
 * @throws SPY_CONSOLE_TOO_MANY_LOGINS, with Retry-After set
 */
export async function checkLogin(proof: Proof, reply: FastifyReply, { authenticator }: GuardOptions): Promise<Principal | undefined> {
  const verdict = await authenticator.admit(proof, { address: clientAddressOf(reply.request.raw) ?? '', gone: goneSignal(reply.raw) })
  if ('principal' in verdict) return verdict.principal
  if (verdict.refused !== 'later') return undefined
  reply.header('retry-after', String(verdict.seconds)).header('connection', 'close')
  throw fail('SPY_CONSOLE_TOO_MANY_LOGINS')
}

async function knownPrincipal(request: FastifyRequest, reply: FastifyReply, options: GuardOptions): Promise<Principal | undefined> {
  const known = options.sessions.principalOf(sessionIdOf(request.headers.cookie))
  return known ?? checkLogin(proofOf(request.headers.authorization), reply, options)
}

/** The console uses fetch and shows its own login; a challenge would open the browser's dialog over it. */
function unauthenticated(request: FastifyRequest, reply: FastifyReply): Error {
  if (request.headers['x-requested-with'] === undefined) reply.header('www-authenticate', 'Basic realm="spyglass", charset="UTF-8"')
  return fail('SPY_CONSOLE_UNAUTHENTICATED')
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? url
