/** Logging in and out by a plain HTML form: it works without a script. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '@spyglass/process/access'
import type { Assets } from './assets.ts'
import { codeOf } from '@spyglass/agent/contract'
import { isSecure as cameByHttps } from '@spyglass/process/listener'
import { checkLogin, type GuardOptions } from './guard.ts'
import { sessionCookie, sessionIdOf } from './sessions.ts'

export interface LoginOptions extends GuardOptions {
  readonly assets: Assets
  /** Whether changes may come from where a request comes from. */
  readonly mayChange: (request: FastifyRequest) => boolean
}

export function addLoginRoutes(app: FastifyInstance, options: LoginOptions): void {
  const { sessions, assets } = options
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )

  /**
   * Whether the caller's session is valid; the login form checks it, so that a link from another site need not log in twice. Whose it is: the
   * console shows forms to those who may use them.
   */
  app.get('/session', async (request) => {
    const principal = sessions.principalOf(sessionIdOf(request.headers.cookie))
    if (!principal) return { alive: false }
    return { alive: true, user: principal.actor, role: principal.role, mayChange: options.mayChange(request) }
  })

  app.get('/login', async (request, reply) => {
    if (sessions.principalOf(sessionIdOf(request.headers.cookie))) return reply.redirect('/', 302)
    return assets.sendDocument(request, reply, 'login.html')
  })

  app.post('/login', async (request, reply) => {
    const outcome = await tryLogin(request, reply, options)
    if (typeof outcome === 'string') return sendAgain(reply, outcome, options)
    reply.header('set-cookie', sessionCookie(sessions.begin(outcome), isSecure(request, options)))
    return reply.redirect('/', 303)
  })

  app.post('/logout', async (request, reply) => {
    sessions.end(sessionIdOf(request.headers.cookie))
    reply.header('set-cookie', sessionCookie('', isSecure(request, options)))
    return reply.redirect('/login', 303)
  })
}

type Outcome = Principal | 'wrong' | 'limited'

async function tryLogin(request: FastifyRequest, reply: FastifyReply, options: LoginOptions): Promise<Outcome> {
  try {
    return (await checkLogin({ credentials: credentialsOf(request.body) }, reply, options)) ?? 'wrong'
  } catch (error) {
    if (codeOf(error) === 'SPY_CONSOLE_TOO_MANY_LOGINS') return 'limited'
    throw error
  }
}

function sendAgain(reply: FastifyReply, outcome: 'wrong' | 'limited', { assets }: LoginOptions): FastifyReply {
  reply.code(outcome === 'limited' ? 429 : 401)
  return assets.sendDocument(reply.request, reply, outcome === 'limited' ? 'login-limited.html' : 'login-wrong.html')
}

function credentialsOf(body: unknown): { user: string; password: string } {
  const form = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return { user: text(form['user']), password: text(form['password']) }
}

/** HTTPS ends here, at a proxy that is trusted, or at the public address; over plain HTTP a Secure cookie would be lost. */
function isSecure(request: FastifyRequest, { publicUrl }: LoginOptions): boolean {
  if (cameByHttps(request.raw)) return true
  return publicUrl !== undefined && publicUrl.startsWith('https:') && new URL(publicUrl).host === request.host
}
