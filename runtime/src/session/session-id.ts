/**
 * Ids of sessions, and the cookie values that carry them: `ID.SIGNATURE`. The signature is an HMAC with a key that only the server has, so that
 * the store is never asked about an id that nobody was given.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** 192 bits; OWASP asks for 128. */
const ID_BYTES = 24
const MARK_BYTES = 9
const ID = /^[\w-]{32}$/
const SIGNATURE_BYTES = 32
/** Of every cookie value that was given out: 32 characters, a dot, 43 characters. */
const VALUE_LENGTH = 76

export const newSessionId = (): string => randomBytes(ID_BYTES).toString('base64url')

/** Names one change among all: two that make the same state of the same one are still two. */
export const newMark = (): string => randomBytes(MARK_BYTES).toString('base64url')

export const isSessionId = (text: string): boolean => ID.test(text)

export const signedValue = (id: string, key: string): string => `${id}.${signatureOf(id, key).toString('base64url')}`

export type Verdict = { readonly id: string } | { readonly rejected: 'oversized' | 'forged' }

/** The id in a cookie value that one of the keys has signed. */
export function verifiedId(value: string, keys: readonly string[]): Verdict {
  if (value.length > VALUE_LENGTH) return { rejected: 'oversized' }
  const [id = '', signature = ''] = value.split('.')
  const given = Buffer.from(signature, 'base64url')
  const isOurs = isSessionId(id) && given.length === SIGNATURE_BYTES && keys.some((key) => timingSafeEqual(signatureOf(id, key), given))
  return isOurs ? { id } : { rejected: 'forged' }
}

const signatureOf = (id: string, key: string): Buffer => createHmac('sha256', key).update(id).digest()
