import { errorsOf, SpyglassError } from '@spyglass/agent/contract'
import { listenerErrors } from '@spyglass/process/listener'

/** Errors of realms and of sign-on. */
export const realmErrors = {
  SPY_SIGN_IN_WRONG: 'realm %s: user or password is wrong',
  SPY_SIGN_IN_LATER: 'realm %s: too many wrong passwords; try again after %d s',
  SPY_SIGN_IN_NO_SESSION: 'realm %s: there is no session to sign in to, or out of: its store is down, or its cookie is for https alone',
  SPY_REALM_FAILED: 'realm %s: its users cannot be asked for: %s',
  SPY_REALM_FILE: 'realm %s: the file %s cannot be used: %s',
  SPY_REALM_MODULE: 'realm %s: the module %s cannot be used: %s',
  SPY_REALM_DATASOURCE:
    'realm %s: its datasource %s is not used by the application, or takes no statements as a whole; add it to the `datasources` of the application',
  SPY_REALM_SESSIONS: 'realm %s: its sessions %s are not used by the application; add them to its `sessions`',
  SPY_REALM_UNKNOWN: 'unknown realm %s; the application uses: %s',
  SPY_REALMS_CLOSED: 'no realms are open in this process',
} as const

export type RealmErrorCode = keyof typeof realmErrors | 'SPY_SIGN_IN_NEEDED' | 'SPY_SIGN_IN_UNFINISHED' | 'SPY_ROLE_MISSING'

export const fail = errorsOf(realmErrors)

/** The refusals are those of the entrance: a request is refused alike there and in the application. */
const messages: Readonly<Record<RealmErrorCode, string>> = { ...listenerErrors, ...realmErrors }

/** An error that says how the request is answered: frameworks read `statusCode`, `status` and `headers` of an error that nobody handled. */
export class RealmError extends SpyglassError {
  readonly statusCode: number
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: RealmErrorCode,
    args: readonly unknown[],
    answer: { readonly status: number; readonly retryAfterS?: number },
    cause?: unknown,
  ) {
    super(code, messages[code], args, cause)
    this.statusCode = this.status = answer.status
    this.headers = answer.retryAfterS === undefined ? {} : { 'retry-after': String(answer.retryAfterS) }
  }
}
