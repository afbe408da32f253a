/** Compression of responses, loaded only where a listener asks for it. The package is the one of Express, which works on any `http.ServerResponse`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FrontOptions } from '@spyglass/process/listener'

/** Smaller bodies do not get smaller. */
const MIN_BYTES = 1024

/** Compresses with br or gzip what the client accepts and the application has not compressed, if its type is known to gain by it. */
export async function openCompression(): Promise<NonNullable<FrontOptions['compress']>> {
  const { default: compression } = await import('compression')
  const asked = new WeakSet<ServerResponse>()
  const compress = compression({
    threshold: MIN_BYTES,
    filter: (request, response) => {
      if (!response.hasHeader('content-encoding')) asked.add(response)
      return !isEventStream(response) && !isPartial(response) && compression.filter(request, response)
    },
  })
  return (request, response, next) => {
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
    response.writeHead = (...args: unknown[]) => {
      if (response.statusCode === 304) varyByEncoding(response)
      if (asked.has(response) && response.hasHeader('content-encoding')) weakenTag(response)
      return writeHead(...args)
    }
    compress(asGet(request), response, next)
  }
}

/** HEAD has the fields that GET would have (RFC 9110 section 9.3.2); Node sends no body. The package leaves HEAD uncompressed, with another tag. */
const asGet = (request: IncomingMessage): IncomingMessage =>
  request.method === 'HEAD' ? (Object.create(request, { method: { value: 'GET' } }) as IncomingMessage) : request

/** The range counts bytes of the file, not of what would be sent (RFC 9110 section 14.2). */
const isPartial = (response: ServerResponse): boolean => response.statusCode === 206 || response.hasHeader('content-range')

/** Other bytes must not have the same strong tag (RFC 9110 section 8.8.3.3). */
function weakenTag(response: ServerResponse): void {
  const tag = response.getHeader('etag')
  if (typeof tag === 'string' && !tag.startsWith('W/')) response.setHeader('etag', `W/${tag}`)
}

/** A cache must learn from a 304 what it learned from the 200 (RFC 9110 section 15.4.5). */
function varyByEncoding(response: ServerResponse): void {
  if (!/accept-encoding|\*/i.test(String(response.getHeader('vary') ?? ''))) response.appendHeader('vary', 'Accept-Encoding')
}

/** Events are for the client at once; the compressor would hold them back. */
const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type') ?? '').startsWith('text/event-stream')
