/** Reads the answer to one request from the bytes of a connection, as far as a post needs it (RFC 9112): status and headers; the body is skipped. */

export interface Answer {
  readonly status: number
  /** By lower-case name; of a repeated header the last. */
  readonly headers: ReadonlyMap<string, string>
}

const END_OF_HEAD = '\r\n\r\n'
/** As much as Node's own parser takes by default. */
const MAX_HEAD_BYTES = 16_384
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/
const LENGTH = /^\d{1,15}$/
const EMPTY = Buffer.alloc(0)

export class AnswerReader {
  /** Defined as soon as the head has come whole. */
  answer: Answer | undefined
  /** These bytes are no answer. */
  isBroken = false
  /** Whether the connection can be used again once the body has come. */
  keepsAlive = false
  #head: Buffer = EMPTY
  /** Bytes of the body that have not come. */
  #rest = 0

  /** Whether the answer is complete. One whose end only the end of the connection tells, or that comes in chunks, counts as such: its connection ends. */
  get isDone(): boolean {
    return this.answer !== undefined && (this.#rest === 0 || !this.keepsAlive)
  }

  add(chunk: Buffer): void {
    if (this.isBroken) return
    if (this.answer) this.#skip(chunk)
    else this.#readHead(this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]))
  }

  #readHead(bytes: Buffer): void {
    const end = bytes.indexOf(END_OF_HEAD)
    if (end < 0 || end > MAX_HEAD_BYTES) {
      this.#head = bytes
      this.isBroken = bytes.length > MAX_HEAD_BYTES
      return
    }
    const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
    const [, minor, status] = STATUS_LINE.exec(first) ?? []
    const rest = bytes.subarray(end + END_OF_HEAD.length)
    this.#head = EMPTY
    if (status === undefined) this.isBroken = true
    else if (status.startsWith('1')) this.#afterInterim(status, rest)
    else this.#begin({ status: Number(status), headers: headersOf(lines) }, minor === '1', rest)
  }

  /** 100 Continue and the like stand before the answer; nobody asked for another protocol (101). */
  #afterInterim(status: string, rest: Buffer): void {
    if (status === '101') this.isBroken = true
    else if (rest.length > 0) this.#readHead(rest)
  }

  #begin(answer: Answer, isPersistent: boolean, rest: Buffer): void {
    const { status, headers } = answer
    this.answer = answer
    const hasNoBody = status === 204 || status === 304
    const length = hasNoBody ? '0' : (headers.get('content-length') ?? '')
    const isClosing = /(^|,)\s*close\s*(,|$)/i.test(headers.get('connection') ?? '')
    this.keepsAlive = isPersistent && !isClosing && LENGTH.test(length) && (hasNoBody || !headers.has('transfer-encoding'))
    this.#rest = this.keepsAlive ? Number(length) : 0
    this.#skip(rest)
  }

  /** More than the body is nothing that was asked for. */
  #skip(bytes: Buffer): void {
    if (bytes.length > this.#rest) this.keepsAlive = false
    this.#rest = Math.max(0, this.#rest - bytes.length)
  }
}

function headersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, Math.max(0, colon)).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}
