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
 * Who has signed in to a realm is `user.name`.
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

/** @throws SPY_ACCESS_PATTERN_INVALID when a pattern of the configuration, or of one of its applications, cannot be used */
export function requireAccessPatterns({ logs, applications }: PatternsConfig): void {
  for (const { pattern } of [logs.access, ...applications.map(({ accessLog }) => accessLog)])
    if (pattern !== undefined) formatterOf({ format: 'pattern', pattern }, { instance: '', application: '' })
}

interface PatternsConfig {
  readonly logs: { readonly access: { readonly pattern?: string | undefined } }
  readonly applications: readonly { readonly accessLog: { readonly pattern?: string | undefined } }[]
}

/** Each piece that is joined costs an allocation: what stands side by side and comes again is one piece. */
function jsonFormatter({ instance, application }: AccessSource): Formatter {
  const tail = flat(`,"instance":${text(instance)},"application":${text(application)}}`)
  const tailOfIds = flat(`"${tail}`)
  return (entry) => {
    const { traceId, spanId, aborted, errorType, user } = entry
    const line = timeField(entry.time) + clientField(entry.clientAddress) + requestFields(entry) + durationField(entry.durationMs)
    if (traceId !== undefined && spanId !== undefined && !aborted && errorType === undefined && user === undefined) {
      return line + tracedAgentField(entry.userAgent) + traceId + SPAN_ID + spanId + tailOfIds
    }
    return `${line}${agentField(entry.userAgent)}${spanFields(traceId, spanId)}${aborted ? ',"aborted":true' : ''}${errorField(errorType)}${userField(user)}${tail}`
  }
}

const TRACE_ID = ',"trace_id":"'
const SPAN_ID = '","span_id":"'

type Field<T> = (value: T | undefined) => string

/** Writes a field of that name; nothing when there is no value. */
function textField(name: string): Field<string> {
  const head = `,"${name}":`
  return (value) => (value === undefined ? '' : head + text(value))
}

function numberField(name: string): Field<number> {
  const head = `,"${name}":`
  const texts = Array.from<string | undefined>({ length: MAX_REMEMBERED_NUMBER })
  return (value) => {
    if (value === undefined) return ''
    if (!Number.isInteger(value) || value < 0 || value >= MAX_REMEMBERED_NUMBER) return head + value
    return (texts[value] ??= flat(head + value))
  }
}

const MAX_REMEMBERED_NUMBER = 4096

/**
 * Most values come again and again, so the text of each is made once. The place of a value in the table follows from its length and its last letter,
 * and what comes later to the same place replaces it: a comparison costs less than a hash, which a new string does not have yet.
 */
function remembered(field: Field<string>, ofNothing = ''): Field<string> {
  const values = Array.from<string | undefined>({ length: PLACES })
  const texts = Array.from({ length: PLACES }, () => '')
  return (value) => {
    if (value === undefined) return ofNothing
    if (value.length > MAX_REMEMBERED_LENGTH) return field(value)
    const place = placeOf(value)
    if (values[place] !== value) {
      texts[place] = flat(field(value))
      values[place] = value
    }
    return texts[place] as string
  }
}

const PLACES = 256
const MAX_REMEMBERED_LENGTH = 256

const placeOf = (value: string): number => (value.length * 31 + value.charCodeAt(value.length - 1)) & (PLACES - 1)

/** A text joined of pieces stays a tree, which is walked whenever its bytes are made, until something such as a test makes V8 put it together. */
function flat(joined: string): string {
  NOTHING.test(joined)
  return joined
}

const NOTHING = /^$/

interface RememberedRequest extends Pick<AccessEntry, 'method' | 'path' | 'route' | 'status' | 'bodySize'> {
  readonly text: string
}

const requests = Array.from<RememberedRequest | undefined>({ length: PLACES })

/** Requests that were alike and have no query have one text from the method to the size of the answer. */
function requestFields(entry: AccessEntry): string {
  const { path, query } = entry
  if (query !== undefined || path.length > MAX_REMEMBERED_LENGTH) return joinedRequest(entry)
  const place = placeOf(path)
  const found = requests[place]
  return found?.path === path && isAlike(found, entry) ? found.text : (requests[place] = rememberedRequest(entry)).text
}

const isAlike = (one: RememberedRequest, { method, route, status, bodySize }: AccessEntry): boolean =>
  one.method === method && one.route === route && one.status === status && one.bodySize === bodySize

const rememberedRequest = (entry: AccessEntry): RememberedRequest => {
  const { method, path, route, status, bodySize } = entry
  return { method, path, route, status, bodySize, text: flat(joinedRequest(entry)) }
}

const joinedRequest = ({ method, path, query, route, status, bodySize }: AccessEntry): string =>
  `${methodField(method)}${pathField(path)}${query === undefined ? '' : queryField(redactSecretParameters(query))}` +
  `${routeField(route)}${statusField(status)}${sizeField(bodySize)}`

const clientField = remembered(textField(attr.clientAddress))
const methodField = remembered(textField(attr.httpMethod))
const pathField = textField(attr.urlPath)
const queryField = textField(attr.urlQuery)
const routeField = remembered(textField(attr.httpRoute))
const statusField = numberField(attr.httpStatus)
const errorField = remembered(textField(attr.errorType))
const userField = textField('user.name')
const sizeField = numberField('http.response.body.size')
const writeAgent = textField(attr.userAgent)
const agentField = remembered(writeAgent)
/** With the name of what follows. */
const tracedAgentField = remembered((value) => `${writeAgent(value)}${TRACE_ID}`, TRACE_ID)
/** Both are ours: nothing in them has to be escaped. */
const spanFields = (traceId: string | undefined, spanId: string | undefined): string =>
  traceId === undefined ? '' : `${TRACE_ID}${traceId}"${spanId === undefined ? '' : `,"span_id":"${spanId}"`}`

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
function durationField(ms: number): string {
  const us = Math.round(ms * 1000)
  const whole = Math.floor(us / 1000)
  return (WHOLE_MS[whole] ?? `,"duration_ms":${whole}.`) + THREE_DIGITS[us - whole * 1000]
}

const WHOLE_MS = Array.from({ length: 100 }, (_, ms) => `,"duration_ms":${ms}.`)
const THREE_DIGITS = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'))

let second = -1
let untilSecond = ''
let millisecond = -1
let ofMillisecond = ''

/** The first field of a line. Date's own formatting costs more than the rest of a line; the second changes seldom, and a millisecond has many lines. */
function timeField(ms: number): string {
  const whole = Math.floor(ms)
  if (whole === millisecond) return ofMillisecond
  const present = Math.floor(whole / 1000)
  if (present !== second) {
    second = present
    untilSecond = `{"time":"${new Date(second * 1000).toISOString().slice(0, 20)}`
  }
  millisecond = whole
  return (ofMillisecond = flat(untilSecond + AFTER_SECOND[whole - second * 1000]))
}

const AFTER_SECOND = THREE_DIGITS.map((digits) => `${digits}Z"`)
