/** Sizes of bodies, as the heads of request and response state them. */

const CONTENT_LENGTH = 'content-length'
/** The bit that letters of lower case have, and the dash. */
const LOWER = 0x20
const [ZERO, NINE] = [0x30, 0x39]
/** Of numbers that are exact. */
const MAX_DIGITS = 15

/** In a list of names and values in turn, as text or bytes; -1 when it is missing. */
export function contentLengthIn(headers: readonly (Uint8Array | string)[]): number {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]
    if (name?.length === CONTENT_LENGTH.length && isContentLength(name)) return sizeOf(headers[at + 1] ?? '')
  }
  return -1
}

/** Bytes are compared as they are: to make a text of each head's is most of the cost. */
function isContentLength(name: Uint8Array | string): boolean {
  if (typeof name === 'string') return name.toLowerCase() === CONTENT_LENGTH
  for (let at = 0; at < CONTENT_LENGTH.length; at++) if (((name[at] ?? 0) | LOWER) !== CONTENT_LENGTH.charCodeAt(at)) return false
  return true
}

function sizeOf(value: Uint8Array | string): number {
  if (typeof value === 'string' || value.length === 0 || value.length > MAX_DIGITS) return contentLengthOf(String(value))
  let size = 0
  for (const byte of value) {
    if (byte < ZERO || byte > NINE) return contentLengthOf(String(value))
    size = size * 10 + byte - ZERO
  }
  return size
}

/** -1 for what is no size. */
export function contentLengthOf(value: unknown): number {
  const size = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : -1
  return Number.isSafeInteger(size) ? size : -1
}
