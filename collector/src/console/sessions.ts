/** Sessions of people who logged in. They live in this process: a restart asks them to log in again. */
import { randomBytes } from 'node:crypto'

export interface Sessions {
  /** Begins a session and returns its secret id. */
  begin(): string
  /** Whether the id belongs to a valid session; using it resets the idle time. */
  isAlive(id: string): boolean
  end(id: string): void
}

export interface SessionsOptions {
  /** A session ends after this time in any case. Default 24 h. */
  readonly lifeMs?: number
  /** A session ends when it was not used for this long. Default 2 h. */
  readonly idleMs?: number
  readonly now?: () => number
}

interface Session {
  readonly endsAt: number
  idleAt: number
}

const MAX_SESSIONS = 1000

export function createSessions({ lifeMs = 86_400_000, idleMs = 7_200_000, now = Date.now }: SessionsOptions = {}): Sessions {
  const sessions = new Map<string, Session>()
  return {
    begin() {
      const id = randomBytes(32).toString('base64url')
      sessions.set(id, { endsAt: now() + lifeMs, idleAt: now() + idleMs })
      const oldest = sessions.keys().next().value
      if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      return id
    },
    isAlive(id) {
      const session = sessions.get(id)
      if (!session) return false
      if (session.endsAt <= now() || session.idleAt <= now()) return !sessions.delete(id)
      session.idleAt = now() + idleMs
      return true
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
