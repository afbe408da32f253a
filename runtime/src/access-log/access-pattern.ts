/**
 * Patterns of the access log, as Tomcat's AccessLogValve reads them: https://tomcat.apache.org/tomcat-11.0-doc/config/valve.html#Access_Log_Valve.
 * A pattern is read once; a line never holds a line break or a control character, whatever a client sends. What is unknown is `-`.
 *
 * `%a` `%h` client address, `%{c}a` address of the connection, `%A` own address, `%b` bytes of the body or `-`, `%B` bytes or 0, `%D` time taken in
 * microseconds, `%T` in seconds, `%{ms}T` `%{us}T` `%{ns}T` `%{fracsec}T`, `%H` protocol, `%I` instance, `%l` `-`, `%m` method, `%p` `%{local}p`
 * `%{remote}p` ports, `%q` query with its `?`, `%r` first line, `%s` `%>s` status, `%S` `-`, `%t` time, `%{…}t` time in another form (`sec`, `msec`,
 * `msec_frac`, `begin:…`, `end:…`, letters of SimpleDateFormat; in UTC), `%u` who has signed in, or the user of Basic credentials, `%U` path, `%v` host that was asked for, `%X` `X` for
 * aborted, `+` kept alive, `-` closed; `%{name}i` request header, `%{name}o` response header, `%{name}c` cookie, `%{name}r` what the server knows:
 * `traceId`, `spanId`, `route`, `application`, `instance`, `errorType`. Values of secret headers, cookies and query parameters are `[redacted]`.
 */
import { isSecretName, redactSecretParameters } from '@spyglass/agent/redact'
import type { AccessEntry, AccessSource } from './access-entry.ts'
import { commonTime, timeFormat } from './access-time.ts'
import { fail } from './errors.ts'

type Text = (entry: AccessEntry, source: AccessSource) => string | number | undefined

/** The predefined ones. */
export const patterns = {
  common: '%h %l %u %t "%r" %s %b',
  combined: '%h %l %u %t "%r" %s %b "%{Referer}i" "%{User-Agent}i"',
} as const

const ELEMENT = /%(?:\{([^{}]*)\})?[<>]?([A-Za-z%])/gy

/**
 * Makes the function that writes lines of this pattern.
 * @throws SPY_ACCESS_PATTERN_INVALID with the place
 */
export function patternFormatter(pattern: string, source: AccessSource): (entry: AccessEntry) => string {
  const parts = partsOf(pattern)
  return (entry) => {
    let line = ''
    for (const part of parts) line += typeof part === 'string' ? part : plain(part(entry, source))
    return line
  }
}

function partsOf(pattern: string): readonly (string | Text)[] {
  const parts: (string | Text)[] = []
  for (let at = 0; at < pattern.length;) {
    const next = pattern.indexOf('%', at)
    if (next !== at) parts.push(literal(pattern.slice(at, next < 0 ? undefined : next)))
    if (next < 0) break
    ELEMENT.lastIndex = next
    const found = ELEMENT.exec(pattern)
    if (!found) throw fail('SPY_ACCESS_PATTERN_INVALID', [pattern.slice(next, next + 20), next])
    parts.push(found[2] === '%' ? '%' : elementOf(found[2] ?? '', found[1], { pattern, at: next }))
    at = next + found[0].length
  }
  return parts
}

/** A control character in the pattern itself, as a tab between columns, is what its author wants; a line break would be none. */
const literal = (text: string): string => text.replaceAll(/[\r\n]/g, ' ')

function elementOf(code: string, name: string | undefined, { pattern, at }: { readonly pattern: string; readonly at: number }): Text {
  const text = name === undefined ? PLAIN[code] : NAMED[code]?.(name)
  if (!text) throw fail('SPY_ACCESS_PATTERN_INVALID', [pattern.slice(at, at + 20), at])
  return text
}

const NONE: Text = () => undefined
/** Whatever else a proxy may have put in its place is none. */
const clientAddress: Text = ({ clientAddress: address }) => (address !== undefined && /^[\w.:%-]+$/.test(address) ? address : undefined)
const localAddress: Text = ({ request }) => request?.socket.localAddress
const localPort: Text = ({ request }) => request?.socket.localPort
const status: Text = (entry) => entry.status
const protocol: Text = ({ httpVersion }) => `HTTP/${httpVersion}`

const PLAIN: Readonly<Record<string, Text>> = {
  a: clientAddress,
  h: clientAddress,
  A: localAddress,
  b: ({ bodySize }) => bodySize || undefined,
  B: ({ bodySize }) => bodySize ?? 0,
  D: ({ durationMs }) => Math.round(durationMs * 1000),
  T: ({ durationMs }) => Math.floor(durationMs / 1000),
  F: NONE,
  H: protocol,
  I: (_entry, { instance }) => instance,
  l: NONE,
  S: NONE,
  m: ({ method }) => method,
  p: localPort,
  q: ({ query }) => (query === undefined ? '' : `?${redactSecretParameters(query)}`),
  r: (entry, source) => `${entry.method} ${entry.path}${String(PLAIN['q']?.(entry, source))} ${String(protocol(entry, source))}`,
  s: status,
  t: ({ time }) => `[${commonTime(time)}]`,
  u: ({ user, request }) => user ?? basicUserOf(request?.headers.authorization),
  U: ({ path }) => path,
  v: ({ request }) => request?.headers.host?.replace(/:\d+$/, ''),
  X: ({ aborted, request }) => (aborted ? 'X' : request?.socket.writable ? '+' : '-'),
}

const TIMES: Readonly<Record<string, (ms: number) => number | string>> = {
  ms: Math.round,
  us: (ms) => Math.round(ms * 1000),
  ns: (ms) => Math.round(ms * 1e6),
  s: (ms) => Math.floor(ms / 1000),
  fracsec: (ms) => (ms / 1000).toFixed(3),
}

const KNOWN: Readonly<Record<string, Text>> = {
  traceId: (entry) => entry.traceId,
  spanId: (entry) => entry.spanId,
  route: (entry) => entry.route,
  errorType: (entry) => entry.errorType,
  application: (_entry, { application }) => application,
  instance: (_entry, { instance }) => instance,
}

/** Elements with a name in braces; undefined when the name means nothing there. */
const NAMED: Readonly<Record<string, (name: string) => Text | undefined>> = {
  a: (name) => (name === 'c' ? ({ request }) => request?.socket.remoteAddress : name === 'remote' ? clientAddress : undefined),
  i: (name) => requestHeader(name.toLowerCase()),
  o: (name) => secretOr(name, ({ response }) => responseHeader(response, name)),
  c: (name) => secretOr('cookie', ({ request }) => cookieOf(request?.headers.cookie, name)),
  r: (name) => KNOWN[name],
  s: () => NONE,
  p: (name) => ({ local: localPort, canonical: localPort, remote: ({ request }: AccessEntry) => request?.socket.remotePort })[name],
  t: (name) => timeOf(name),
  T: (name) => {
    const format = TIMES[name]
    return format && (({ durationMs }) => format(durationMs))
  },
}

function requestHeader(name: string): Text {
  if (name === 'referer') return ({ referer }) => referer && redactSecretParameters(referer)
  if (name === 'user-agent') return ({ userAgent }) => userAgent
  return secretOr(name, ({ request }) => joined(request?.headers[name]))
}

function timeOf(name: string): Text | undefined {
  const [, place = 'begin', form = ''] = /^(?:(begin|end):?)?(.*)$/.exec(name) ?? []
  const write = form === '' ? (ms: number) => `[${commonTime(ms)}]` : timeFormat(form)
  if (!write) return undefined
  return place === 'end' ? ({ time, durationMs }) => write(time + durationMs) : ({ time }) => write(time)
}

/** A secret is shown as present or absent, and not more. */
function secretOr(name: string, text: Text): Text {
  return isSecretName(name) ? (entry, source) => (text(entry, source) === undefined ? undefined : '[redacted]') : text
}

/** Headers given to `writeHead`, as Fastify does, cannot be read back: they stand in Node's own text of the head. */
function responseHeader(response: AccessEntry['response'], name: string): string | undefined {
  const set = response?.getHeader(name)
  if (set !== undefined) return joined(typeof set === 'number' ? String(set) : set)
  const { _header: head } = (response ?? {}) as { readonly _header?: string | null }
  const line = head?.split('\r\n').find((each) => each.slice(0, name.length + 1).toLowerCase() === `${name.toLowerCase()}:`)
  return line?.slice(name.length + 1).trim()
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  return header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}

function basicUserOf(authorization: string | undefined): string | undefined {
  const basic = /^Basic +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1]
  return basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(':', 1)[0] || undefined
}

const joined = (value: string | readonly string[] | undefined): string | undefined => (typeof value === 'object' ? value.join(', ') : value)

/** Printable ASCII without quote and backslash. */
const UNTOUCHED = /^[\u0020\u0021\u0023-\u005b\u005d-\u007e]*$/

/** Escaped as Apache does: `"` and `\` by a backslash, everything that is not printable ASCII by its UTF-8 bytes. */
function plain(value: string | number | undefined): string {
  if (value === undefined) return '-'
  const text = String(value)
  return UNTOUCHED.test(text) ? text : text.replaceAll(/["\\]|[^\u0020-\u007e]/gu, escapeCharacter)
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  return Buffer.from(character)
    .toString('hex')
    .replaceAll(/../g, String.raw`\x$&`)
}
