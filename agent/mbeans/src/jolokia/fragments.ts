/**
 * Values to JSON on the fast path: one compiled writer for each attribute, strings out, no tree in between. A value that is not of its
 * declared type (a pushed one may be anything) is written as `null`. Requests with a path or a limit go the other way: tree.ts.
 */
import type { OpenType, ResourceKind } from '@spyglass/agent/contract'

export type Writer = (value: unknown) => string

/** Numbers beyond this are written without an exponent, as the digits of a long. */
const EXPONENT_FROM = 1e21

const writers: Readonly<Record<string, Writer>> = {
  int: (value) => (typeof value === 'number' && Number.isFinite(value) ? JSON.stringify(Math.trunc(value)) : 'null'),
  long: writeInteger,
  double: (value) => (typeof value === 'number' && Number.isFinite(value) ? String(value) : 'null'),
  boolean: (value) => (typeof value === 'boolean' ? String(value) : 'null'),
  string: writeText,
  date: (value) => {
    const text = dateText(value)
    return text === undefined ? 'null' : `"${text}"`
  },
  objectName: (value) => (typeof value === 'string' ? `{"objectName":${writeText(value)}}` : 'null'),
}

/** Whole numbers, bigints as raw digits; NaN and infinities are `null`. */
export function writeInteger(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'null'
  const whole = Math.trunc(value)
  return Math.abs(whole) < EXPONENT_FROM ? String(whole === 0 ? 0 : whole) : String(BigInt(whole))
}

/** JSON.stringify sees to lone surrogates and control characters. */
function writeText(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : 'null'
}

/** ISO-8601 of milliseconds since the epoch; undefined for what is no date. */
export function dateText(value: unknown): string | undefined {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : undefined
}

/** Compiles the writer of a type. */
export function writerOf(type: OpenType): Writer {
  if (typeof type === 'string') return writers[type]!
  if ('array' in type) return arrayWriter(writerOf(type.array))
  if ('composite' in type) return compositeWriter(type.items)
  return tableWriter(type)
}

function arrayWriter(item: Writer): Writer {
  return (value) => (Array.isArray(value) ? `[${value.map((entry) => item(entry)).join(',')}]` : 'null')
}

function compositeWriter(items: Readonly<Record<string, OpenType>>): Writer {
  const parts = Object.entries(items).map(([name, type]) => ({ name, key: `${JSON.stringify(name)}:`, write: writerOf(type) }))
  return (value) => {
    if (!isRecord(value)) return 'null'
    return `{${parts.map(({ name, key, write }) => key + write(value[name])).join(',')}}`
  }
}

/** Rows nest by the values of their index; a map of `key` and `value` is written as a plain object. */
function tableWriter(type: OpenType & { readonly row: Readonly<Record<string, OpenType>>; readonly index: readonly string[] }): Writer {
  const row = isMap(type) ? mapValueWriter(type.row) : compositeWriter(type.row)
  return (value) => (Array.isArray(value) ? writeRows(value.filter(isRecord), type.index, row) : 'null')
}

function mapValueWriter(row: Readonly<Record<string, OpenType>>): Writer {
  const write = writerOf(row['value']!)
  return (entry) => write((entry as Record<string, unknown>)['value'])
}

/** Whether a table is Java's form of a map: rows of `key` and `value`, indexed by the key. */
export function isMap(type: { readonly row: Readonly<Record<string, OpenType>>; readonly index: readonly string[] }): boolean {
  return type.index.length === 1 && type.index[0] === 'key' && 'value' in type.row && Object.keys(type.row).length === 2
}

function writeRows(rows: readonly Record<string, unknown>[], index: readonly string[], write: Writer): string {
  const [first, ...rest] = index
  const groups = Map.groupBy(rows, (row) => indexText(row[first!]))
  const entries = [...groups].map(([key, members]) => {
    const value = rest.length === 0 ? write(members.at(-1)) : writeRows(members, rest, write)
    return `${JSON.stringify(key)}:${value}`
  })
  return `{${entries.join(',')}}`
}

/** An index value as a key of the nested object. */
export function indexText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : 'null'
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const compiled = new WeakMap<ResourceKind, ReadonlyMap<string, Writer>>()

/** The writers of all attributes of a kind, compiled once. */
export function writersOf(kind: ResourceKind): ReadonlyMap<string, Writer> {
  let known = compiled.get(kind)
  if (!known) {
    known = new Map(Object.entries(kind.attributes).map(([name, { type }]) => [name, writerOf(type)]))
    compiled.set(kind, known)
  }
  return known
}
