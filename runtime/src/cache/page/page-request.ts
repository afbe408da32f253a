/** Which requests a page cache looks at, and what makes two of them the same. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { directivesOf } from './cache-control.ts'

type Raw = IncomingMessage & { readonly originalUrl?: string }

/** Who sends them asks as a certain person, for a part, on a condition that only the application can judge, or with a body. */
const NEVER_WITH = [
  'authorization',
  'proxy-authorization',
  'range',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'upgrade',
  'expect',
  'transfer-encoding',
]

export interface PageRequestSettings {
  readonly ignoreCookies: boolean
}

/** Names that say who asks, as proxies and interfaces use them: `X-API-Key`, `X-Remote-User`, `X-Auth-Request-Email`, `Cf-Access-Jwt-Assertion`, `apikey` … */
const PERSONAL =
  /^(?:x|remote|ssl|cf-access|proxy)-(?:.*-)?(?:api-?key|key|token|jwt|auth\w*|session|user(?:name|id)?|account|tenant|identity|principal|email|login|cert|verify|dn)(?:-|$)|^(?:(?:[\w-]*-)?token|api-?key|[\w-]*subscription-key|session-?id|userid)$/

/** Whether its answer may come from the cache, and be kept there. */
export function isForAll({ headers, socket }: IncomingMessage, { ignoreCookies }: PageRequestSettings): boolean {
  return (
    !NEVER_WITH.some((name) => headers[name] !== undefined) &&
    (ignoreCookies || headers.cookie === undefined) &&
    Number(headers['content-length'] ?? 0) === 0 &&
    !Object.keys(headers).some((name) => PERSONAL.test(name)) &&
    !hasCertificate(socket as TLSSocket | undefined)
  )
}

/** Of a client; where none is asked for, there is neither. */
const hasCertificate = (socket: TLSSocket | undefined): boolean =>
  socket?.authorized === true || (Boolean(socket?.authorizationError) && Object.keys(socket?.getPeerCertificate() ?? {}).length > 0)

/** Whether its answer may be kept (RFC 9111 §5.2.1.5). */
export const mayBeKept = ({ headers }: IncomingMessage): boolean => !directivesOf(headers['cache-control'] ?? '').has('no-store')

/** Path and query. Express takes the path where a middleware is mounted out of `url`. */
export const addressOf = (raw: Raw): string => raw.originalUrl ?? raw.url ?? ''

export const pathOf = (address: string): string => address.split('?', 1)[0] ?? ''

/**
 * Fields that frameworks and applications take for the address although no proxy may have sent them. They are a part of the key, so that an answer that was made
 * from them is given to nobody else.
 */
const ADDRESSING =
  /^(x-forwarded-(?!for$)|x-original-(?!forwarded-for$)|x-rewrite-|x-http-method|x-method-|x-host$|x-scheme$|x-url-scheme$|front-end-https$|host$|:authority$)/
/** Of `Forwarded` (RFC 7239) what is of each client alone. */
const OF_CLIENT = /(?:for|by)\s*=\s*(?:"[^"]*"|[^;,]*)/gi

/** The same for all requests for one address. */
export function addressKey(raw: Raw): string {
  const { forwarded, ...headers } = raw.headers
  const addressing = Object.entries(headers).filter(([name]) => ADDRESSING.test(name))
  const isSecure = (raw.socket as TLSSocket | undefined)?.encrypted === true
  return digest([isSecure, addressOf(raw), forwarded?.replaceAll(OF_CLIENT, ''), addressing.sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** The same for all requests that an answer, which varies by these fields, is for (RFC 9111 §4.1). */
export const variantKey = (address: string, vary: readonly string[], { headers }: IncomingMessage): string =>
  digest([address, vary.map((name) => [name, headers[name] ?? null])])

const digest = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
