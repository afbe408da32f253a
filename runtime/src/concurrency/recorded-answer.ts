/** Records what an application answers, as it goes out. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { hasGone, onceEnded } from '../middleware/index.ts'
import type { Outcome, StoredAnswer } from './idempotency-store.ts'

/** Fields that are of a connection or of one answer alone. */
const NOT_KEPT = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'set-cookie'])

export interface Recorded {
  readonly status: number
  readonly answer: Outcome
}

/** Calls back once, when the application has called `end()`, whether or not a client is still there. An answer of more than `maxBytes` is not kept. */
export function recordAnswer(response: ServerResponse, maxBytes: number, then: (recorded: Recorded) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  const head = recordHead(response)
  let headers: StoredAnswer['headers'] = {}
  onceEnded(response, () => {
    const { statusCode: status } = response
    const isKept = size <= maxBytes && !isCutShort(response, headers, size)
    then({ status, answer: isKept ? { status, headers, body: Buffer.concat(chunks).toString('base64') } : 'not kept' })
  })
  const [write, end] = [response.write.bind(response), response.end.bind(response)] as [Writing, Writing]

  function take(chunk: unknown, encoding: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : Buffer.from(chunk)
    size += bytes.length
    if (size <= maxBytes) chunks.push(bytes)
    else chunks.length = 0
  }

  response.write = ((chunk: unknown, ...more: unknown[]) => {
    take(chunk, more[0])
    return write(chunk, ...more)
  }) as typeof response.write
  response.end = ((chunk: unknown, ...more: unknown[]) => {
    take(chunk, more[0])
    headers = head()
    return end(chunk, ...more)
  }) as typeof response.end
}

/** Koa and streams leave out the body when the client has gone. */
const isCutShort = (response: ServerResponse, headers: StoredAnswer['headers'], size: number): boolean =>
  size === 0 && hasGone(response) && headers['content-type'] !== undefined

type Writing = (...args: unknown[]) => boolean & ServerResponse

/** Fields given to `writeHead` cannot be read back. Those set are read before it: what encodes the body on its way out adds its own there. */
function recordHead(response: ServerResponse): () => StoredAnswer['headers'] {
  const given: Record<string, string | readonly string[]> = {}
  let set: OutgoingHttpHeaders | undefined
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = (...args: unknown[]) => {
    const fields = args.at(-1)
    if (typeof fields === 'object' && fields !== null)
      for (const [name, value] of pairsOf(fields)) given[name.toLowerCase()] = textOf(value)
    set = response.getHeaders()
    return writeHead(...args)
  }
  return () => {
    const all = Object.entries(set ?? response.getHeaders()).map(([name, value]) => [name, textOf(value)] as const)
    return Object.fromEntries([...all, ...Object.entries(given)].filter(([name]) => !NOT_KEPT.has(name)))
  }
}

/** An object, a list of names and values in turn, or a list of pairs. */
function pairsOf(fields: object): [string, unknown][] {
  if (!Array.isArray(fields)) return Object.entries(fields)
  if (Array.isArray(fields[0])) return fields as [string, unknown][]
  return fields.flatMap((name, at) => (at % 2 === 0 ? [[String(name), fields[at + 1]] as [string, unknown]] : []))
}

const textOf = (value: unknown): string | readonly string[] => (Array.isArray(value) ? value.map(String) : String(value))
