/** Sizes of bodies, as the heads of request and response state them. */

const CONTENT_LENGTH = 'content-length'

/** In a list of names and values in turn, as text or bytes; -1 when it is missing. */
export function contentLengthIn(headers: readonly (Uint8Array | string)[]): number {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]
    if (name?.length === CONTENT_LENGTH.length && String(name).toLowerCase() === CONTENT_LENGTH)
      return contentLengthOf(String(headers[at + 1]))
  }
  return -1
}

/** -1 for what is no size. */
export function contentLengthOf(value: unknown): number {
  const size = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : -1
  return Number.isSafeInteger(size) ? size : -1
}
