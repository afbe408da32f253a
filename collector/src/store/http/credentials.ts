/** Who asks: our own processes by token, a reader by any of ClickHouse's three ways, or nobody. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from '../clickhouse-error.ts'

export interface Credentials {
  readonly reader: { readonly user: string; readonly password: string }
  readonly token: string
}

export type Role = 'reader' | 'own'

/** Decides the role. @throws ClickhouseError 194 (nothing given) or 516 (wrong). */
export function authenticate(headers: IncomingHttpHeaders, query: URLSearchParams, expected: Credentials): Role {
  const token = headers['x-spyglass-token']
  if (token !== undefined) {
    if (typeof token === 'string' && isSame(token, expected.token)) return 'own'
    throw refuse('AUTHENTICATION_FAILED', 'Authentication failed: X-Spyglass-Token is not the one in secrets.yaml')
  }
  const given = readerCredentials(headers, query)
  if (!given) throw refuse('REQUIRED_PASSWORD', 'Authentication required: give the user and password in secrets.yaml (clickhouse.reader)')
  const userIsRight = isSame(given.user, expected.reader.user)
  const passwordIsRight = isSame(given.password, expected.reader.password)
  if (userIsRight && passwordIsRight) return 'reader'
  throw refuse('AUTHENTICATION_FAILED', 'Authentication failed: password is incorrect, or there is no user with such name')
}

interface Given {
  readonly user: string
  readonly password: string
}

function readerCredentials(headers: IncomingHttpHeaders, query: URLSearchParams): Given | undefined {
  const user = headers['x-clickhouse-user']
  const key = headers['x-clickhouse-key']
  if (typeof user === 'string' || typeof key === 'string') return { user: String(user ?? ''), password: String(key ?? '') }
  const basic = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (basic !== undefined) return fromBasic(basic)
  if (query.has('user') || query.has('password')) return { user: query.get('user') ?? '', password: query.get('password') ?? '' }
  return undefined
}

function fromBasic(encoded: string): Given {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Hashes make the lengths equal, so that the comparison takes the same time whatever is given. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
