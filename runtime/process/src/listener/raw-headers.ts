/** Headers taken out of a request. Node notes their number beside them, and reads `headersDistinct` up to that number. */
import type { IncomingMessage } from 'node:http'

let countSymbol: symbol | undefined

/** Replaces the raw headers; `headers` must have been read before, or it is made of the new ones. */
export function setRawHeaders(request: IncomingMessage, rawHeaders: string[]): void {
  countSymbol ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === 'kHeadersCount')
  request.rawHeaders = rawHeaders
  if (countSymbol) (request as unknown as Record<symbol, number>)[countSymbol] = rawHeaders.length
}
