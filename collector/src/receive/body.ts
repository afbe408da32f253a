/**
 * The body of a request, read here and not by the framework: a refusal must reach a client that is still sending. If the server closes a
 * connection with unread bytes resets it, and the client sees EPIPE instead of the answer (RFC 9112 §9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fail } from './errors.ts'

/**
 * The body as it came in.
 * @throws SPY_OTLP_TOO_LARGE, as soon as it is known: by Content-Length before anything is read.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<readonly Buffer[]> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw fail('SPY_OTLP_TOO_LARGE', [maxBytes])
  const chunks: Buffer[] = []
  let size = 0
  return await new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      settle()
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > maxBytes) finish(() => reject(fail('SPY_OTLP_TOO_LARGE', [maxBytes])))
      else chunks.push(chunk)
    }
    const onEnd = (): void => finish(() => resolve(chunks))
    const onClose = (): void => finish(() => reject(fail('SPY_OTLP_BROKEN_OFF', [size])))
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

export interface EarlyAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** How much of an unwanted body is read, and for how long. */
const MAX_DRAINED_BYTES = 134_217_728
const MAX_DRAIN_MS = 10_000

/** Answers before the body is read, reads on within bounds, then closes the connection. */
export async function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: EarlyAnswer,
): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': body.length, connection: 'close' })
  response.write(body) // the answer is whole now; ending it would close the connection
  await drained(request)
  response.end()
}

async function drained(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return
  let size = 0
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, MAX_DRAIN_MS).unref()
    const done = (): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', done).off('close', done)
      resolve()
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > MAX_DRAINED_BYTES) done()
    }
    request.on('data', onData).on('end', done).on('close', done).on('error', done)
  })
}
