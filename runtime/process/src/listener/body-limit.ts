/** How large the body of a request may be. */
import type { IncomingMessage } from 'node:http'

/** What the headers say: -1 for a body whose length shows only at its end, 0 for none. */
export function statedLength(request: IncomingMessage, headers: IncomingMessage['headers'] = request.headers): number {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  if (length !== undefined) return Number(length)
  if (coding !== undefined) return -1
  const { httpVersionMajor, method } = request
  return httpVersionMajor > 1 && method !== 'GET' && method !== 'HEAD' ? -1 : 0
}

/** Calls `onOver` once when more has come than `maxBytes`; the rest is dropped. */
export function limitChunkedBody(request: IncomingMessage, maxBytes: number, onOver: () => void): void {
  const push = request.push.bind(request)
  let bytes = 0
  request.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    if (chunk === null) return push(chunk, encoding)
    const before = bytes
    bytes += chunk.length
    if (bytes <= maxBytes) return push(chunk, encoding)
    if (before <= maxBytes) onOver()
    return true
  }
}
