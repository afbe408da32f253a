/** Records what an application answers, as it goes out. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { onceEnded } from './handler-end.ts'

export interface RecordedResponse {
  /** As the application gave it. */
  readonly status: number
  /** Names in lower case. What is added on the way out, such as an encoding of the body, is not among them. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>
  readonly size: number
  /** Undefined: more than `maxBytes`. */
  readonly body: Buffer | undefined
}

/** Calls back once, when the application has called `end()`, whether or not a client is still there. */
export function recordResponse(response: ServerResponse, maxBytes: number, then: (recorded: RecordedResponse) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  const head = recordHead(response)
  let atEnd = head
  onceEnded(response, () => {
    const body = size <= maxBytes ? Buffer.concat(chunks) : undefined
    then({ ...atEnd(), size, body })
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
    const taken = head()
    atEnd = () => taken
    return end(chunk, ...more)
  }) as typeof response.end
}

type Writing = (...args: unknown[]) => boolean & ServerResponse
type Head = Pick<RecordedResponse, 'status' | 'fields'>

/** Fields given to `writeHead` cannot be read back. Those set are read before it: what encodes the body on its way out adds its own there. */
function recordHead(response: ServerResponse): () => Head {
  const given: Record<string, string | readonly string[]> = {}
  let set: OutgoingHttpHeaders | undefined
  let status: number | undefined
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = (...args: unknown[]) => {
    for (const [name, value] of pairsOf(args.at(-1))) given[name.toLowerCase()] = textOf(value)
    set = response.getHeaders()
    status = Number(args[0])
    return writeHead(...args)
  }
  return () => {
    const all = Object.entries(set ?? response.getHeaders()).map(([name, value]) => [name, textOf(value)] as const)
    return { status: status ?? response.statusCode, fields: { ...Object.fromEntries(all), ...given } }
  }
}

/** Fields as `writeHead` takes them: an object, a list of names and values in turn, or a list of pairs. */
export function pairsOf(fields: unknown): [string, unknown][] {
  if (typeof fields !== 'object' || fields === null) return []
  if (!Array.isArray(fields)) return Object.entries(fields)
  if (Array.isArray(fields[0])) return fields as [string, unknown][]
  return fields.flatMap((name, at) => (at % 2 === 0 ? [[String(name), fields[at + 1]] as [string, unknown]] : []))
}

const textOf = (value: unknown): string | readonly string[] => (Array.isArray(value) ? value.map(String) : String(value))
