/** URLs: who and where stay, user info and the values of parameters go. */
import { isSecretName, REDACTED } from './secret-names.ts'

/** A URL, a path with a query, or a query that begins with `?`. */
export function redactUrl(url: string): string {
  const at = url.search(/[?#]/)
  return at < 0 ? redactUserInfo(url) : redactUserInfo(url.slice(0, at)) + redactQuery(url.slice(at))
}

/** The names of the parameters stay, each value becomes `?`; a parameter without a value goes as a whole. */
export function redactQuery(query: string): string {
  return query.replaceAll(/([^?&#;=]+)(=[^&#;]*)?/g, (_whole, name: string, value: string | undefined) =>
    value === undefined ? '?' : `${name}=?`,
  )
}

/** The query with the values of secret parameters replaced; the others stay. */
export function redactSecretParameters(query: string): string {
  return query.replaceAll(/([^&=]*)=[^&]*/g, (whole, name: string) => (isSecretName(name) ? `${name}=${REDACTED}` : whole))
}

const SCHEME = '://'

/** Takes the user info out of every URL of a text. */
export function redactUserInfo(text: string): string {
  let result = ''
  let from = 0
  for (let scheme = text.indexOf(SCHEME); scheme >= 0; scheme = text.indexOf(SCHEME, from)) {
    const start = scheme + SCHEME.length
    const end = endOfUserInfo(text, start)
    result += text.slice(from, start)
    if (end > start) result += REDACTED
    from = Math.max(start, end)
  }
  return from === 0 ? text : result + text.slice(from)
}

const DELIMITER = /[\s"'`<>]/

/** Index of the `@` that ends the user info, or -1. A password with a slash in it is one that nobody escaped. */
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
