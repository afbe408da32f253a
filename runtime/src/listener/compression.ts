/** Compression of responses, loaded only where a listener asks for it. The package is the one of Express, which works on any `http.ServerResponse`. */
import type { ServerResponse } from 'node:http'
import type { FrontOptions } from './front-traffic.ts'

/** Smaller bodies do not get smaller. */
const MIN_BYTES = 1024

/** Compresses with br or gzip what the client accepts and the application has not compressed, if its type is known to gain by it. */
export async function openCompression(): Promise<NonNullable<FrontOptions['compress']>> {
  const { default: compression } = await import('compression')
  return compression({
    threshold: MIN_BYTES,
    // Events are for the client at once; the compressor would hold them back.
    filter: (request, response) => !isEventStream(response) && compression.filter(request, response),
  })
}

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type') ?? '').startsWith('text/event-stream')
