/** Writes answers and errors as ClickHouse does. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ClickhouseError, fromEngine } from '../clickhouse-error.ts'
import { TooManyGuesses } from './credentials.ts'
import { contentTypeOf } from '../gate/formats.ts'
import type { ReadAnswer } from '../reader.ts'
import type { Written } from '../writer.ts'
import { compressedBlocks } from './blocks/compressed-blocks.ts'
import { type Coding, encodeWhole, encoderOf } from './coding.ts'
import { withLastWords } from './last-words.ts'

/** What every reply states about its server and statement. */
export interface Origin {
  readonly queryId: string
  /** Time zone of the engine. */
  readonly timezone: string
}

/** How the body is compressed. */
export interface Compression {
  readonly coding: Coding
  /** 1 to 9. */
  readonly level: number
}

export interface ReplyOptions extends Origin {
  /** Ends the reply when it aborts. */
  readonly signal: AbortSignal
  readonly compression: Compression | undefined
  /** Whether the body is in ClickHouse's own compressed blocks, below that compression. */
  readonly inBlocks: boolean
  /** Called on an error in mid-stream, when the status can no longer report it. */
  readonly onFailure: (failure: ClickhouseError) => void
}

/** Sends an answer; an error on the way goes into the stream, framed with the tag that the header announced. */
export async function sendAnswer(
  response: ServerResponse,
  answer: ReadAnswer,
  { compression, inBlocks, signal, onFailure, ...origin }: ReplyOptions,
): Promise<void> {
  const tag = randomBytes(8).toString('hex')
  response.writeHead(200, {
    ...commonHeaders(origin),
    'Content-Type': answer.contentType,
    'X-ClickHouse-Format': answer.format,
    'X-ClickHouse-Summary': summary({
      read_rows: answer.read?.readRows,
      read_bytes: answer.read?.readBytes,
      total_rows_to_read: answer.read?.totalRowsToRead,
      written_rows: 0,
      written_bytes: 0,
      result_rows: answer.rows,
      result_bytes: answer.sizeBytes,
      elapsed_ns: answer.elapsedNs,
    }),
    'X-ClickHouse-Exception-Tag': tag,
    ...(compression ? { 'Content-Encoding': compression.coding } : sizeHeader(inBlocks ? undefined : answer.sizeBytes)),
  })
  const { chunks, over } = withLastWords(answer.chunks, signal)
  const bytes = withException(chunks, tag, onFailure)
  const body = Readable.from(inBlocks ? compressedBlocks(bytes) : bytes, { objectMode: false })
  if (compression) await pipeline(body, encoderOf(compression.coding, compression.level), response, { signal: over })
  else await pipeline(body, response, { signal: over })
}

async function* withException(
  chunks: AsyncIterable<Uint8Array>,
  tag: string,
  onFailure: (failure: ClickhouseError) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    const failure = fromEngine(error)
    onFailure(failure)
    const message = `${failure.wireText.slice(0, 16_000)}\n`
    yield Buffer.from(`\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`)
  }
}

export function sendWritten(response: ServerResponse, written: Written, origin: Origin): void {
  const figures = { written_rows: written.rows, written_bytes: written.bytes, read_rows: written.rows, result_rows: written.rows }
  response.writeHead(200, {
    ...commonHeaders(origin),
    ...sizeHeader(0),
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Summary': summary(figures),
  })
  response.end()
}

export function sendBytes(response: ServerResponse, format: string, bytes: Uint8Array, origin: Origin): void {
  response.writeHead(200, {
    ...commonHeaders(origin),
    ...sizeHeader(bytes.length),
    'Content-Type': contentTypeOf(format),
    'X-ClickHouse-Format': format,
  })
  response.end(bytes)
}

/** A client that asks for a compressed answer gets a compressed error as well, as from ClickHouse. */
export function sendError(
  response: ServerResponse,
  error: unknown,
  { coding, ...origin }: Origin & { readonly coding: Coding | undefined },
): void {
  const failure = fromEngine(error)
  const { number, status, wireText, retryAfterSeconds } = failure
  const text = Buffer.from(`${wireText}\n`)
  const body = coding ? encodeWhole(coding, text) : text
  response.writeHead(status, {
    ...commonHeaders(origin),
    ...sizeHeader(body.length),
    ...(coding ? { 'Content-Encoding': coding } : {}),
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Exception-Code': String(number),
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse server HTTP API"' } : {}),
    ...(status === 503 || status === 429 ? { 'Retry-After': String(retryAfterSeconds) } : {}),
    ...(failure instanceof TooManyGuesses ? { Connection: 'close' } : {}),
  })
  response.end(body)
}

function sizeHeader(bytes: number | undefined): Record<string, string> {
  return bytes === undefined ? {} : { 'Content-Length': String(bytes) }
}

function commonHeaders({ queryId, timezone }: Origin): Record<string, string> {
  return {
    'X-ClickHouse-Query-Id': queryId,
    'X-ClickHouse-Timezone': timezone,
    'X-ClickHouse-Server-Display-Name': 'spyglass',
  }
}

type SummaryName =
  | 'read_rows'
  | 'read_bytes'
  | 'written_rows'
  | 'written_bytes'
  | 'total_rows_to_read'
  | 'result_rows'
  | 'result_bytes'
  | 'elapsed_ns'

/** All figures are texts, as in ClickHouse. An unknown figure is absent, because a 0 would be read as a count. */
function summary(figures: Partial<Record<SummaryName, number | bigint | string | undefined>>): string {
  const known = Object.entries(figures).filter(([, value]) => value !== undefined)
  return JSON.stringify(Object.fromEntries(known.map(([name, value]) => [name, String(value)])))
}
