/** One request of HTTP/2, passed on as HTTP/1.1: the listener has made a request and a response of its stream. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type RefusalReason, statedLength } from '@spyglass/process/listener'
import { pairsOf } from './fields.ts'
import { Passage, type PassageClient, type PassageFailure, type Piece } from './passage.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'
import { type ClientOrigin, requestText } from './request-text.ts'
import type { ResponseHead } from './response-head.ts'
import type { Upstream } from './upstream.ts'

/** The head of the request as HTTP/1.1 has it, checked as every other. */
export function headOfStream(request: IncomingMessage, isTrusted: boolean): RequestHead | RefusalReason {
  const { method = '', url = '', rawHeaders } = request
  let text = `${method} ${url} HTTP/1.1\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`
  if (statedLength(request) < 0) text += 'transfer-encoding: chunked\r\n'
  return readRequestHead(`${text}\r\n`, { isTrusted, maxCount: Infinity })
}

export interface StreamedExchange {
  readonly upstream: Upstream
  /** Which application it is for, in the words of its header. */
  readonly mount: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly head: RequestHead
  readonly origin: ClientOrigin
  readonly onFailed: (reason: PassageFailure) => void
}

export class StreamedClient implements PassageClient {
  readonly #exchange: StreamedExchange
  readonly #passage: Passage
  /** Content that has come and was not written yet. */
  #parts: Buffer[] = []

  constructor(exchange: StreamedExchange) {
    this.#exchange = exchange
    const { upstream, mount, head, origin, request, response } = exchange
    const hasBody = head.body !== 0
    this.#passage = new Passage(upstream, this, { text: requestText(head, origin, mount), method: head.method, hasBody, isUpgrade: false })
    response.on('close', () => this.#passage.abort())
    response.on('drain', () => this.#passage.resume())
    this.#passage.start()
    if (hasBody) this.#passBody(request, head.body < 0)
  }

  #passBody(request: IncomingMessage, isChunked: boolean): void {
    const passage = this.#passage
    request.on('data', (chunk: Buffer) => {
      if (!passage.write(isChunked ? inChunk(chunk) : chunk)) request.pause()
    })
    request.on('end', () => {
      passage.requestEnded()
      if (isChunked) passage.write(LAST_CHUNK)
    })
    request.on('error', () => {}) // the end of its stream is that of the response too
  }

  resume(): void {
    this.#exchange.request.resume()
  }

  inform({ status, lines }: ResponseHead): void {
    if (status === 103) this.#exchange.response.writeEarlyHints(Object.fromEntries(pairsOf(lines)))
  }

  content(bytes: Buffer): void {
    this.#parts.push(Buffer.from(bytes))
  }

  respond({ status, statusLine, lines }: ResponseHead, piece: Piece): boolean {
    const { response } = this.#exchange
    const headers = pairsOf(lines).filter(([name]) => name.toLowerCase() !== 'transfer-encoding')
    response.writeHead(status, statusLine.slice(13), headers.flat())
    return this.more(piece)
  }

  more({ isLast }: Piece): boolean {
    const { response } = this.#exchange
    let goesOn = true
    for (const part of this.#parts) goesOn = response.write(part)
    this.#parts = []
    if (isLast) response.end()
    return goesOn
  }

  switched(): void {
    this.broke() // never asked for
  }

  failed(reason: PassageFailure): void {
    this.#exchange.onFailed(reason)
  }

  broke(): void {
    this.#exchange.response.destroy()
  }
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const inChunk = (content: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])
