/** User and password of a client, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Whether both are right. Both are always compared in full. */
export function isRight(given: Credentials, wanted: Credentials): boolean {
  const user = isSame(given.user, wanted.user)
  const password = isSame(given.password, wanted.password)
  return user && password
}

/** Whether two secrets are equal, in constant time: digests have one length. */
export function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** User and password of an `Authorization: Basic` header (RFC 7617, UTF-8); undefined when it is not valid. Without a colon, all of it is the user. */
export function parseBasic(header: string | undefined): Credentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** The token of an `Authorization: Bearer` header (RFC 6750); undefined when there is none. */
export function parseBearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1]
}
