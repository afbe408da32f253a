/** Reads the head of an application's response (RFC 9112 section 4), as strictly as that of a request. */
import { type FieldKind, readFields } from './fields.ts'
import { type BodyReader, ChunkedReader, LengthReader, untilClose } from './body-reader.ts'

export interface ResponseHead {
  readonly status: number
  /** `HTTP/1.1 200 OK` without its end. */
  readonly statusLine: string
  /** Fields that go on to the client, each with its CRLF; without what belongs to the connection. */
  readonly lines: string
  /** Finds the end of the body; undefined: there is none. */
  readonly body: BodyReader | undefined
  /** Whether the application keeps its connection open. */
  readonly keepAlive: boolean
  /** What Keep-Alive says, where the connection is kept and nothing else of the head belongs to the connection: then it can pass as it came. */
  readonly keepAliveText: string | undefined
  /** The protocol that a 101 changes to. */
  readonly upgrade: string
}

const STATUS_LINE = /(HTTP\/1\.([01]) (\d{3})(?: [\t -~\x80-\xff]*)?)\r\n/y

/** `text`: latin-1, to the empty line. Undefined when it is no valid response. */
export function readResponseHead(text: string, method: string): ResponseHead | undefined {
  STATUS_LINE.lastIndex = 0
  const line = STATUS_LINE.exec(text)
  if (!line) return undefined
  const fields = new ResponseFields()
  const lines = readFields(text, STATUS_LINE.lastIndex, (kind, value) => fields.keeps(kind, value))
  if (typeof lines !== 'string' || (fields.isChunked && fields.length !== undefined)) return undefined
  const status = Number(line[3])
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304 && status >= 200
  const keepAlive = line[2] === '1' && !fields.connection.includes('close') && (!hasBody || fields.isFramed)
  return {
    status,
    statusLine: line[1]!,
    lines,
    body: hasBody ? fields.body : undefined,
    keepAlive,
    keepAliveText: fields.isPlain && keepAlive ? fields.keepAlive : undefined,
    upgrade: fields.upgrade,
  }
}

/** What the fields say that a proxy must know. */
class ResponseFields {
  length: number | undefined
  isChunked = false
  /** In lower case. */
  connection = ''
  keepAlive = ''
  upgrade = ''
  /** Whether no line is left out but `Connection: keep-alive` and Keep-Alive. */
  isPlain = true

  get isFramed(): boolean {
    return this.isChunked || this.length !== undefined
  }

  get body(): BodyReader | undefined {
    if (this.isChunked) return new ChunkedReader()
    if (this.length === 0) return undefined
    return this.length === undefined ? untilClose : new LengthReader(this.length)
  }

  keeps(kind: FieldKind, value: string): boolean | undefined {
    switch (kind) {
      case 'content-length':
        if (this.length !== undefined || !/^\d{1,15}$/.test(value)) return undefined
        this.length = Number(value)
        return true
      case 'transfer-encoding':
        if (this.isChunked || value.toLowerCase() !== 'chunked') return undefined
        return (this.isChunked = true)
      case 'connection':
        this.connection += value.toLowerCase()
        this.isPlain &&= this.connection === 'keep-alive'
        return false
      case 'keep-alive':
        this.keepAlive += value
        return false
      case 'upgrade':
        this.upgrade = value
        return (this.isPlain = false)
      case 'of-connection':
        return (this.isPlain = false)
      default:
        return true
    }
  }
}
