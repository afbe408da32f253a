/** Field lines of HTTP/1.1 (RFC 9112 section 5), and the few fields that mean something to a proxy. */
import { isClientClaim } from '@spyglass/process/listener'

/**
 * One line: a token, a colon with nothing before it, a value without control characters. A fold of lines (section 5.2), a bare CR or LF and NUL match
 * nothing. The value has no space before it, but may have some behind it. No part can match what its neighbour can: a failure costs linear time.
 */
const FIELD_LINE = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~\x80-\xff][\t -~\x80-\xff]*)?)\r\n/y

/** Without space at its end. `trim` would take more than space: U+00A0 too. */
function withoutSpace(value: string): string {
  let end = value.length
  while (end > 0 && (value.charCodeAt(end - 1) === SPACE || value.charCodeAt(end - 1) === TAB)) end--
  return end === value.length ? value : value.slice(0, end)
}

const SPACE = 32
const TAB = 9

/** Which server it is for, and where its body ends. */
export type FramingKind = 'host' | 'content-length' | 'transfer-encoding'

export type FieldKind =
  | FramingKind
  | 'connection'
  | 'upgrade'
  /** For one connection only (RFC 9110 section 7.6.1). */
  | 'of-connection'
  | 'keep-alive'
  | 'x-forwarded-for'
  | 'x-forwarded-proto'
  | 'x-forwarded-host'
  /** A program may believe it, so nobody but a trusted proxy may send it. */
  | 'forwarded'

const KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['host', 'host'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['keep-alive', 'keep-alive'],
  ['proxy-connection', 'of-connection'],
  ['te', 'of-connection'],
  ['http2-settings', 'of-connection'],
  ['x-spyglass-peer', 'of-connection'],
  ['x-forwarded-for', 'x-forwarded-for'],
  ['x-forwarded-proto', 'x-forwarded-proto'],
  ['x-forwarded-host', 'x-forwarded-host'],
])

/** `name` in lower case; undefined: it means nothing to a proxy. */
const kindOf = (name: string): FieldKind | undefined => KINDS.get(name) ?? (isClientClaim(name) ? 'forwarded' : undefined)

/** Whether a line goes on; undefined: it is an error. */
export type Keeps = (kind: FieldKind, value: string) => boolean | undefined

export const TOO_MANY = Symbol('too many fields')

/**
 * Reads the field lines of a head from `from` to its empty line; returns those that go on, as they came, and undefined when one is no field line. `keeps` is
 * asked of the fields that mean something to a proxy. {@link TOO_MANY}: there are more than `maxCount`.
 */
export function readFields(text: string, from: number, keeps: Keeps, maxCount = Infinity): string | typeof TOO_MANY | undefined {
  const end = text.length - 2
  let [lines, keptFrom, at, count] = ['', from, from, 0]
  while (at < end) {
    FIELD_LINE.lastIndex = at
    const field = FIELD_LINE.exec(text)
    if (!field) return undefined
    const kind = kindOf(field[1]!.toLowerCase())
    const isKept = kind === undefined || keeps(kind, withoutSpace(field[2]!))
    if (isKept === undefined) return undefined
    if (++count > maxCount) return TOO_MANY
    if (!isKept) {
      lines += text.slice(keptFrom, at)
      keptFrom = FIELD_LINE.lastIndex
    }
    at = FIELD_LINE.lastIndex
  }
  return at === end ? lines + text.slice(keptFrom, end) : undefined
}

/** The fields of lines that were read before. */
export function pairsOf(lines: string): readonly (readonly [name: string, value: string])[] {
  const pairs: (readonly [string, string])[] = []
  for (FIELD_LINE.lastIndex = 0; ;) {
    const field = FIELD_LINE.exec(lines)
    if (!field) return pairs
    pairs.push([field[1]!, withoutSpace(field[2]!)])
  }
}

/** Whether a field means something to a proxy; `name` in lower case. */
export const isMeantForProxies = (name: string): boolean => kindOf(name) !== undefined
