/**
 * Reads the head of a request (RFC 9112) strictly. A proxy and the server behind it must never disagree where a request ends, so whatever could be
 * read in two ways is refused: no repair, no leniency. What passes is a line grammar that Node's own parser reads alike.
 */
import { METHODS } from 'node:http'
import { isHost, isTarget, type RefusalReason } from '@spyglass/process/listener'
import { type FieldKind, type FramingKind, isMeantForProxies, readFields, TOO_MANY } from './fields.ts'

/** The body is chunked: its length shows only at its end. */
export const CHUNKED = -1

export interface RequestHead {
  readonly method: string
  /** Path and query, an absolute URL, or `*`; as it came. */
  readonly target: string
  /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
  readonly minor: number
  readonly host: string
  /** Fields that go on to the application, each with its CRLF. None of them belongs to the connection or states its framing, except Content-Length. */
  readonly lines: string
  /** Length of the body in bytes, or {@link CHUNKED}. */
  readonly body: number
  readonly keepAlive: boolean
  /** The protocol that the client asks for; empty: none. */
  readonly upgrade: string
  /** Of X-Forwarded-For, -Proto and -Host; undefined where a trusted proxy did not send them. */
  readonly forwardedFor: string | undefined
  readonly forwardedProto: string | undefined
  readonly forwardedHost: string | undefined
}

export interface HeadRules {
  /** Whether the peer is believed what it forwards; from anybody else those fields are removed. */
  readonly isTrusted: boolean
  /** A head with more fields is refused. */
  readonly maxCount: number
}

const REQUEST_LINE = /([A-Z-]+) ([!-~]+) HTTP\/1\.([01])\r\n/y
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)
const LENGTH = /^\d{1,15}$/

/** `text`: latin-1, from the first byte of the request line to the empty line. */
export function readRequestHead(text: string, rules: HeadRules): RequestHead | RefusalReason {
  REQUEST_LINE.lastIndex = 0
  const line = REQUEST_LINE.exec(text)
  if (!line) return 'malformed_request'
  const [, method = '', target = '', minor = ''] = line
  if (!KNOWN_METHODS.has(method)) return 'malformed_request'
  if (method === 'CONNECT') return 'no_proxy'
  const fields = new RequestFields(text, REQUEST_LINE.lastIndex, rules)
  return fields.read() ?? fields.headOf(method, target, Number(minor))
}

/** One pass over the field lines. */
class RequestFields {
  readonly #text: string
  readonly #rules: HeadRules
  readonly #from: number
  #lines = ''
  #host: string | undefined
  #length: string | undefined
  #isChunked = false
  #connection = ''
  #upgrade = ''
  #forwardedFor: string | undefined
  #forwardedProto: string | undefined
  #forwardedHost: string | undefined

  constructor(text: string, from: number, rules: HeadRules) {
    this.#text = text
    this.#from = from
    this.#rules = rules
  }

  /** Why they are refused; undefined: they are not. */
  read(): RefusalReason | undefined {
    const lines = readFields(this.#text, this.#from, (kind, value) => this.#keeps(kind, value), this.#rules.maxCount)
    if (lines === TOO_MANY) return 'header_overflow'
    if (lines === undefined) return 'malformed_request'
    this.#lines = lines
    return undefined
  }

  headOf(method: string, target: string, minor: number): RequestHead | RefusalReason {
    const connection = this.#connection.toLowerCase()
    const host = this.#host
    if (host === undefined && minor === 1) return 'missing_host'
    if (this.#isChunked && (this.#length !== undefined || minor === 0)) return 'malformed_request'
    if (!isTarget(method, target, host ?? '')) return 'malformed_request'
    const body = this.#isChunked ? CHUNKED : Number(this.#length ?? 0)
    return {
      method,
      target,
      minor,
      host: host ?? '',
      lines: withoutNamed(this.#lines, connection),
      body,
      keepAlive: minor === 1 && !names(connection, 'close'),
      upgrade: body === 0 && minor === 1 && names(connection, 'upgrade') ? this.#upgrade : '',
      forwardedFor: this.#forwardedFor,
      forwardedProto: this.#forwardedProto,
      forwardedHost: this.#forwardedHost,
    }
  }

  /** Whether the line goes on; undefined: it is an error. */
  #keeps(kind: FieldKind, value: string): boolean | undefined {
    switch (kind) {
      case 'host':
      case 'content-length':
      case 'transfer-encoding':
        return this.#frames(kind, value)
      case 'connection':
        this.#connection += `,${value}`
        return false
      case 'upgrade':
        this.#upgrade = this.#upgrade === '' ? value : `${this.#upgrade}, ${value}`
        return false
      case 'keep-alive':
      case 'of-connection':
        return false
      default:
        return this.#rules.isTrusted && this.#forwarded(kind, value)
    }
  }

  /** Each of them at most once, and only in its plain form. */
  #frames(kind: FramingKind, value: string): boolean | undefined {
    switch (kind) {
      case 'host':
        if (this.#host !== undefined || !isHost(value)) return undefined
        this.#host = value
        return true
      case 'content-length':
        if (this.#length !== undefined || !LENGTH.test(value)) return undefined
        this.#length = value
        return true
      default:
        if (this.#isChunked || value.toLowerCase() !== 'chunked') return undefined
        this.#isChunked = true
        return false
    }
  }

  #forwarded(kind: FieldKind, value: string): boolean {
    if (kind === 'x-forwarded-for') this.#forwardedFor = this.#forwardedFor === undefined ? value : `${this.#forwardedFor}, ${value}`
    if (kind === 'x-forwarded-proto') this.#forwardedProto ??= value
    if (kind === 'x-forwarded-host') this.#forwardedHost ??= value
    return true
  }
}

const names = (connection: string, token: string): boolean =>
  connection !== '' && connection.split(',').some((option) => option.trim() === token)

const USUAL: ReadonlySet<string> = new Set(['', 'close', 'keep-alive', 'upgrade', 'te', 'http2-settings'])

/** RFC 9110 section 7.6.1: what Connection names stays on this side. What frames the message or names its client is never taken away by it. */
function withoutNamed(lines: string, connection: string): string {
  if (connection === '' || connection === ',keep-alive' || connection === ',close') return lines
  const named = connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !USUAL.has(option) && !isMeantForProxies(option))
  if (named.length === 0) return lines
  return lines.replaceAll(/([^:\r\n]+):[^\r]*\r\n/g, (line, name: string) => (named.includes(name.toLowerCase()) ? '' : line))
}
