/** Requests to a port of our own: as `fetch` makes them, over connections that trust the certificates of that port, which `fetch` cannot be given. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'

export interface OwnRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
  readonly redirect?: 'error'
}

export interface OwnResponse {
  /** Whether the status is 200 to 299. */
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: AsyncIterable<Uint8Array> | null
  text(): Promise<string>
  json(): Promise<unknown>
}

/** What `fetch` is as well. Redirects are never followed: our ports have none. */
export type OwnFetch = (url: string, request?: OwnRequest) => Promise<OwnResponse>

export function ownFetch(agent: http.Agent, ownHeaders: Readonly<Record<string, string>> = {}): OwnFetch {
  return (url, { method = 'GET', headers = {}, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const { request } = url.startsWith('https:') ? https : http
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const outgoing = request(url, { method, agent, headers: { ...ownHeaders, ...length, ...headers }, ...(signal ? { signal } : {}) })
      outgoing.on('error', reject)
      outgoing.on('response', (response) => resolve(responseOf(response)))
      outgoing.end(body)
    })
}

function responseOf(message: IncomingMessage): OwnResponse {
  const { statusCode: status = 0, headers } = message
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headers[name.toLowerCase()]?.toString() ?? null },
    body: message,
    text: () => text(message),
    json: async () => JSON.parse(await text(message)) as unknown,
  }
}
