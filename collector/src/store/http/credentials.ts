/** Who is calling: our own processes by token, a reader by any of ClickHouse's three ways, or nobody. */
import type { IncomingHttpHeaders } from 'node:http'
import { type Credentials as ReaderCredentials, type GuessDelay, isRight, isSame, parseBasic } from '@spyglass/process/access'
import { ClickhouseError, clickhouseCodes, refuse } from '../clickhouse-error.ts'

export interface Credentials {
  readonly reader: ReaderCredentials
  readonly token: string
}

export type Role = 'reader' | 'own'

/** Decides the role. @throws ClickhouseError 194 (nothing given) or 516 (wrong). */
export function authenticate(headers: IncomingHttpHeaders, query: URLSearchParams, expected: Credentials): Role {
  const token = headers['x-spyglass-token']
  if (token !== undefined) {
    if (typeof token === 'string' && isSame(token, expected.token)) return 'own'
    throw refuse('AUTHENTICATION_FAILED', 'Authentication failed: X-Spyglass-Token does not match secrets.yaml')
  }
  const given = readerCredentials(headers, query)
  if (!given) throw refuse('REQUIRED_PASSWORD', 'Authentication required: use the user and password from secrets.yaml (clickhouse.reader)')
  if (isRight(given, expected.reader)) return 'reader'
  throw refuse('AUTHENTICATION_FAILED', 'Authentication failed: password is incorrect, or there is no user with such name')
}

export interface Asker {
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
  readonly address: string
  readonly gone: AbortSignal
}

/** The same, with a delayed response to wrong credentials. @throws ClickhouseError 194, 516, or 516 with status 429 */
export async function admit({ headers, query, address, gone }: Asker, expected: Credentials, guesses: GuessDelay): Promise<Role> {
  try {
    return authenticate(headers, query, expected)
  } catch (error) {
    if (!(error instanceof ClickhouseError) || error.number !== clickhouseCodes.AUTHENTICATION_FAILED) throw error
    const user = readerCredentials(headers, query)?.user ?? ''
    const seconds = await guesses.afterWrong({ address, user }, gone)
    throw seconds === 0 ? error : new TooManyGuesses(error, seconds)
  }
}

/** One wrong password too many: 429, with the seconds after which to retry. */
export class TooManyGuesses extends ClickhouseError {
  constructor({ number, wireText }: ClickhouseError, retryAfterSeconds: number) {
    super(number, wireText, undefined, retryAfterSeconds)
  }

  override get status(): number {
    return 429
  }
}

function readerCredentials(headers: IncomingHttpHeaders, query: URLSearchParams): ReaderCredentials | undefined {
  const user = headers['x-clickhouse-user']
  const key = headers['x-clickhouse-key']
  if (typeof user === 'string' || typeof key === 'string') return { user: String(user ?? ''), password: String(key ?? '') }
  const basic = parseBasic(headers.authorization)
  if (basic) return basic
  if (query.has('user') || query.has('password')) return { user: query.get('user') ?? '', password: query.get('password') ?? '' }
  return undefined
}
