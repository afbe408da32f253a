/**
 * One connection that an application took over for another protocol. Of a WebSocket the frames are followed in both directions, so that it is
 * counted, and closed in order when its generation ends. The application's own listeners and calls stay as they are.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { ABNORMAL, FrameReader } from './frame-reader.ts'

/** The service restarts; a client may connect again at once (RFC 6455 section 7.4, IANA registry). */
export const SERVICE_RESTART = 1012
const CLOSE_FRAME = Buffer.from([0x88, 2, SERVICE_RESTART >> 8, SERVICE_RESTART & 0xff])
/** How long a client may take to answer a Close frame. */
const CLOSE_GRACE_MS = 2000

export interface UpgradeCounts {
  messagesReceived: number
  messagesSent: number
  /** Connections of WebSocket that ended, by close code. */
  readonly closes: Map<number, number>
}

type Write = (...args: unknown[]) => boolean

export class UpgradedConnection {
  readonly socket: Duplex
  readonly #counts: UpgradeCounts
  readonly #received = new FrameReader()
  readonly #sent = new FrameReader()
  readonly #isWebSocket: boolean
  readonly #write: Write
  /** The head of the response, until it is whole. */
  #head: Buffer | undefined = Buffer.alloc(0)
  #isAccepted = false
  #mustClose = false
  #isClosing = false

  /** `head`: what the client sent behind its request. */
  constructor(request: IncomingMessage, socket: Duplex, head: Buffer, counts: UpgradeCounts) {
    this.socket = socket
    this.#counts = counts
    this.#isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket'
    this.#write = socket.write.bind(socket) as Write
    if (!this.#isWebSocket) return
    this.#receive(head)
    this.#watchReads()
    socket.write = (chunk: unknown, ...rest: unknown[]): boolean => this.#onWrite(chunk, rest)
    socket.once('close', () => this.#ended())
  }

  /** Tells a client of WebSocket that the service restarts. Other protocols have no word for it: they go on until their connection is cut. */
  restart(): void {
    if (!this.#isWebSocket) return
    this.#mustClose = true
    this.#closeBetweenFrames()
  }

  /** Every chunk passes `push` on its way to the reader. */
  #watchReads(): void {
    const push = this.socket.push.bind(this.socket)
    this.socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk instanceof Uint8Array) this.#receive(chunk)
      return push(chunk, encoding)
    }
  }

  #receive(chunk: Uint8Array): void {
    const before = this.#received.messages
    this.#received.read(chunk)
    this.#counts.messagesReceived += this.#received.messages - before
    if (this.#isClosing && this.#received.closeCode !== undefined) this.socket.end()
  }

  #onWrite(chunk: unknown, rest: readonly unknown[]): boolean {
    // Nothing may follow a Close frame (RFC 6455 section 5.5.1); the application does not know that there was one.
    if (this.#isClosing) return swallow(rest)
    this.#send(bytesOf(chunk, rest[0]))
    const goesOn = this.#write(chunk, ...rest)
    if (this.#mustClose) this.#closeBetweenFrames()
    return goesOn
  }

  #send(chunk: Uint8Array): void {
    const frames = this.#head === undefined ? chunk : this.#afterHead(chunk)
    if (!this.#isAccepted) return
    const before = this.#sent.messages
    this.#sent.read(frames)
    this.#counts.messagesSent += this.#sent.messages - before
  }

  /** What follows the head of the response; only 101 changes the protocol. */
  #afterHead(chunk: Uint8Array): Uint8Array {
    const head = Buffer.concat([this.#head ?? Buffer.alloc(0), chunk])
    const end = head.indexOf('\r\n\r\n')
    this.#head = end < 0 ? head : undefined
    if (end < 0) return Buffer.alloc(0)
    this.#isAccepted = /^HTTP\/1\.[01] 101 /.test(head.toString('latin1', 0, 13))
    return head.subarray(end + 4)
  }

  #closeBetweenFrames(): void {
    if (this.#isClosing || !this.#isAccepted || !this.#sent.isBetweenFrames || !this.socket.writable) return
    this.#isClosing = true
    if (this.#sent.closeCode !== undefined) return // the application has begun to close it
    this.#sent.read(CLOSE_FRAME)
    this.#write(CLOSE_FRAME)
    setTimeout(() => this.socket.destroy(), CLOSE_GRACE_MS).unref()
  }

  #ended(): void {
    if (!this.#isAccepted) return
    const code = this.#sent.closeCode ?? this.#received.closeCode ?? ABNORMAL
    this.#counts.closes.set(code, (this.#counts.closes.get(code) ?? 0) + 1)
  }
}

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  return Buffer.from(String(chunk), typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
}

function swallow(rest: readonly unknown[]): boolean {
  const callback = rest.at(-1)
  if (typeof callback === 'function') process.nextTick(callback)
  return true
}
