/** Records what an application answers, as it goes out. */
import type { ServerResponse } from 'node:http'
import type { StoredAnswer } from './idempotency-store.ts'

/** Fields that are of a connection or of one answer alone. */
const NOT_KEPT = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'set-cookie'])

/** Calls back once: with the answer when it is out, or with nothing if it broke off or is larger than `maxBytes`. */
export function recordAnswer(response: ServerResponse, maxBytes: number, then: (answer: StoredAnswer | undefined) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  const [write, end] = [response.write.bind(response), response.end.bind(response)] as [Writing, Writing]
  const head = recordHead(response)

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
    return end(chunk, ...more)
  }) as typeof response.end
  response.once('close', () => {
    const isWhole = response.writableFinished && size <= maxBytes
    then(isWhole ? { status: response.statusCode, headers: head(), body: Buffer.concat(chunks).toString('base64') } : undefined)
  })
}

type Writing = (...args: unknown[]) => boolean & ServerResponse

/** Fields given to `writeHead` cannot be read back. */
function recordHead(response: ServerResponse): () => StoredAnswer['headers'] {
  const given: Record<string, string | readonly string[]> = {}
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = (...args: unknown[]) => {
    const fields = args.at(-1)
    if (typeof fields === 'object' && fields !== null)
      for (const [name, value] of pairsOf(fields)) given[name.toLowerCase()] = textOf(value)
    return writeHead(...args)
  }
  return () => {
    const set = Object.entries(response.getHeaders()).map(([name, value]) => [name, textOf(value)] as const)
    return Object.fromEntries([...set, ...Object.entries(given)].filter(([name]) => !NOT_KEPT.has(name)))
  }
}

/** An object, a list of names and values in turn, or a list of pairs. */
function pairsOf(fields: object): [string, unknown][] {
  if (!Array.isArray(fields)) return Object.entries(fields)
  if (Array.isArray(fields[0])) return fields as [string, unknown][]
  return fields.flatMap((name, at) => (at % 2 === 0 ? [[String(name), fields[at + 1]] as [string, unknown]] : []))
}

const textOf = (value: unknown): string | readonly string[] => (Array.isArray(value) ? value.map(String) : String(value))
