/** Posts bytes over keep-alive connections that never hold the process open. What hooks into `node:http` does not see it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import process from 'node:process'
import { createTrust, type TrustFiles } from '../tls-trust/index.ts'
import type { Answer } from './answer-reader.ts'
import { fail } from './errors.ts'
import { PostConnection } from './post-connection.ts'

export type RequestHeaders = Readonly<Record<string, string>>

export interface PostResult {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly retryAfterMs: number | undefined
  /** Of the answer, by lower-case name. */
  readonly headers?: ReadonlyMap<string, string>
  /** Why there was no answer, where it is known. */
  readonly error?: Error | undefined
}

export interface PosterOptions {
  readonly headers: RequestHeaders
  /** Over https: whom to trust. Default: the usual authorities. */
  readonly trust?: TrustFiles
  readonly gzip: boolean
  readonly timeoutMs: number
}

export interface Poster {
  /** @throws SPY_OTLP_HEADER */
  /** `more` are headers of this request alone. */
  post(url: URL, body: Buffer, more?: RequestHeaders): Promise<PostResult>
  close(): void
}

export const NO_ANSWER: PostResult = { status: 0, retryAfterMs: undefined }

export function createPoster({ headers, trust = {}, gzip: compress, timeoutMs }: PosterOptions): Poster {
  const trusted = createTrust(trust)
  /** A full queue is sent from within a request, which the connection outlives: it is opened in the context of this moment. */
  const outside = AsyncLocalStorage.snapshot()
  /** One for each origin is kept; what comes while it is busy has its own. */
  const connections = new Map<string, PostConnection>()

  function connectionTo(url: URL): PostConnection {
    const present = connections.get(url.origin)
    if (present?.isFree) return present
    const connection = outside(() => new PostConnection(url, trusted))
    connections.set(url.origin, connection)
    return connection
  }

  async function post(url: URL, body: Buffer, more?: RequestHeaders): Promise<PostResult> {
    const payload = compress ? await zipped(body) : body
    const head = headOf(url, payload.length, { ...headers, ...more, ...(compress ? { 'content-encoding': 'gzip' } : {}) })
    const connection = connectionTo(url)
    const answer = await connection.send(Buffer.concat([Buffer.from(head, 'latin1'), payload]), timeoutMs)
    return answer ? resultOf(answer) : { ...NO_ANSWER, error: connection.error }
  }

  return {
    post,
    close() {
      for (const connection of connections.values()) connection.close()
      connections.clear()
    },
  }
}

const resultOf = ({ status, headers }: Answer): PostResult => ({ status, headers, retryAfterMs: retryAfter(headers.get('retry-after')) })

/** RFC 9110 §5.6.2 and §5.5. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/
const VALUE = /^[\t -~\u0080-\u00ff]*$/

function headOf(url: URL, length: number, headers: RequestHeaders): string {
  const own = { host: url.host, 'content-type': 'application/x-protobuf', 'content-length': String(length), connection: 'keep-alive' }
  const lines = Object.entries({ ...own, ...authorization(url), ...lowerCased(headers) }).map(([name, value]) => {
    if (!NAME.test(name) || !VALUE.test(value)) throw fail('SPY_OTLP_HEADER', [JSON.stringify(name)])
    return `${name}: ${value}\r\n`
  })
  return `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const lowerCased = (headers: RequestHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** User and password of the URL. */
function authorization({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

function zipped(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    process.getBuiltinModule('node:zlib').gzip(body, { level: 1 }, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

/** RFC 9110 §10.2.3: seconds or a date. */
export function retryAfter(value: string | undefined, nowMs: number = Date.now()): number | undefined {
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
