/** Serves a handler of the Fetch standard (`Request` in, `Response` out) on a Node server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The second argument is what `@hono/node-server` passes as well. */
export type FetchHandler = (
  request: Request,
  env: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse },
) => Response | Promise<Response>

export function fetchListener(
  handler: FetchHandler,
  onError: (error: unknown, response: ServerResponse) => void,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch((error: unknown) => onError(error, outgoing))
  }
}

async function answer(handler: FetchHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await handler(webRequest(incoming, outgoing), { incoming, outgoing })
  outgoing.writeHead(response.status, response.statusText || undefined, headersOf(response))
  if (!response.body) {
    outgoing.end()
    return
  }
  await pipeline(Readable.fromWeb(response.body), outgoing).catch((error: unknown) => {
    if (!outgoing.destroyed) throw error // otherwise the client has gone
  })
}

function webRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request {
  const { method = 'GET', headers, url = '/' } = incoming
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http'
  const aborted = new AbortController()
  outgoing.once('close', () => outgoing.writableFinished || aborted.abort())
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(url, `${scheme}://${headers.host ?? 'localhost'}`), {
    method,
    headers: pairsOf(incoming.rawHeaders),
    signal: aborted.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}),
  })
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2)
    if (!name.startsWith(':')) pairs.push([name, value])
  }
  return pairs
}

/** Cookies must not be joined by commas: RFC 6265 §3. */
function headersOf({ headers }: Response): Record<string, string | string[]> {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}) }
}
