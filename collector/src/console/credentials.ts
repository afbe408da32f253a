/** User and password of the console, compared without telling by time how much of them was right. */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Whether both are right. Both are always compared in full, by digests of one length. */
export function isRight(given: Credentials, wanted: Credentials): boolean {
  const user = isSame(given.user, wanted.user)
  const password = isSame(given.password, wanted.password)
  return user && password
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

/** User and password of a Basic header (RFC 7617, UTF-8); undefined when it is none. */
export function parseBasic(header: string | undefined): Credentials | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
