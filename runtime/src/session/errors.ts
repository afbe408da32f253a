import { errorsOf, SpyglassError } from '@spyglass/agent/contract'

/** Errors of sessions and of their stores. */
export const sessionErrors = {
  SPY_SESSION_CONFLICT:
    'sessions %s: another request has changed %s of the same session meanwhile. Repeat the request, or change it by session.update(), which does so by itself',
  SPY_SESSION_ENDED: 'sessions %s: the session was ended while the request ran; its changes are not kept',
  SPY_SESSION_TOO_LARGE: 'sessions %s: the state has %d bytes, and maxBytes is %d. Keep large data elsewhere and its key in the session',
  SPY_SESSION_NO_JSON: 'sessions %s: the state cannot be written as JSON: %s',
  SPY_SESSION_LATE: 'sessions %s: a new session was begun after the head of the response was sent, so the browser cannot get its cookie',
  SPY_SESSION_FULL: 'sessions %s: the store is full (maxSessions, maxTotalBytes); nothing more is kept until sessions end or expire',
  SPY_SESSION_STORE_SILENT: 'sessions %s: the store did not answer within %d ms (timeoutMs)',
  SPY_SESSION_STORE_FAILED: 'sessions %s: the store failed: %s',
  SPY_SESSION_KEY_MISSING: 'sessions %s: there is no key to sign cookies with; set signingKey, or run the application in a server',
  SPY_SESSION_PACKAGE: 'sessions %s: the package ioredis (version 5 or 6) cannot be loaded from %s: %s. Run npm install ioredis there',
  SPY_SESSION_NAME_UNKNOWN: 'unknown sessions %s; the application uses: %s',
  SPY_SESSIONS_CLOSED: 'no sessions are open in this process',
} as const

export type SessionErrorCode = keyof typeof sessionErrors

export const fail = errorsOf(sessionErrors)

const CONFLICT = 409
const UNAVAILABLE = 503
/** A store that was restarted serves again within a moment. */
const RETRY_AFTER_S = '2'

/** An error that says how the request is answered: frameworks read `statusCode`, `status` and `headers` of an error that nobody handled. */
export class SessionError extends SpyglassError {
  readonly statusCode: number
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: SessionErrorCode, args: readonly unknown[], statusCode: number, cause?: unknown) {
    super(code, sessionErrors[code], args, cause)
    this.statusCode = statusCode
    this.status = statusCode
    this.headers = statusCode === UNAVAILABLE ? { 'retry-after': RETRY_AFTER_S } : {}
  }
}

export const conflict = (code: 'SPY_SESSION_CONFLICT' | 'SPY_SESSION_ENDED', args: readonly unknown[]): SessionError =>
  new SessionError(code, args, CONFLICT)

export const unavailable = (
  code: 'SPY_SESSION_STORE_SILENT' | 'SPY_SESSION_STORE_FAILED' | 'SPY_SESSION_FULL',
  args: readonly unknown[],
  cause?: unknown,
): SessionError => new SessionError(code, args, UNAVAILABLE, cause)

/** Whether the store is down, and not the request wrong. */
export const isStoreDown = (error: unknown): boolean =>
  error instanceof SessionError && (error.code === 'SPY_SESSION_STORE_SILENT' || error.code === 'SPY_SESSION_STORE_FAILED')
