/**
 * One client of HTTP/1: reads its requests one after the other and sends the answers in their order. Each request is routed by itself; the connection
 * belongs to no application. What a client sends ahead waits, up to a limit; then its connection is not read.
 */
import type { Socket } from 'node:net'
import { answerOnSocket, type RefusalReason } from '@spyglass/process/listener'
import { type BodyReader, ChunkedReader, LengthReader, MALFORMED, MORE } from './body-reader.ts'
import type { ClientFront } from './client-front.ts'
import { Passage, type PassageClient, type PassageFailure, type Piece } from './passage.ts'
import { CHUNKED, type HeadRules, readRequestHead, type RequestHead } from './request-head.ts'
import { type ClientOrigin, requestText } from './request-text.ts'
import type { ResponseHead } from './response-head.ts'
import { openTunnel } from './tunnel.ts'
import type { UpstreamConnection } from './upstream.ts'

/** `head`: the next request is read; `body`: its body goes on; `answer`: its answer is under way; `over`: nothing more is read. */
type State = 'head' | 'body' | 'answer' | 'over'

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const [CR, LF] = [13, 10]
/** A line that does not end with CRLF. */
const BARE = /(?:^|[^\r])\n|\r[^\n]/
const MAX_AHEAD_BYTES = 65_536
/** How long a client may go on sending when it has been answered for the last time, so that it comes to see the answer. */
const LINGER_MS = 2000

export class ClientConnection implements PassageClient {
  readonly #socket: Socket
  readonly #front: ClientFront
  readonly #origin: ClientOrigin
  readonly #rules: HeadRules
  #state: State = 'head'
  #pending: Buffer | undefined
  #head: RequestHead | undefined
  #body: BodyReader | undefined
  #passage: Passage | undefined
  #requests = 0
  #keepAlive = true
  /** The client sends nothing more. */
  #hasEnded = false
  /** When the present request began; without one, when the last one ended, or the connection was made. */
  #since: number
  /** When the first byte of a head came that is not whole. */
  #headSince: number | undefined

  constructor(socket: Socket, front: ClientFront, origin: ClientOrigin) {
    this.#socket = socket
    this.#front = front
    this.#origin = origin
    this.#rules = { isTrusted: origin.isTrusted, maxCount: front.limits.maxHeaderCount || Infinity }
    this.#since = front.now
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => this.#passage?.resume())
    socket.on('end', () => this.#onEnd())
    socket.on('error', () => {}) // its close follows
    socket.on('close', () => this.#passage?.abort())
  }

  get isIdle(): boolean {
    return this.#state === 'head' && this.#pending === undefined && this.#isSent
  }

  get isBusy(): boolean {
    return this.#passage !== undefined || !this.#isSent
  }

  /** Whether the client has been sent everything: an answer that was read to its end may still wait for it. */
  get #isSent(): boolean {
    return this.#socket.writableLength === 0
  }

  /** Ends a connection that has nothing under way. */
  close(): void {
    this.#state = 'over'
    this.#socket.destroy()
  }

  /** Judges a client that lets us wait. */
  sweep(now: number): void {
    if (this.#state !== 'head') return
    if (!this.#isSent) this.#since = now
    const { headersTimeoutMs, keepAliveTimeoutMs } = this.#front.limits
    const saysSomething = this.#headSince !== undefined
    const mostMs = saysSomething || this.#requests === 0 ? headersTimeoutMs : keepAliveTimeoutMs
    if (mostMs === 0 || now - (this.#headSince ?? this.#since) < mostMs) return
    if (saysSomething) this.#refuse('request_header_timeout', this.#pending ?? Buffer.alloc(0))
    else this.close() // a browser opens connections ahead of need
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'over') return
    if (this.#state === 'answer') return this.#wait(chunk)
    const pending = this.#pending
    this.#pending = undefined
    this.#read(pending ? Buffer.concat([pending, chunk]) : chunk)
  }

  #onEnd(): void {
    this.#hasEnded = true
    this.#missRest()
  }

  /** What the client has begun and will not finish ends here; what it has asked for is answered. */
  #missRest(): void {
    if (this.#state === 'head') this.#socket.end()
    if (this.#state !== 'body') return
    this.#passage?.abort()
    this.#socket.destroy()
  }

  #wait(chunk: Buffer): void {
    this.#pending = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk
    if (this.#pending.length > MAX_AHEAD_BYTES) this.#socket.pause()
  }

  #read(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && (this.#state === 'head' || this.#state === 'body')) {
      at = this.#state === 'head' ? this.#readHead(bytes, at) : this.#readBody(bytes, at)
    }
    if (at < bytes.length && this.#state === 'answer') this.#wait(bytes.subarray(at))
  }

  /** Returns where to go on. */
  #readHead(bytes: Buffer, from: number): number {
    let at = from
    while (bytes[at] === CR && bytes[at + 1] === LF) at += 2 // RFC 9112 section 2.2
    const end = bytes.indexOf(END_OF_HEAD, at)
    const length = (end < 0 ? bytes.length : end) - at
    if (length > this.#front.limits.maxHeaderBytes) this.#refuse('header_overflow', bytes.subarray(at))
    else if (end < 0) this.#keep(bytes, at)
    else {
      const head = readRequestHead(bytes.toString('latin1', at, end + 4), this.#rules)
      if (typeof head === 'string') this.#refuse(head, bytes.subarray(at))
      else this.#begin(head)
      return end + 4
    }
    return bytes.length
  }

  #keep(bytes: Buffer, at: number): void {
    if (at >= bytes.length) return
    const rest = bytes.subarray(at)
    if (BARE.test(rest.toString('latin1'))) return this.#refuse('malformed_request', rest)
    this.#headSince ??= this.#front.now
    this.#pending = rest
  }

  #begin(head: RequestHead): void {
    const { limits } = this.#front
    this.#head = head
    this.#since = this.#headSince ?? this.#front.now
    this.#headSince = undefined
    this.#requests++
    this.#keepAlive = head.keepAlive && (limits.maxRequestsPerConnection === 0 || this.#requests < limits.maxRequestsPerConnection)
    const target = this.#front.targetOf(head, this.#origin)
    if ('text' in target) return this.#answer(target.text)
    if ('reason' in target) return this.#refused(target.reason)
    this.#body = readerOf(head.body)
    this.#state = this.#body ? 'body' : 'answer'
    this.#passage = new Passage(target.upstream, this, {
      text: requestText(head, this.#origin, target.mount),
      method: head.method,
      hasBody: this.#body !== undefined,
      isUpgrade: head.upgrade !== '',
    })
    this.#passage.start()
  }

  #readBody(bytes: Buffer, at: number): number {
    const passage = this.#passage
    const end = this.#body!.read(bytes, at, bytes.length)
    if (end === MALFORMED) {
      this.#cut('malformed_request')
      return bytes.length
    }
    const isWhole = end !== MORE
    const to = isWhole ? end : bytes.length
    if (isWhole) {
      passage?.requestEnded()
      this.#state = 'answer'
    }
    const goesOn = passage?.write(at === 0 && to === bytes.length ? bytes : bytes.subarray(at, to)) ?? true
    if (!goesOn && !isWhole) this.#socket.pause()
    return to
  }

  resume(): void {
    if (this.#state === 'body') this.#socket.resume()
  }

  inform({ statusLine, lines }: ResponseHead): void {
    if (this.#head?.minor === 1) this.#socket.write(`${statusLine}\r\n${lines}\r\n`, 'latin1')
  }

  respond(head: ResponseHead, piece: Piece): boolean {
    const { bytes, from, bodyFrom, to, isLast } = piece
    this.#keepAlive &&= !this.#front.isDraining && this.#state === 'answer' && head.body?.isUntilClose !== true
    let goesOn: boolean
    if (this.#keepAlive && head.keepAliveText === this.#front.keepAliveText) goesOn = this.#send(bytes, from, to)
    else {
      const { keepAliveLines } = this.#front
      const text = `${head.statusLine}\r\n${head.lines}${this.#keepAlive ? keepAliveLines : 'connection: close\r\n'}\r\n`
      if (to > bodyFrom) this.#socket.cork()
      goesOn = this.#socket.write(text, 'latin1')
      if (to > bodyFrom) {
        goesOn = this.#send(bytes, bodyFrom, to)
        this.#socket.uncork()
      }
    }
    if (isLast) this.#answered()
    return goesOn
  }

  more({ bytes, from, to, isLast }: Piece): boolean {
    const goesOn = to === from || this.#send(bytes, from, to)
    if (isLast) this.#answered()
    return goesOn
  }

  switched(head: ResponseHead, connection: UpstreamConnection, rest: Buffer): void {
    this.#passage = undefined
    this.#state = 'over'
    const ahead = this.#pending
    this.#pending = undefined
    this.#socket.removeAllListeners('data').removeAllListeners('drain').removeAllListeners('end')
    openTunnel({ client: this.#socket, connection, head, rest, ahead, upgrades: this.#front.upgrades })
    this.#socket.resume()
  }

  failed(reason: PassageFailure): void {
    this.#passage = undefined
    this.#refused(reason)
    this.#next()
  }

  broke(): void {
    this.#passage = undefined
    this.close()
  }

  /** The bytes are overwritten when this returns. */
  #send(bytes: Buffer, from: number, to: number): boolean {
    return this.#socket.write(Buffer.from(bytes.subarray(from, to)))
  }

  #answered(): void {
    this.#passage = undefined
    if (this.#keepAlive) this.#done()
    else this.#end()
    this.#next()
  }

  #done(): void {
    this.#state = 'head'
    this.#head = undefined
    this.#body = undefined
    this.#since = this.#front.now
  }

  /** Reads what the client has sent ahead. */
  #next(): void {
    if (this.#state !== 'head') return
    const ahead = this.#pending
    this.#pending = undefined
    if (ahead) this.#read(ahead)
    if (this.#hasEnded) this.#missRest()
    else this.#socket.resume()
  }

  /** An answer of our own to a request that was read. */
  #answer(text: string): void {
    const hasBody = this.#head !== undefined && this.#head.body !== 0
    this.#keepAlive &&= !hasBody && !this.#front.isDraining
    this.#socket.write(text.replace('\r\n\r\n', this.#keepAlive ? '\r\n\r\n' : '\r\nconnection: close\r\n\r\n'), 'latin1')
    if (this.#keepAlive) this.#done()
    else this.#end()
  }

  #refused(reason: RefusalReason): void {
    this.#answer(this.#front.refuse(reason, this.#head!, this.#origin, this.#since))
  }

  /** A request that could not be read. Where the next one would begin nobody knows. */
  #refuse(reason: RefusalReason, bytes: Buffer): void {
    this.#state = 'over'
    this.#pending = undefined
    const waitedMs = reason === 'request_header_timeout' ? this.#front.limits.headersTimeoutMs : 0
    this.#front.unreadable(reason, { bytes, clientAddress: this.#origin.address, durationMs: waitedMs })
    answerOnSocket(this.#socket, reason)
  }

  /** The body is not what it says it is; the application has seen a part of it. */
  #cut(reason: RefusalReason): void {
    this.#state = 'over'
    this.#front.count(reason)
    this.#passage?.abort()
    this.#passage = undefined
    answerOnSocket(this.#socket, reason)
  }

  #end(): void {
    this.#state = 'over'
    this.#pending = undefined
    this.#socket.resume() // what still comes is not read any more
    this.#socket.end(() => setTimeout(() => this.#socket.destroy(), LINGER_MS).unref())
  }
}

function readerOf(length: number): BodyReader | undefined {
  if (length === 0) return undefined
  return length === CHUNKED ? new ChunkedReader() : new LengthReader(length)
}
