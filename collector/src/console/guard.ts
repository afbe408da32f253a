/** Admits requests with a session or with the right user and password; sends browsers to the login form, programs a 401. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Credentials, isRight, parseBasic } from './credentials.ts'
import { fail } from './errors.ts'
import type { LoginLimiter } from './login-limiter.ts'
import { isOwnOrigin } from './origin.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { type Sessions, sessionIdOf } from './sessions.ts'

export interface GuardOptions {
  readonly credentials: Credentials
  readonly sessions: Sessions
  readonly limiter: LoginLimiter
  readonly publicUrl: string | undefined
}

/** Open to all: health, the login form, and files that hold nothing secret. */
const OPEN = /^\/(health|ready|session|login|favicon\.ico|assets\/[\w.-]+)$/

export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  const isHttps = options.publicUrl?.startsWith('https:') ?? false
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply, isHttps)
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isOwnOrigin(request.headers, options.publicUrl)) {
      throw fail('SPY_CONSOLE_FOREIGN_ORIGIN')
    }
    const path = pathOf(request)
    if (OPEN.test(path) || isKnown(request, options)) return
    if (path.startsWith('/api/')) throw unauthenticated(request, reply)
    await reply.redirect('/login', 302)
  })
}

/** The login form and Basic share one limit: a guess is a guess. */
export function checkLogin(request: FastifyRequest, given: Credentials, { credentials, limiter }: GuardOptions): boolean {
  if (limiter.waitMs(request.ip) > 0) throw fail('SPY_CONSOLE_TOO_MANY_LOGINS')
  if (isRight(given, credentials)) return true
  limiter.failed(request.ip)
  return false
}

function isKnown(request: FastifyRequest, options: GuardOptions): boolean {
  if (options.sessions.isAlive(sessionIdOf(request.headers.cookie))) return true
  const basic = parseBasic(request.headers.authorization)
  return basic !== undefined && checkLogin(request, basic, options)
}

/** The console asks by fetch and shows its login; a challenge would open the browser's box over it. */
function unauthenticated(request: FastifyRequest, reply: FastifyReply): Error {
  if (request.headers['x-requested-with'] === undefined) reply.header('www-authenticate', 'Basic realm="spyglass", charset="UTF-8"')
  return fail('SPY_CONSOLE_UNAUTHENTICATED')
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? url
