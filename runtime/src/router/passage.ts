/**
 * One request on its way through the router, from the first byte that goes to the application to the last byte of its answer. What the application
 * says is read and framed here; what the client gets of it is the business of `PassageClient`, one for each version of HTTP.
 */
import { codeOf } from '@spyglass/agent/contract'
import { RELEASE_STATUS } from '@spyglass/process/listener'
import { MALFORMED, MORE } from './body-reader.ts'
import { readResponseHead, type ResponseHead } from './response-head.ts'
import type { Upstream, UpstreamConnection, UpstreamUser } from './upstream.ts'

/** A part of an answer, valid during the call. */
export interface Piece {
  readonly bytes: Buffer
  /** Where the head begins, where the body begins, and the end of both. */
  readonly from: number
  readonly bodyFrom: number
  readonly to: number
  /** Whether the answer ends with it. */
  readonly isLast: boolean
}

export interface PassageClient {
  /** An answer before the answer (1xx). */
  inform(head: ResponseHead): void
  /** The head with what came of the body, framed as the application framed it. Returns whether more can be taken now. */
  respond(head: ResponseHead, piece: Piece): boolean
  /** More of the body. Returns whether more can be taken now. */
  more(piece: Piece): boolean
  /** Where given, it gets the content of the body without its framing, before {@link respond} or {@link more} get the piece. */
  content?: (bytes: Buffer) => void
  /** The connection changes its protocol: it belongs to the client from now on. `rest` came behind the head. */
  switched(head: ResponseHead, connection: UpstreamConnection, rest: Buffer): void
  /** Nothing was answered. */
  failed(reason: PassageFailure): void
  /** The answer broke off. */
  broke(): void
  /** The application takes more of the request's body. */
  resume(): void
}

/** `no_instance`: nobody got the request. `bad_gateway`: the application broke off before it answered. */
export type PassageFailure = 'no_instance' | 'bad_gateway'

export interface PassageRequest {
  /** The head as it is sent. */
  readonly text: string
  readonly method: string
  readonly hasBody: boolean
  readonly isUpgrade: boolean
}

/** RFC 9110 section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])
const END_OF_HEAD = Buffer.from('\r\n\r\n')
const MAX_HEAD_BYTES = 262_144
/** The kernel's queue is full: the application is busy or being replaced. */
const QUEUE_FULL_RETRY_MS = 20
const QUEUE_FULL_MOST_MS = 5000

export class Passage implements UpstreamUser {
  readonly #upstream: Upstream
  readonly #client: PassageClient
  readonly #request: PassageRequest
  #connection: UpstreamConnection | undefined
  /** Of the body, until the connection is made. */
  #held: Buffer[] | undefined = []
  #head: ResponseHead | undefined
  #partial: Buffer | undefined
  #isRequestWhole: boolean
  #mustRenew = false
  #hasRetried = false
  #waitedMs = 0
  #isOver = false

  constructor(upstream: Upstream, client: PassageClient, request: PassageRequest) {
    this.#upstream = upstream
    this.#client = client
    this.#request = request
    this.#isRequestWhole = !request.hasBody
  }

  /** Sends the head, with what came of the body. */
  start(): void {
    this.#use(this.#upstream.take())
  }

  /** Sends a part of the body. Returns whether more can be taken now; otherwise `resume` follows. */
  write(chunk: Buffer): boolean {
    if (!this.#held) return this.#connection?.socket.write(chunk) ?? true
    this.#held.push(chunk)
    return false
  }

  /** The body has been written whole. */
  requestEnded(): void {
    this.#isRequestWhole = true
  }

  /** The client takes more of the answer. */
  resume(): void {
    this.#connection?.socket.resume()
  }

  /** The client is gone. */
  abort(): void {
    this.#isOver = true
    this.#drop()
  }

  connected(): void {
    const { socket } = this.#connection!
    const held = this.#held ?? []
    this.#held = undefined
    if (held.length === 0) return this.#sent(socket.write(this.#request.text, 'latin1'))
    socket.cork()
    socket.write(this.#request.text, 'latin1')
    const goesOn = held.map((chunk) => socket.write(chunk)).at(-1) ?? true
    socket.uncork()
    this.#sent(goesOn)
  }

  #sent(goesOn: boolean): void {
    if (goesOn && !this.#isRequestWhole) this.#client.resume()
  }

  drained(): void {
    if (!this.#isRequestWhole) this.#client.resume()
  }

  received(bytes: Buffer, length: number): boolean {
    if (!this.#head) return this.#readHead(bytes, length)
    return this.#readBody(this.#head, { bytes, from: 0, bodyFrom: 0, to: length }, false)
  }

  closed(error: Error | undefined): void {
    const connection = this.#connection
    this.#connection = undefined
    if (this.#isOver) return
    if (this.#head) return this.#brokeOff(this.#head, error)
    if (this.#held) return this.#notConnected(error)
    if (connection?.isReused && this.#isRepeatable && !this.#partial) return this.#again()
    this.#fail('bad_gateway')
  }

  abandoned(): void {
    this.#fail('no_instance')
  }

  /** A kept connection may have closed just as the request was sent. */
  get #isRepeatable(): boolean {
    const { method, hasBody, isUpgrade } = this.#request
    return !this.#hasRetried && !hasBody && !isUpgrade && IDEMPOTENT.has(method)
  }

  #again(): void {
    this.#hasRetried = true
    this.#held = []
    this.#use(this.#upstream.connect())
  }

  #use(connection: UpstreamConnection): void {
    this.#connection = connection
    connection.user = this
    if (connection.isConnected) this.connected()
  }

  /** Nothing was sent. */
  #notConnected(error: Error | undefined): void {
    const isFull = codeOf(error) === 'EAGAIN' && this.#waitedMs < QUEUE_FULL_MOST_MS && this.#upstream.state === 'serving'
    if (!isFull) return this.#fail('no_instance')
    this.#waitedMs += QUEUE_FULL_RETRY_MS
    setTimeout(() => this.#isOver || this.#use(this.#upstream.connect()), QUEUE_FULL_RETRY_MS)
  }

  #brokeOff(head: ResponseHead, error: Error | undefined): void {
    this.#isOver = true
    const isWhole = error === undefined && !head.keepAlive && head.body?.isUntilClose === true
    if (isWhole) this.#client.more({ bytes: NOTHING, from: 0, bodyFrom: 0, to: 0, isLast: true })
    else this.#client.broke()
  }

  #readHead(view: Buffer, length: number): boolean {
    const part = view.subarray(0, length)
    const bytes = this.#partial ? Buffer.concat([this.#partial, part]) : part
    this.#partial = undefined
    for (let from = 0; ;) {
      const end = bytes.indexOf(END_OF_HEAD, from)
      if (end < 0) return this.#keep(bytes, from)
      const bodyFrom = end + END_OF_HEAD.length
      const head = readResponseHead(bytes.toString('latin1', from, bodyFrom), this.#request.method)
      if (!head) return this.#broken()
      if (head.status >= 200) {
        this.#head = head
        return this.#readBody(head, { bytes, from, bodyFrom, to: bytes.length }, true)
      }
      if (head.status === 101) return this.#switch(head, bytes.subarray(bodyFrom))
      if (head.status === RELEASE_STATUS) this.#mustRenew = true
      else this.#client.inform(head)
      from = bodyFrom
    }
  }

  /** Until the rest of the head comes. */
  #keep(bytes: Buffer, from: number): boolean {
    if (bytes.length - from > MAX_HEAD_BYTES) return this.#broken()
    if (from < bytes.length) this.#partial = Buffer.from(bytes.subarray(from))
    return true
  }

  #readBody(head: ResponseHead, { bytes, from, bodyFrom, to }: Omit<Piece, 'isLast'>, isFirst: boolean): boolean {
    const { content } = this.#client
    const onData = content && ((start: number, stop: number): void => content.call(this.#client, bytes.subarray(start, stop)))
    const end = head.body === undefined ? bodyFrom : head.body.read(bytes, bodyFrom, to, onData)
    if (end === MALFORMED) return this.#broken()
    const isLast = end !== MORE
    if (isLast) this.#finish(head, to > end)
    const piece = { bytes, from, bodyFrom, to: isLast ? end : to, isLast }
    const goesOn = isFirst ? this.#client.respond(head, piece) : this.#client.more(piece)
    return isLast || goesOn
  }

  /** `isMore`: the application goes on after its answer. Nobody can tell what to, so the connection cannot serve any more. */
  #finish(head: ResponseHead, isMore: boolean): void {
    this.#isOver = true
    if (!head.keepAlive || this.#mustRenew || isMore || !this.#isRequestWhole) return this.#drop()
    const connection = this.#connection
    this.#connection = undefined
    if (connection) this.#upstream.give(connection)
  }

  #switch(head: ResponseHead, rest: Buffer): boolean {
    const connection = this.#connection
    if (!this.#request.isUpgrade || !connection) return this.#broken()
    this.#isOver = true
    this.#connection = undefined
    this.#client.switched(head, connection, Buffer.from(rest))
    return true
  }

  #broken(): boolean {
    const head = this.#head
    if (!head) this.#fail('bad_gateway')
    else {
      this.#isOver = true
      this.#drop()
      this.#client.broke()
    }
    return true
  }

  #fail(reason: PassageFailure): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#drop()
    this.#client.failed(reason)
  }

  #drop(): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.close()
  }
}

const NOTHING = Buffer.alloc(0)
