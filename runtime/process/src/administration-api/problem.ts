/** Errors as problem documents (RFC 9457), and the status that each code is answered with. */
import { STATUS_CODES } from 'node:http'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

export interface Problem {
  /** The code says what it is; there is no page for it. */
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

export const PROBLEM_TYPE = 'application/problem+json'

const STATUS: readonly (readonly [number, RegExp])[] = [
  [400, /^SPY_(API_(PARAMETER|BODY|PATH)|ADMIN_(REQUEST|NAME_INVALID)|CONSOLE_PARAMETER_\w+)$/],
  [401, /^SPY_(UNAUTHORISED|CONSOLE_UNAUTHENTICATED)$/],
  [403, /^SPY_(API_(ROLE|REMOTE)|ADMIN_FORBIDDEN|FOREIGN_\w+)$/],
  [404, /^SPY_(API_NOT_FOUND|CONSOLE_(TRACE|INCIDENT)_NOT_FOUND|ADMIN_NO_OPERATION|(\w+_)?(NAME|PART|CHANGE|VERSION|USER|TOKEN)_UNKNOWN)$/],
  [405, /^SPY_API_METHOD$/],
  [409, /^SPY_(ADMIN_(NAME_EXISTS|CHANGE_EXPIRED)|USER_EXISTS|INCIDENT_OVER)$/],
  [412, /^SPY_(API|ADMIN)_CHANGED$/],
  [413, /^SPY_API_TOO_LARGE$/],
  [415, /^SPY_API_MEDIA_TYPE$/],
  [
    422,
    /^SPY_(CONFIG_INVALID|ACCESS_PATTERN_INVALID|ISOLATION_(UNAVAILABLE|USER)|TLS_(UNREADABLE|INVALID)|ADMIN_(VALUE|ARGUMENT|NOT_A_SETTING|FIXED|UNTIL)|(USER|TOKEN|SILENCE|INCIDENT_NOTE|REHEARSAL)_INVALID|ARCHIVE_\w+|DEPLOY_(SOURCE|NAME|ENTRY))$/,
  ],
  [429, /^SPY_(TOO_MANY_GUESSES|CONSOLE_TOO_MANY_LOGINS)$/],
  [502, /^SPY_(QUERY_FAILED|MANAGEMENT_INVALID)$/],
  [503, /^SPY_(API_UPLOADS|QUERY_(UNREACHABLE|REFUSED)|(SERVER|MANAGEMENT)_UNREACHABLE|LOCAL_(GONE|BUSY|PART))$/],
  [504, /^SPY_(LOCAL_SLOW|QUERY_TIMEOUT)$/],
  [507, /^SPY_(ADMIN|DEPLOY)_UNWRITABLE$/],
]

/**
 * The status of a code. Where an operation was carried out and failed, its code may be any: why an application does not start, for instance. That
 * is a conflict with the state of the server (409), unless the code says more.
 */
export function statusOf(code: string, isOperation = false): number {
  const found = STATUS.find(([, codes]) => codes.test(code))?.[0]
  return found ?? (isOperation && code.startsWith('SPY_') && !/^SPY_(LOCAL|API)_/.test(code) ? 409 : 500)
}

/** A fault of ours is not told: its text may contain anything. */
export function problemOf(error: unknown, isOperation = false): Problem {
  const code = codeOf(error)
  const known = code?.startsWith('SPY_') && error instanceof Error ? error : fail('SPY_API_FAULT')
  const status = statusOf(codeOf(known) ?? '', isOperation)
  return { type: 'about:blank', title: STATUS_CODES[status] ?? '', status, detail: known.message, code: codeOf(known) ?? '' }
}
