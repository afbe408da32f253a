/**
 * One stream of an HTTP/2 connection as the socket of an ordinary `http.ServerResponse`. Programs change and extend Node's own request and response
 * classes (Express swaps their prototypes), so what HTTP/2 brings is given to them as these, not as the classes of `node:http2`. The response
 * writes HTTP/1.1 to its socket; here its head becomes the headers of the stream.
 */
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/** RFC 9113 section 8.2.2: these belong to a connection of HTTP/1.1 and must not be sent. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
const END_OF_HEAD = Buffer.from('\r\n\r\n')
/** Node writes a head in one piece, together with the first bytes of the body. */
const MAX_HEAD = 1_048_576

export class Http2StreamSocket extends Duplex {
  readonly encrypted = true
  readonly alpnProtocol = 'h2'
  /** Bytes of bodies: those of the request that have come, and those of the response. */
  bytesRead = 0
  bytesWritten = 0
  readonly #stream: ServerHttp2Stream
  readonly #connection: TLSSocket
  /** What has come of a head; undefined when the head was sent. */
  #head: Buffer | undefined = Buffer.alloc(0)

  constructor(stream: ServerHttp2Stream, connection: TLSSocket) {
    super({ autoDestroy: true })
    this.#stream = stream
    this.#connection = connection
    this.push(null)
    this.resume()
    stream.on('error', () => {}) // `close` follows
    stream.on('close', () => this.destroy())
  }

  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress
  }
  get remotePort(): number | undefined {
    return this.#connection.remotePort
  }
  get remoteFamily(): string | undefined {
    return this.#connection.remoteFamily
  }
  get localAddress(): string | undefined {
    return this.#connection.localAddress
  }
  get localPort(): number | undefined {
    return this.#connection.localPort
  }
  get servername(): unknown {
    return this.#connection.servername
  }
  get authorized(): boolean {
    return this.#connection.authorized
  }
  getPeerCertificate(...args: Parameters<TLSSocket['getPeerCertificate']>): unknown {
    return this.#connection.getPeerCertificate(...args)
  }
  getProtocol(): string | null {
    return this.#connection.getProtocol()
  }

  /** What programs set on a socket has no meaning for one stream of many. */
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  destroySoon(): void {
    this.end()
  }

  /** Answers in place of the response, which may still be written to: nothing of that is sent. */
  answer(status: number, headers: Readonly<Record<string, string>>, body: string): void {
    this.#head = undefined
    if (!this.#stream.headersSent && !this.#stream.destroyed) {
      this.#stream.respond({ ...headers, ':status': status })
      this.#stream.end(body, () => this.#stream.close())
    }
    this.destroy()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const body = this.#head === undefined ? chunk : this.#takeHeads(Buffer.concat([this.#head, chunk]))
    if (this.#stream.destroyed || body.length === 0) return done()
    this.bytesWritten += body.length
    this.#stream.write(body, () => done()) // an error closes the stream, which destroys this
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#stream.destroyed) return done()
    this.#stream.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#stream.closed && !this.#stream.writableEnded) this.#stream.close(CANCEL)
    done(error)
  }

  /** Sends the heads that are complete and returns the bytes behind the last one. */
  #takeHeads(bytes: Buffer): Buffer {
    const end = bytes.indexOf(END_OF_HEAD)
    if (end < 0) {
      this.#head = bytes.length > MAX_HEAD ? undefined : bytes
      return EMPTY
    }
    const { status, headers } = headOf(bytes.toString('latin1', 0, end))
    const rest = bytes.subarray(end + END_OF_HEAD.length)
    if (status < 200) {
      this.#sendInterim(status, headers)
      return this.#takeHeads(rest)
    }
    this.#head = undefined
    if (!this.#stream.destroyed && !this.#stream.headersSent) this.#stream.respond({ ...headers, ':status': status })
    return rest
  }

  #sendInterim(status: number, headers: OutgoingHttpHeaders): void {
    if (!this.#stream.destroyed && !this.#stream.headersSent) this.#stream.additionalHeaders({ ...headers, ':status': status })
  }
}

const CANCEL = 8
const EMPTY = Buffer.alloc(0)

/** `HTTP/1.1 200 OK` and header lines, as Node itself writes them. */
function headOf(head: string): { status: number; headers: OutgoingHttpHeaders } {
  const [first = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string | string[]> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (!OF_CONNECTION.has(name)) add(headers, name, line.slice(colon + 1).trim())
  }
  return { status: Number(first.slice(9, 12)), headers }
}

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  const present = headers[name]
  if (present === undefined) headers[name] = value
  else if (name === 'set-cookie') headers[name] = [...(Array.isArray(present) ? present : [present]), value]
  else headers[name] = `${String(present)}, ${value}`
}
