/**
 * The one writer of the open types: which JSON stands for a value of each type, so that a reader of that type accepts it. A `double` keeps its
 * fraction (`1.0`, never the long `1`), a `long` all its digits. A value that is not of its type (a pushed one may be anything), is out of its
 * range or is not finite is written as `null`, as in the reference. The caller decides how the parts are combined: fragments.ts builds
 * text, tree.ts nodes.
 */
import type { OpenType, ResourceKind } from '@spyglass/agent/contract'
import { isObjectName } from './object-name.ts'

export type SimpleType = Extract<OpenType, string>
type TableType = Extract<OpenType, { table: string }>

/** How the parts of a value are combined. */
export interface Form<T> {
  readonly unknown: T
  /** A value of a simple type, as JSON. */
  leaf(json: string, type: SimpleType, value: unknown): T
  array(items: readonly T[]): T
  /** Makes objects with these keys, whose values come in the same order. */
  object(keys: readonly string[]): (values: readonly T[]) => T
  /** An object whose keys are data: the rows of a table. */
  map(keys: readonly string[], values: readonly T[]): T
}

export type Builder<T> = (value: unknown) => T

/** The builders of all attributes of a kind in this form, compiled once. */
export function attributeBuilders<T>(form: Form<T>): (kind: ResourceKind) => ReadonlyMap<string, Builder<T>> {
  const compiled = new WeakMap<ResourceKind, ReadonlyMap<string, Builder<T>>>()
  return (kind) => {
    let known = compiled.get(kind)
    if (!known) {
      known = new Map(Object.entries(kind.attributes).map(([name, { type }]) => [name, builderOf(type, form)]))
      compiled.set(kind, known)
    }
    return known
  }
}

/** Compiles the builder of values of this type in this form. */
export function builderOf<T>(type: OpenType, form: Form<T>): Builder<T> {
  if (typeof type === 'string') return leafBuilder(type, form)
  if ('array' in type) return arrayBuilder(builderOf(type.array, form), form)
  if ('composite' in type) return compositeBuilder(type.items, form)
  return tableBuilder(type, form)
}

function leafBuilder<T>(type: SimpleType, form: Form<T>): Builder<T> {
  const write = writers[type]
  const build = (value: unknown): T => {
    const json = write(value)
    return json === undefined ? form.unknown : form.leaf(json, type, value)
  }
  if (type !== 'objectName') return build
  const wrap = form.object(['objectName'])
  return (value) => (write(value) === undefined ? form.unknown : wrap([build(value)]))
}

function arrayBuilder<T>(item: Builder<T>, form: Form<T>): Builder<T> {
  return (value) => (Array.isArray(value) ? form.array(value.map((entry) => item(entry))) : form.unknown)
}

function compositeBuilder<T>(items: Readonly<Record<string, OpenType>>, form: Form<T>): Builder<T> {
  const names = Object.keys(items)
  const parts = names.map((name) => builderOf(items[name]!, form))
  const make = form.object(names)
  return (value) => (isRecord(value) ? make(parts.map((build, at) => build(value[names[at]!]))) : form.unknown)
}

/** A Java map becomes an object; other rows nest by their index values, or are listed if an index value is not simple. */
function tableBuilder<T>(type: TableType, form: Form<T>): Builder<T> {
  const columns = type.index.map((name) => ({ name, type: type.row[name] }))
  const row = isMap(type) ? mapValueBuilder(builderOf(type.row['value']!, form)) : compositeBuilder(type.row, form)
  if (!columns.every(isSimple)) return listedRows(type.index, row, form)
  return (value) => (Array.isArray(value) ? nestRows(value.filter(isRowOf(columns)), columns, row, form) : form.unknown)
}

function mapValueBuilder<T>(build: Builder<T>): Builder<T> {
  return (entry) => build((entry as Record<string, unknown>)['value'])
}

/** Whether a table is Java's form of a map: rows of `key` and `value`, indexed by the key. */
function isMap({ row, index }: TableType): boolean {
  return index.length === 1 && index[0] === 'key' && typeof row['key'] === 'string' && 'value' in row && Object.keys(row).length === 2
}

interface Column {
  readonly name: string
  readonly type: SimpleType
}

function isSimple(column: { readonly name: string; readonly type: OpenType | undefined }): column is Column {
  return typeof column.type === 'string'
}

/** A row without an index value has no key, so no reader could use it. */
function isRowOf(columns: readonly Column[]): (row: unknown) => row is Record<string, unknown> {
  return (row): row is Record<string, unknown> => isRecord(row) && columns.every(({ name, type }) => writers[type](row[name]) !== undefined)
}

function listedRows<T>(index: readonly string[], row: Builder<T>, form: Form<T>): Builder<T> {
  const names = form.array(index.map((name) => form.leaf(JSON.stringify(name), 'string', name)))
  const make = form.object(['indexNames', 'values'])
  return (value) => (Array.isArray(value) ? make([names, form.array(value.filter(isRecord).map(row))]) : form.unknown)
}

function nestRows<T>(rows: readonly Record<string, unknown>[], [first, ...rest]: readonly Column[], row: Builder<T>, form: Form<T>): T {
  const groups = Map.groupBy(rows, (each) => keyText(each[first!.name], first!.type))
  const values = [...groups.values()].map((members) => (rest.length === 0 ? row(members.at(-1)) : nestRows(members, rest, row, form)))
  return form.map([...groups.keys()], values)
}

/** An index value as a key of the nested object: its JSON text without quotes. */
function keyText(value: unknown, type: SimpleType): string {
  const json = writers[type](value)!
  return json.startsWith('"') ? (JSON.parse(json) as string) : json
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const MAX_INT = 2_147_483_647
const MAX_LONG = 2n ** 63n - 1n

const writers: Readonly<Record<SimpleType, (value: unknown) => string | undefined>> = {
  int: (value) => (typeof value === 'number' && value >= -MAX_INT - 1 && value <= MAX_INT ? String(Math.trunc(value) + 0) : undefined),
  long: longText,
  double: doubleText,
  boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  string: (value) => (typeof value === 'string' ? JSON.stringify(value) : undefined), // handles lone surrogates and control characters
  date: dateText,
  objectName: (value) => (typeof value === 'string' && isObjectName(value) ? JSON.stringify(value) : undefined),
}

function longText(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value <= MAX_LONG && value >= -MAX_LONG - 1n ? String(value) : undefined
  if (typeof value !== 'number' || !(Math.abs(value) < 2 ** 63)) return undefined
  const whole = Math.trunc(value) + 0 // adding zero turns -0 into 0
  return String(Number.isSafeInteger(whole) ? whole : BigInt(whole)) // beyond 2^53 a number's shortest text has other digits
}

/** A whole number keeps its decimal point, since readers treat a number without one as a long. */
function doubleText(value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return String(value)
  return Object.is(value, -0) ? '-0.0' : `${value}.0`
}

/** The years that ISO-8601 writes with four digits; readers do not accept others. */
const FIRST_DATE_MS = Date.parse('0000-01-01T00:00:00.000Z')
const LAST_DATE_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** ISO-8601 of milliseconds since the epoch, in quotes. */
function dateText(value: unknown): string | undefined {
  return typeof value === 'number' && value >= FIRST_DATE_MS && value <= LAST_DATE_MS ? `"${new Date(value).toISOString()}"` : undefined
}
