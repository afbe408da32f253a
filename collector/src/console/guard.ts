/** Admits requests with a session or with the right user and password; sends browsers to the login form, programs a 401. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type CallerRules, foreignCaller } from '@spyglass/agent/contract'
import { type Authenticator, goneSignal, type Principal, type Proof, proofOf } from '@spyglass/process/access'
import { fail } from './errors.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { type Sessions, sessionIdOf } from './sessions.ts'

export interface GuardOptions {
  readonly authenticator: Authenticator
  readonly sessions: Sessions
  readonly caller: CallerRules
  readonly publicUrl: string | undefined
}

/** Public: health, the login form, and files without secrets. */
const OPEN = /^\/(health|ready|session|login|favicon\.ico|assets\/[\w.-]+)$/
/** Also allowed under an unknown host name: for a load balancer, for instance. */
const HEALTH = /^\/(health|ready)$/

export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  const { publicUrl } = options
  const isHttps = publicUrl?.startsWith('https:') ?? false
  const origins = publicUrl === undefined ? [] : [new URL(publicUrl).origin]
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply, isHttps)
    const path = pathOf(request)
    if (!HEALTH.test(path)) checkCaller(request, { ...options.caller, origins })
    if (OPEN.test(path) || (await isKnown(request, reply, options))) return
    if (path.startsWith('/api/')) throw unauthenticated(request, reply)
    await reply.redirect('/login', 302)
  })
}

/** Links on other sites may lead here, for reading only; nothing else may come from other sites. */
function checkCaller({ method, headers, socket }: FastifyRequest, rules: CallerRules): void {
  const links = method === 'GET' || method === 'HEAD'
  const foreign = foreignCaller({ headers, localAddress: socket.localAddress }, { ...rules, links })
  if (foreign) throw fail(foreign.part === 'origin' ? 'SPY_CONSOLE_FOREIGN_ORIGIN' : 'SPY_CONSOLE_FOREIGN_HOST', [foreign.value])
}

/**
 * Who it is; undefined when the proof is wrong, which is answered after a delay. The login form and Basic share the delay: a guess is a guess.
 * @throws SPY_CONSOLE_TOO_MANY_LOGINS, with Retry-After set
 */
export async function checkLogin(proof: Proof, reply: FastifyReply, { authenticator }: GuardOptions): Promise<Principal | undefined> {
  const verdict = await authenticator.admit(proof, { address: reply.request.ip, gone: goneSignal(reply.raw) })
  if ('principal' in verdict) return verdict.principal
  if (verdict.refused !== 'later') return undefined
  reply.header('retry-after', String(verdict.seconds)).header('connection', 'close')
  throw fail('SPY_CONSOLE_TOO_MANY_LOGINS')
}

async function isKnown(request: FastifyRequest, reply: FastifyReply, options: GuardOptions): Promise<boolean> {
  if (options.sessions.principalOf(sessionIdOf(request.headers.cookie)) !== undefined) return true
  const proof = proofOf(request.headers.authorization)
  return (await checkLogin(proof, reply, options)) !== undefined
}

/** The console uses fetch and shows its own login; a challenge would open the browser's dialog over it. */
function unauthenticated(request: FastifyRequest, reply: FastifyReply): Error {
  if (request.headers['x-requested-with'] === undefined) reply.header('www-authenticate', 'Basic realm="spyglass", charset="UTF-8"')
  return fail('SPY_CONSOLE_UNAUTHENTICATED')
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? url
