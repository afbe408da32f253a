/** Decodes attributes (KeyValue, AnyValue of opentelemetry/proto/common/v1) into map columns, each value as the text that the exporter writes. */
import type { MapColumn, TextColumn } from '../native/columns.ts'
import { cutAt, cutText } from '../native/cut-text.ts'
import { afterLength, isSuspicious } from '../redact/index.ts'
import type { Found } from './found.ts'
import { limits } from './limits.ts'
import type { ProtoReader } from './proto-reader.ts'
import { PLAIN, type SpanGuard } from './span-guard.ts'
import { DecodeReport } from './report.ts'

/** Tags of KeyValue and of the text in AnyValue. */
const KEY = 10
const VALUE = 18
const TEXT = 10
/** Maximum size of an integer, with its tag, that fits into 42 bits. */
const SHORT_NUMBER = 8
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')

/** A number that `JSON.stringify` writes digit by digit (https://tc39.es/proposal-json-parse-with-source/). */
interface RawNumber {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    rawJSON(text: string): RawNumber
  }
}

export type JsValue = string | number | boolean | null | undefined | RawNumber | JsValue[] | { [key: string]: JsValue }

export class AttributeReader {
  readonly reader: ProtoReader
  readonly report: DecodeReport
  /** While it is on, only plain keys and values are accepted; anything else is a hit, and the span is discarded. */
  readonly guard: SpanGuard | undefined
  /** Of the attribute that is read. */
  #found: Found | undefined

  constructor(reader: ProtoReader, report = new DecodeReport(), guard?: SpanGuard) {
    this.reader = reader
    this.report = report
    this.guard = guard
  }

  /**
   * Reads one KeyValue of a span. While the guard is on, it must be a text, a number or a boolean with its fields in the usual order; anything else
   * is a hit.
   */
  spanKeyValue(map: MapColumn, end: number, rowStart: number, found?: Found): void {
    const { guard, reader: r } = this
    if (guard?.isOn !== true) return this.keyValue(map, end, rowStart, found)
    const { buf, pos } = r
    r.pos = end
    const keyEnd = pos + 2 + (buf[pos + 1] as number)
    const valueStart = buf[pos] === KEY && keyEnd < pos + 130 && buf[keyEnd] === VALUE ? afterLength(buf, keyEnd + 1, end) : -1
    const index = valueStart === -1 || map.keys.length - rowStart >= limits.attributes ? guard.hit() : guard.key(map.keys, pos + 2, keyEnd)
    if (index === -1) return
    map.keys.addIndex(index)
    this.#found = found
    if (buf[valueStart] === TEXT) this.#safeText(map, index, valueStart, end)
    else if (guard.isNumber(map.keys.notes[index] as number, valueStart, end)) {
      found?.note(index, valueStart, end)
      r.pos = valueStart
      this.value(map.values, end)
    }
  }

  /** Writes the text of an AnyValue without its secrets. A text that would have to be cut is a hit. */
  #safeText(map: MapColumn, index: number, start: number, end: number): void {
    const { buf } = this.reader
    const guard = this.guard as SpanGuard
    const text = afterLength(buf, start + 1, end)
    if (text === -1 || end - text > limits.valueBytes) return void guard.hit()
    const note = map.keys.notes[index] as number
    const found = this.#found
    const safe = note === PLAIN && !isSuspicious(buf, text, end) ? undefined : guard.replacement(note, text, end, found !== undefined)
    if (safe === undefined) {
      map.values.add(buf, text, end)
      found?.note(index, start, end)
    } else {
      map.values.add(safe, 0, safe.length)
      if (found && index < found.count) guard.place(safe, found, index)
    }
  }

  /** Reads one KeyValue into the map, unless its row, begun at `rowStart`, is full. */
  keyValue(map: MapColumn, end: number, rowStart: number, found?: Found): void {
    const r = this.reader
    let keyStart = r.pos
    let keyEnd = r.pos
    let valueStart = -1
    let valueEnd = -1
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) {
        keyEnd = r.fieldEnd(end)
        keyStart = r.pos
        r.pos = keyEnd
      } else if (tag === 18) {
        valueEnd = r.fieldEnd(end)
        valueStart = r.pos
        r.pos = valueEnd
      } else r.skip(tag, end)
    }
    r.close(end)
    if (map.keys.length - rowStart >= limits.attributes) {
      this.tooMuch(TOO_MANY)
      return
    }
    const index = map.keys.key(r.buf, keyStart, this.cut(keyStart, keyEnd, limits.nameBytes, LONG_KEYS))
    map.keys.addIndex(index)
    if (valueStart < 0) {
      map.values.empty()
      return
    }
    found?.note(index, valueStart, valueEnd)
    r.pos = valueStart
    this.value(map.values, valueEnd)
    r.pos = end
  }

  /** Reads an AnyValue as text. */
  value(column: TextColumn, end: number): void {
    const r = this.reader
    if (r.pos >= end) {
      column.empty()
      return
    }
    const tag = r.buf[r.pos]
    if (tag === 10) {
      r.pos++
      const valueEnd = r.fieldEnd(end)
      column.add(r.buf, r.pos, this.cut(r.pos, valueEnd, limits.valueBytes, LONG_VALUES))
    } else if (tag === 16) {
      r.pos++
      const text = r.varint() ? TRUE : FALSE
      column.add(text, 0, text.length)
    } else if (tag === 24 && end - r.pos < SHORT_NUMBER) {
      r.pos++
      column.decimal(r.varint())
      if (r.pos !== end) r.malformed('a field beyond its message')
    } else {
      const value = this.anyValue(end, 0)
      const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
      column.string(this.cutText(text, limits.valueBytes, LONG_VALUES))
    }
    r.pos = end
  }

  /** The value as `JSON.stringify` is to write it. A top-level int64 stays text. */
  anyValue(end: number, depth: number): JsValue {
    const r = this.reader
    let value: JsValue
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) value = r.text(r.fieldEnd(end))
      else if (tag === 16) value = r.varint() !== 0
      else if (tag === 24) value = integer(r.int64(), depth)
      else if (tag === 33) value = finite(r.double(end))
      else if (tag === 42) value = this.#array(r.fieldEnd(end), depth + 1)
      else if (tag === 50) value = this.#object(r.fieldEnd(end), depth + 1)
      else if (tag === 58) value = this.#base64(r.fieldEnd(end))
      else r.skip(tag, end)
    }
    r.close(end)
    return value
  }

  /** One KeyValue as a pair of texts of bounded length, for the few records that are looked at here. */
  pair(end: number): [key: string, value: string] {
    const { key, value } = this.#entry(end, 0)
    const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
    return [this.cutText(key, limits.nameBytes, LONG_KEYS), this.cutText(text, limits.valueBytes, LONG_VALUES)]
  }

  #array(end: number, depth: number): JsValue {
    const r = this.reader
    const items: JsValue[] = []
    if (this.#tooDeep(depth, end)) return undefined
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) items.push(this.anyValue(r.fieldEnd(end), depth) ?? null)
      else r.skip(tag, end)
    }
    r.close(end)
    return items
  }

  #object(end: number, depth: number): JsValue {
    const r = this.reader
    if (this.#tooDeep(depth, end)) return undefined
    const entries: [string, JsValue][] = []
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) {
        const { key, value } = this.#entry(r.fieldEnd(end), depth)
        entries.push([key, value ?? null]) // JSON would omit the key
      } else r.skip(tag, end)
    }
    r.close(end)
    return Object.fromEntries(entries.sort(byKey))
  }

  #entry(end: number, depth: number): { key: string; value: JsValue } {
    const r = this.reader
    let key = ''
    let value: JsValue
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) key = r.text(r.fieldEnd(end))
      else if (tag === 18) value = this.anyValue(r.fieldEnd(end), depth)
      else r.skip(tag, end)
    }
    r.close(end)
    return { key, value }
  }

  #base64(end: number): string {
    const r = this.reader
    const text = r.buf.toString('base64', r.pos, end)
    r.pos = end
    return text
  }

  #tooDeep(depth: number, end: number): boolean {
    if (depth <= limits.depth) return false
    this.tooMuch(`values nested deeper than ${limits.depth}`)
    this.reader.pos = end
    return true
  }

  /** Reads a name: a length and its text. */
  name(end: number, what: string): string {
    const r = this.reader
    const nameEnd = r.fieldEnd(end)
    const start = r.pos
    r.pos = nameEnd
    return r.buf.toString('utf8', start, this.cut(start, nameEnd, limits.nameBytes, `${what} longer than ${limits.nameBytes} bytes`))
  }

  /** The end of a text of at most `max` bytes; `what` names truncated texts in the report to the sender. */
  cut(start: number, end: number, max: number, what: string): number {
    if (end - start <= max) return end
    this.tooMuch(what)
    return cutAt(this.reader.buf, start, end, max)
  }

  cutText(text: string, max: number, what: string): string {
    const cut = cutText(text, max)
    if (cut !== text) this.tooMuch(what)
    return cut
  }

  /** Reports that something was cut off. A guarded attempt reports nothing and counts as a hit, because it is repeated. */
  tooMuch(what: string): void {
    if (this.guard?.isOn === true) this.guard.isHit = true
    else this.report.cut(what)
  }
}

/** Names the truncated text to the sender. */
export const TOO_MANY = `attributes beyond ${limits.attributes}`
export const LONG_KEYS = `attribute keys longer than ${limits.nameBytes} bytes`
export const LONG_VALUES = `values longer than ${limits.valueBytes} bytes`

/** The order of attributes wherever a map is part of the identity of a series. */
export const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0)

function integer(text: string, depth: number): JsValue {
  const number = Number(text)
  if (depth === 0) return text
  return Number.isSafeInteger(number) ? number : JSON.rawJSON(text)
}

/** JSON has no NaN or infinities; the exporter writes them as words. */
const finite = (value: number): JsValue => (Number.isFinite(value) ? value : String(value))
