/** HTTP Basic authentication (RFC 7617) for the administration API, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Whether the header `Authorization` carries these credentials. */
export function isAuthorised(header: string | undefined, { user, password }: Credentials): boolean {
  const encoded = /^Basic ([\w+/=-]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return false
  return isSame(Buffer.from(encoded, 'base64').toString('utf8'), `${user}:${password}`)
}

/** Digests first, so that neither length nor content shows in the time it takes. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
