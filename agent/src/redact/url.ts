/** Redacts URLs: host and path are kept, user info and parameter values are removed. */
import { replaceFound } from './replace-found.ts'
import { isSecretName, REDACTED } from './secret-names.ts'

/** A URL, a path with a query, or a query that begins with `?`. */
export function redactUrl(url: string): string {
  if (url.startsWith('//')) return redactUrl(`:${url}`).slice(1)
  const at = url.search(/[?#]/)
  return at < 0 ? redactUserInfo(url) : redactUserInfo(url.slice(0, at)) + redactQuery(url.slice(at))
}

/** Parameter names are kept, each value becomes `?`; a parameter without a value is removed. */
export function redactQuery(query: string): string {
  return query.replaceAll(/([^?&#;=]+)(=[^&#;]*)?/g, (_whole, name: string, value: string | undefined) =>
    value === undefined ? '?' : `${name}=?`,
  )
}

/** The query with the values of secret parameters replaced; the others stay. */
export function redactSecretParameters(query: string): string {
  return query.replaceAll(/([^&=]*)=[^&]*/g, (whole, name: string) => (isSecretName(name) ? `${name}=${REDACTED}` : whole))
}

/** The URL of a service without user info and query, as a user may read it; a text that is no URL has its user info replaced. */
export function withoutUserInfo(url: string): string {
  const parsed = /^https?:/i.test(url) ? URL.parse(url) : null
  return parsed ? `${parsed.origin}${parsed.pathname}` : redactUserInfo(url)
}

const SCHEME = '://'
const SCHEMES = /:\/\//g

/** Removes the user info from every URL in a text. */
export function redactUserInfo(text: string): string {
  return replaceFound(text, SCHEMES, (found) => {
    const start = found.index + SCHEME.length
    const end = endOfUserInfo(text, start)
    return end > start ? { start, end, by: REDACTED } : undefined
  })
}

const DELIMITER = /[\s"'`<>]/

/** Index of the `@` that ends the user info, or -1. A password may contain a slash that was not escaped. */
function endOfUserInfo(text: string, start: number): number {
  let lastAt = -1
  let atBeforePath = -1
  let path = -1
  for (let at = start; at < text.length && !DELIMITER.test(text[at] as string); at++) {
    const char = text[at]
    if (char === ':' && text.startsWith(SCHEME, at) && at > start) break
    if (char === '@') lastAt = at
    else if (path < 0 && (char === '/' || char === '?' || char === '#')) {
      path = at
      atBeforePath = lastAt
    }
  }
  if (path < 0) return lastAt
  if (atBeforePath >= 0) return atBeforePath
  return /:\D/.test(text.slice(start, Math.min(path, start + 300))) ? lastAt : -1
}
