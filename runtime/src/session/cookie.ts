/** The cookie of a session: read from a request, written for a response (RFC 6265). */
import type { IncomingMessage } from 'node:http'
import { isSecure } from '@spyglass/process/listener'
import type { SessionConfig } from '@spyglass/process/checked-config'

export type CookieConfig = Pick<SessionConfig, 'name' | 'cookie' | 'sameSite' | 'secure' | 'persistent' | 'idleMs'>

/** A prefix that browsers take from https only, with Secure, with Path=/ and for no other host: a neighbouring host cannot plant such a cookie. */
const HOST_PREFIX = '__Host-'
/** Browsers send some 4 KB for each cookie and a few hundred in all; a longer header is not searched. */
const MAX_HEADER = 65_536

/** Whether the request may carry the cookie at all. */
export const mayHaveCookie = (request: IncomingMessage, { secure }: CookieConfig): boolean => secure === 'auto' || isSecure(request)

export const cookieName = ({ name, cookie = name }: CookieConfig, isHttps: boolean): string => (isHttps ? HOST_PREFIX : '') + cookie

/** All values under the name: a browser that has several cookies of one name sends them all, and only the first of ours counts. */
export function cookieValues(request: IncomingMessage, config: CookieConfig): readonly string[] {
  const header = request.headers.cookie
  if (header === undefined || header.length > MAX_HEADER) return []
  const start = `${cookieName(config, isSecure(request))}=`
  if (!header.includes(start)) return []
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
    .map((pair) => pair.slice(start.length))
}

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** The header that sets the cookie; without a value, the one that removes it. */
export function cookieHeader(request: IncomingMessage, config: CookieConfig, value: string | undefined): string {
  const isHttps = isSecure(request)
  const seconds = value === undefined ? 0 : config.persistent ? Math.ceil(config.idleMs / 1000) : undefined
  return [
    `${cookieName(config, isHttps)}=${value ?? ''}`,
    'Path=/',
    ...(seconds === undefined ? [] : [`Max-Age=${seconds}`]),
    'HttpOnly',
    ...(isHttps ? ['Secure'] : []),
    `SameSite=${SAME_SITE[config.sameSite]}`,
  ].join('; ')
}
