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
 * The other formats are patterns: `common` and `combined` those of Apache, `pattern` one's own; see access-pattern.ts.
 */
import { attr } from '@spyglass/agent/contract'
import { redactSecretParameters } from '@spyglass/agent/redact'
import type { AccessEntry, AccessSource } from './access-entry.ts'
import { patternFormatter, patterns } from './access-pattern.ts'

export type AccessFormat = 'json' | 'common' | 'combined' | 'pattern'

/** The settings `logs.access.format` and `logs.access.pattern`. */
export interface AccessForm {
  readonly format: AccessFormat
  readonly pattern?: string | undefined
}

export type Formatter = (entry: AccessEntry) => string

/**
 * The formatter of one log; its lines end without a line break.
 * @throws SPY_ACCESS_PATTERN_INVALID
 */
export function formatterOf({ format, pattern }: AccessForm, source: AccessSource): Formatter {
  if (format === 'json') return jsonFormatter(source)
  return patternFormatter(format === 'pattern' ? (pattern ?? patterns.common) : patterns[format], source)
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
