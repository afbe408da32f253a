/**
 * The formats of the access log. A line never holds a line break or a control character, whatever a client sends.
 *
 * `json` (default): one object a line, with the names of the semantic conventions; unknown values are omitted:
 * ```
 * {"time":"2026-01-31T12:00:00.000Z","client.address":"127.0.0.1","http.request.method":"GET","url.path":"/shop/products/7",
 *  "url.query":"full=1","http.route":"/shop/products/:id","http.response.status_code":200,"http.response.body.size":312,
 *  "duration_ms":1.734,"user_agent.original":"curl/8.5.0","trace_id":"0af7651916cd43dd8448eb211c80319c",
 *  "span_id":"b7ad6b7169203331","instance":"http-1","application":"shop"}
 * ```
 * A request that the server answered or cut off in place of the application has the reason in `error.type` (`request_body_timeout`, `no_instance` …).
 * A request whose client was gone before the answer was complete has `"aborted":true`, and no status when nothing was answered.
 * Values of secret query parameters (`token=…`) are replaced by `[redacted]`.
 *
 * `common` and `combined` are Apache's: `%h %l %u %t "%r" %>s %b`, and with `"%{Referer}i" "%{User-agent}i"`.
 */
import { attr } from '@spyglass/agent/contract'
import { redactSecretParameters } from '@spyglass/agent/redact'
import type { AccessEntry } from './access-entry.ts'

export type AccessFormat = 'json' | 'common' | 'combined'

/** Where the lines come from. */
export interface AccessSource {
  readonly instance: string
  readonly application: string
}

export type Formatter = (entry: AccessEntry) => string

/** The formatter of one log; its lines end without a line break. */
export function formatterOf(format: AccessFormat, source: AccessSource): Formatter {
  if (format === 'json') return jsonFormatter(source)
  return format === 'common' ? common : combined
}

function jsonFormatter({ instance, application }: AccessSource): Formatter {
  const tail = `,"instance":${text(instance)},"application":${text(application)}}`
  return (entry) =>
    `${timeField(entry.time)}${clientField(entry.clientAddress)}${methodField(entry.method)}${pathField(entry.path)}` +
    `${entry.query === undefined ? '' : queryField(redactSecretParameters(entry.query))}${routeField(entry.route)}${statusField(entry.status)}` +
    `${sizeField(entry.bodySize)},"duration_ms":${milliseconds(entry.durationMs)}${agentField(entry.userAgent)}` +
    `${spanFields(entry.traceId, entry.spanId)}${entry.aborted ? ',"aborted":true' : ''}${errorField(entry.errorType)}${tail}`
}

type Field<T> = (value: T | undefined) => string

/** Writes a field of that name; nothing when there is no value. */
function textField(name: string): Field<string> {
  const head = `,"${name}":`
  return (value) => (value === undefined ? '' : head + text(value))
}

function numberField(name: string): Field<number> {
  const head = `,"${name}":`
  return (value) => (value === undefined ? '' : head + value)
}

/** For fields of few values, which come again and again: the text of each is made once. */
function remembered<T>(field: Field<T>): Field<T> {
  const texts = new Map<T, string>()
  return (value) => {
    if (value === undefined) return ''
    let made = texts.get(value)
    if (made === undefined) {
      made = field(value)
      if (texts.size >= MAX_REMEMBERED) texts.clear()
      texts.set(value, made)
    }
    return made
  }
}

const MAX_REMEMBERED = 1000

const clientField = remembered(textField(attr.clientAddress))
const methodField = remembered(textField(attr.httpMethod))
const pathField = textField(attr.urlPath)
const queryField = textField(attr.urlQuery)
const routeField = remembered(textField(attr.httpRoute))
const statusField = remembered(numberField(attr.httpStatus))
const errorField = remembered(textField(attr.errorType))
const sizeField = numberField('http.response.body.size')
const agentField = textField(attr.userAgent)
/** Both are ours: nothing in them has to be escaped. */
const spanFields = (traceId: string | undefined, spanId: string | undefined): string =>
  traceId === undefined ? '' : `,"trace_id":"${traceId}"${spanId === undefined ? '' : `,"span_id":"${spanId}"`}`

/** A value without anything that JSON escapes needs no call of JSON.stringify: nearly all are such. */
const PLAIN = /^[\u0020\u0021\u0023-\u005b\u005d-\u007e]*$/
/** JSON leaves these as they are, but terminals and other readers of lines do not. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const BEYOND_JSON = /[\u007f-\u009f\u2028\u2029]/g

function text(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`
  return JSON.stringify(value).replaceAll(BEYOND_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The resolution is one microsecond. Small numbers have their texts ready, which costs less than the general conversion. */
function milliseconds(ms: number): string {
  const us = Math.round(ms * 1000)
  const whole = Math.floor(us / 1000)
  return `${whole}.${THREE_DIGITS[us - whole * 1000]}`
}

const THREE_DIGITS = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'))

let second = -1
let untilSecond = ''

/** The first field of a line. Date's own formatting costs more than the rest of a line; the second changes seldom. */
function timeField(ms: number): string {
  const whole = Math.floor(ms)
  const present = Math.floor(whole / 1000)
  if (present !== second) {
    second = present
    untilSecond = `{"time":"${new Date(second * 1000).toISOString().slice(0, 20)}`
  }
  return untilSecond + AFTER_SECOND[whole - second * 1000]
}

const AFTER_SECOND = THREE_DIGITS.map((digits) => `${digits}Z"`)

function common(entry: AccessEntry): string {
  const target = entry.query === undefined ? entry.path : `${entry.path}?${redactSecretParameters(entry.query)}`
  const request = quoted(`${entry.method} ${target} HTTP/${entry.httpVersion}`)
  return `${bare(entry.clientAddress)} - - [${commonTime(entry.time)}] ${request} ${entry.status ?? '-'} ${entry.bodySize ?? '-'}`
}

function combined(entry: AccessEntry): string {
  return `${common(entry)} ${quoted(redactSecretParameters(entry.referer ?? '-'))} ${quoted(entry.userAgent ?? '-')}`
}

/** Quoted as Apache does: `"` and `\` by a backslash, everything that is not printable ASCII by its UTF-8 bytes. */
function quoted(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : `"${value.replaceAll(/["\\]|[^\u0020-\u007e]/gu, escapeCharacter)}"`
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  return Buffer.from(character)
    .toString('hex')
    .replaceAll(/../g, String.raw`\x$&`)
}

const bare = (value: string | undefined): string => (value && /^[\w.:%-]+$/.test(value) ? value : '-')

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function commonTime(ms: number): string {
  const time = new Date(ms)
  const day = String(time.getUTCDate()).padStart(2, '0')
  return `${day}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}:${time.toISOString().slice(11, 19)} +0000`
}
