/** Attributes of a data point in the order of their keys: they are part of the identity of a series, and senders use any order. */
import type { AttributeReader } from './attributes.ts'
import type { MetricTable } from './metric-tables.ts'

const KEY = 10
/** Start and end of a KeyValue message, then of the key in it. */
const SPOT = 4

export class SortedAttributes {
  readonly #attributes: AttributeReader
  /** Positions in the request, four for each attribute. */
  readonly #spots: number[] = []
  /** Positions of the attributes in `#spots`, sorted. The order of the previous point is tried first, because senders usually keep theirs. */
  #order: number[] = []

  constructor(attributes: AttributeReader) {
    this.#attributes = attributes
  }

  /** Writes the attributes of the point between `start` and `end` as a row of the table's map. */
  write(table: MetricTable, start: number, end: number): void {
    const { reader } = this.#attributes
    const { attributes: map } = table
    this.#find(table.attributesTag, start, end)
    const rowStart = map.keys.length
    for (const at of this.#order) {
      reader.pos = this.#spots[at] as number
      this.#attributes.keyValue(map, this.#spots[at + 1] as number, rowStart)
    }
    map.endRow()
    reader.pos = end
  }

  /** The attributes of the last row, as texts. */
  pairs(): Map<string, string> {
    const { reader } = this.#attributes
    const { pos } = reader
    const pairs = new Map<string, string>()
    for (const at of this.#order) {
      reader.pos = this.#spots[at] as number
      pairs.set(...this.#attributes.pair(this.#spots[at + 1] as number))
    }
    reader.pos = pos
    return pairs
  }

  #find(tag: number, start: number, end: number): void {
    const { reader } = this.#attributes
    this.#spots.length = 0
    reader.pos = start
    while (reader.pos < end) {
      const next = reader.varint()
      if (next === tag) this.#spot(reader.fieldEnd(end))
      else reader.skip(next, end)
    }
    if (!this.#isSorted()) this.#sort()
  }

  #spot(end: number): void {
    const { reader } = this.#attributes
    const start = reader.pos
    let keyStart = start
    let keyEnd = start
    while (reader.pos < end) {
      const tag = reader.varint()
      if (tag === KEY) {
        keyEnd = reader.fieldEnd(end)
        keyStart = reader.pos
        reader.pos = keyEnd
      } else reader.skip(tag, end)
    }
    reader.close(end)
    this.#spots.push(start, end, keyStart, keyEnd)
  }

  #isSorted(): boolean {
    const order = this.#order
    if (order.length * SPOT !== this.#spots.length) return false
    for (let i = 1; i < order.length; i++) if (this.#compare(order[i - 1] as number, order[i] as number) > 0) return false
    return true
  }

  #sort(): void {
    this.#order = Array.from({ length: this.#spots.length / SPOT }, (_, i) => i * SPOT).sort((a, b) => this.#compare(a, b))
  }

  /** Bytewise, as ClickHouse compares texts. */
  #compare(a: number, b: number): number {
    const { buf } = this.#attributes.reader
    const spots = this.#spots
    let at = spots[a + 2] as number
    let other = spots[b + 2] as number
    const end = spots[a + 3] as number
    const otherEnd = spots[b + 3] as number
    for (; at < end && other < otherEnd; at++, other++) {
      const difference = (buf[at] as number) - (buf[other] as number)
      if (difference !== 0) return difference
    }
    return end - at - (otherEnd - other) || a - b
  }
}
