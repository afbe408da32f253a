/** Who is calling: our own processes by token, a reader by any of ClickHouse's three ways, or nobody. */
import type { IncomingHttpHeaders } from 'node:http'
import { type Authenticator, isSame, parseToken, type Proof, proofOf } from '@spyglass/process/access'
import { ClickhouseError, refuse } from '../clickhouse-error.ts'

export interface Credentials {
  readonly authenticator: Authenticator
  /** Of our own processes. */
  readonly token: string
}

/** `own`: a process of ours, by its token; otherwise the name of a user who may read. */
export type Caller = { readonly role: 'own' } | { readonly role: 'reader'; readonly user: string }

export interface Asker {
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
  readonly address: string
  readonly gone: AbortSignal
}

/** Decides who it is; the answer to wrong credentials is delayed. @throws ClickhouseError 194 (nothing given), 516 (wrong), or 516 with status 429 */
export async function admit({ headers, query, address, gone }: Asker, { authenticator, token }: Credentials): Promise<Caller> {
  const own = headers['x-spyglass-token']
  if (typeof own === 'string' && isSame(own, token)) return { role: 'own' }
  // a wrong token is a wrong guess, whatever else the request has
  const proof = own === undefined ? readerProof(headers, query) : { credentials: { user: '', password: '' } }
  const verdict = await authenticator.admit(proof, { address, gone })
  if ('principal' in verdict) return { role: 'reader', user: verdict.principal.actor }
  if (verdict.refused === 'none')
    throw refuse('REQUIRED_PASSWORD', 'Authentication required: use the user and password from secrets.yaml (clickhouse.reader)')
  const wrong = refuse(
    'AUTHENTICATION_FAILED',
    own === undefined
      ? 'Authentication failed: password is incorrect, or there is no user with such name'
      : 'Authentication failed: X-Spyglass-Token does not match secrets.yaml',
  )
  throw verdict.refused === 'later' ? new TooManyGuesses(wrong, verdict.seconds) : wrong
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

/** One way at a time, as in ClickHouse: with two it would be unclear who asks. */
function readerProof(headers: IncomingHttpHeaders, query: URLSearchParams): Proof {
  const [user, key] = [headers['x-clickhouse-user'], headers['x-clickhouse-key']]
  const { credentials, token } = proofOf(headers.authorization)
  const ways = [
    ['X-ClickHouse HTTP headers', Boolean(user ?? key)],
    ['Authorization HTTP header', credentials !== undefined || isOurToken(token)],
    ['authentication via parameters', query.has('user') || query.has('password')],
  ] as const
  const [way, second] = ways.flatMap(([name, isUsed]) => (isUsed ? [name] : []))
  if (second !== undefined)
    throw refuse('AUTHENTICATION_FAILED', `Invalid authentication: it is not allowed to use ${way} and ${second} simultaneously`)
  if (way === 'X-ClickHouse HTTP headers') return { credentials: { user: String(user ?? ''), password: String(key ?? '') } }
  if (way === 'Authorization HTTP header') return { credentials, token }
  return way === undefined ? {} : { credentials: { user: query.get('user') ?? '', password: query.get('password') ?? '' } }
}

/** ClickHouse has bearer tokens of its own, which mean nothing here. */
const isOurToken = (token: string | undefined): boolean => token !== undefined && parseToken(token) !== undefined
