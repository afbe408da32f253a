/** Sessions of people who logged in. They live in this process: a restart asks them to log in again. */
import { randomBytes } from 'node:crypto'
import type { Principal } from '@spyglass/process/access'

export interface Sessions {
  /** Begins a session and returns its secret id. */
  begin(principal: Principal): string
  /** Whose valid session the id belongs to; using it resets the idle time. */
  principalOf(id: string): Principal | undefined
  end(id: string): void
}

export interface SessionsOptions {
  /** A session ends after this time in any case. Default 24 h. */
  readonly lifeMs?: number
  /** A session ends when it was not used for this long. Default 2 h. */
  readonly idleMs?: number
  /** Whether somebody may still come in: a session ends with the user or the token that it began with. Default: yes. */
  readonly isCurrent?: (principal: Principal) => boolean
  readonly now?: () => number
}

interface Session {
  readonly principal: Principal
  readonly endsAt: number
  idleAt: number
}

const MAX_SESSIONS = 1000

export function createSessions(options: SessionsOptions = {}): Sessions {
  const { lifeMs = 86_400_000, idleMs = 7_200_000, isCurrent = () => true, now = Date.now } = options
  const sessions = new Map<string, Session>()
  return {
    begin(principal) {
      const id = randomBytes(32).toString('base64url')
      sessions.set(id, { principal, endsAt: now() + lifeMs, idleAt: now() + idleMs })
      const oldest = sessions.keys().next().value
      if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      return id
    },
    principalOf(id) {
      const session = sessions.get(id)
      if (!session) return undefined
      if (session.endsAt <= now() || session.idleAt <= now() || !isCurrent(session.principal)) {
        sessions.delete(id)
        return undefined
      }
      session.idleAt = now() + idleMs
      return session.principal
    },
    end: (id) => void sessions.delete(id),
  }
}

export const COOKIE = 'spyglass_session'

/** The session id in a Cookie header; empty when there is none. */
export function sessionIdOf(header: string | undefined): string {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.split('=', 2)
    if (name?.trim() === COOKIE) return value?.trim() ?? ''
  }
  return ''
}

/** The Set-Cookie header. An empty `id` removes the cookie. */
export function sessionCookie(id: string, isSecure: boolean): string {
  const life = id ? '' : '; Max-Age=0'
  return `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}${life}`
}
