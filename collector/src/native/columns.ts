/**
 * Writers of ClickHouse Native columns. Each knows a prefix (state before the data, which only LowCardinality has) and a body; nested
 * columns put the prefixes of all their parts first. Layout: ClickHouse's ISerialization, as its Native format reads it.
 */
import { ByteWriter } from './byte-writer.ts'
import { fail } from './errors.ts'

export interface Column {
  /** Where it is written: what must be rolled back when a row is abandoned. */
  readonly parts: readonly Rewindable[]
  prefix(out: ByteWriter): void
  body(out: ByteWriter): void
  reset(): void
}

/** Grows with each row, and can be truncated to an earlier length. */
export interface Rewindable {
  length: number
}

/** Numbers and times: values of one width, written straight into `data`. */
export class FixedColumn implements Column {
  readonly data = new ByteWriter()
  readonly parts = [this.data]
  prefix(): void {}
  body(out: ByteWriter): void {
    out.copy(this.data.bytes, 0, this.data.length)
  }
  reset(): void {
    this.data.reset()
  }
}

/** String. */
export class TextColumn implements Column {
  readonly data = new ByteWriter()
  readonly parts = [this.data]
  add(source: Uint8Array, start: number, end: number): void {
    this.data.prefixed(source, start, end)
  }
  string(value: string): void {
    this.data.text(value)
  }
  /** The digits of a whole number from 0. */
  decimal(value: number): void {
    this.data.decimal(value)
  }
  empty(): void {
    this.data.u8(0)
  }
  prefix(): void {}
  body(out: ByteWriter): void {
    out.copy(this.data.bytes, 0, this.data.length)
  }
  reset(): void {
    this.data.reset()
  }
}

const MIN_TABLE = 256
const MAX_KEPT_TABLE = 8192
/** Flags of a LowCardinality block: additional keys follow, the dictionary is the block's own. The low byte is the width of an index. */
const OWN_DICTIONARY = 0x600

/** LowCardinality(String): an open-addressing hash over bytes, an index for each row. */
export class DictionaryColumn implements Column {
  size = 0
  /** Rows. */
  length = 0
  /** By entry: what a writer noted beside it; 0 at first. */
  readonly notes: number[] = []
  readonly parts = [this]
  readonly #dictionary = new ByteWriter()
  #indexes = new Uint32Array(256)
  #table = new Int32Array(MIN_TABLE).fill(-1)
  #starts: number[] = []
  #lengths: number[] = []
  #hashes: number[] = []
  /** By entry: the one that was asked for after it last time. Keys of attributes mostly come in one order. */
  #next: number[] = []
  #last = -1

  /** Adds a row. */
  add(source: Uint8Array, start: number, end: number): void {
    this.addIndex(this.key(source, start, end))
  }

  string(value: string): void {
    this.addIndex(this.stringKey(value))
  }

  addIndex(index: number): void {
    if (this.length === this.#indexes.length) {
      const grown = new Uint32Array(this.length * 2)
      grown.set(this.#indexes)
      this.#indexes = grown
    }
    this.#indexes[this.length++] = index
  }

  stringKey(value: string): number {
    const bytes = Buffer.from(value)
    return this.key(bytes, 0, bytes.length)
  }

  /** Index of the value in the dictionary; adds it if it is new. */
  key(source: Uint8Array, start: number, end: number): number {
    const index = this.find(source, start, end)
    return index >= 0 ? index : this.#follow(this.#join(source, start, end))
  }

  /** Index of the value in the dictionary; -1 if it is new. */
  find(source: Uint8Array, start: number, end: number): number {
    const next = this.#next[this.#last]
    if (next !== undefined && this.#lengths[next] === end - start && this.#same(next, source, start)) return (this.#last = next)
    return this.#search(source, start, end)
  }

  #search(source: Uint8Array, start: number, end: number): number {
    const length = end - start
    const hash = hashOf(source, start, end)
    const mask = this.#table.length - 1
    for (let at = (hash ^ (hash >>> 15)) & mask; ; at = (at + 1) & mask) {
      const index = this.#table[at] as number
      if (index < 0) return -1
      if (this.#hashes[index] === hash && this.#lengths[index] === length && this.#same(index, source, start)) return this.#follow(index)
    }
  }

  #follow(index: number): number {
    if (this.#last >= 0) this.#next[this.#last] = index
    return (this.#last = index)
  }

  /** The text of a dictionary entry. */
  textOf(index: number): string {
    const start = this.#starts[index] ?? 0
    return this.#dictionary.bytes.toString('utf8', start, start + (this.#lengths[index] ?? 0))
  }

  #same(index: number, source: Uint8Array, start: number): boolean {
    const { bytes } = this.#dictionary
    const from = this.#starts[index] as number
    const length = this.#lengths[index] as number
    for (let i = 0; i < length; i++) if (bytes[from + i] !== source[start + i]) return false
    return true
  }

  /** Adds a value that is not there yet. */
  #join(source: Uint8Array, start: number, end: number): number {
    const index = this.size++
    const length = end - start
    const hash = hashOf(source, start, end)
    const mask = this.#table.length - 1
    let at = (hash ^ (hash >>> 15)) & mask
    while ((this.#table[at] as number) >= 0) at = (at + 1) & mask
    this.#dictionary.prefixed(source, start, end)
    this.notes.push(0)
    this.#starts.push(this.#dictionary.length - length)
    this.#lengths.push(length)
    this.#hashes.push(hash)
    this.#next.push(index)
    this.#table[at] = index
    if (this.size * 2 > this.#table.length) this.#grow()
    return index
  }

  #grow(): void {
    const table = new Int32Array(this.#table.length * 2).fill(-1)
    const mask = table.length - 1
    for (let index = 0; index < this.size; index++) {
      const hash = this.#hashes[index] as number
      let at = (hash ^ (hash >>> 15)) & mask
      while ((table[at] as number) >= 0) at = (at + 1) & mask
      table[at] = index
    }
    this.#table = table
  }

  prefix(out: ByteWriter): void {
    out.u64(1)
  }

  body(out: ByteWriter): void {
    if (this.length === 0) return
    const width = this.size <= 256 ? 0 : this.size <= 65_536 ? 1 : 2
    out.u64(OWN_DICTIONARY | width)
    out.u64(this.size)
    out.copy(this.#dictionary.bytes, 0, this.#dictionary.length)
    out.u64(this.length)
    this.#writeIndexes(out, width)
  }

  #writeIndexes(out: ByteWriter, width: number): void {
    const indexes = this.#indexes
    const { length: rows } = this
    out.reserve(rows << width)
    if (width === 0) {
      const { bytes } = out
      let at = out.length
      for (let i = 0; i < rows; i++) bytes[at++] = indexes[i] as number
      out.length = at
    } else if (width === 1) for (let i = 0; i < rows; i++) out.i16(((indexes[i] as number) << 16) >> 16)
    else for (let i = 0; i < rows; i++) out.u32(indexes[i] as number)
  }

  reset(): void {
    this.size = 0
    this.length = 0
    this.#dictionary.reset()
    this.notes.length = 0
    this.#starts.length = 0
    this.#lengths.length = 0
    this.#hashes.length = 0
    this.#next.length = 0
    this.#last = -1
    if (this.#table.length > MAX_KEPT_TABLE) this.#table = new Int32Array(MIN_TABLE)
    this.#table.fill(-1)
  }
}

function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (source[i] as number)) | 0
  return hash
}

/** Map(LowCardinality(String), String). Entries go to `keys` and `values`, then `endRow`. */
export class MapColumn implements Column {
  readonly keys = new DictionaryColumn()
  readonly values = new TextColumn()
  readonly #ends = new ByteWriter()
  readonly parts = [this.keys, this.values.data, this.#ends]
  endRow(): void {
    this.#ends.u64(this.keys.length)
  }
  entries(entries: Iterable<readonly [string, string]>): void {
    for (const [key, value] of entries) {
      this.keys.string(key)
      this.values.string(value)
    }
    this.endRow()
  }
  prefix(out: ByteWriter): void {
    this.keys.prefix(out)
  }
  body(out: ByteWriter): void {
    out.copy(this.#ends.bytes, 0, this.#ends.length)
    this.keys.body(out)
    this.values.body(out)
  }
  reset(): void {
    this.keys.reset()
    this.values.reset()
    this.#ends.reset()
  }
}

/** Map(Int16, UInt64): the buckets of a histogram. */
export class BucketsColumn implements Column {
  readonly #ends = new ByteWriter()
  readonly #keys = new ByteWriter()
  readonly #values = new ByteWriter()
  readonly parts = [this.#ends, this.#keys, this.#values]
  #count = 0
  add(buckets: ReadonlyMap<number, number>): void {
    for (const [index, count] of buckets) {
      this.#keys.i16(Math.max(-32_768, Math.min(32_767, index)))
      this.#values.whole(count)
      this.#count++
    }
    this.#ends.u64(this.#count)
  }
  prefix(): void {}
  body(out: ByteWriter): void {
    for (const part of this.parts) out.copy(part.bytes, 0, part.length)
  }
  reset(): void {
    this.#count = 0
    for (const part of this.parts) part.reset()
  }
}

/** Array(T): items go to `items`, `endRow` says how many there are by now in all rows. */
export class ArrayColumn<T extends Column = Column> implements Column {
  readonly items: T
  readonly parts: readonly Rewindable[]
  readonly #ends = new ByteWriter()
  constructor(items: T) {
    this.items = items
    this.parts = [...items.parts, this.#ends]
  }
  endRow(total: number): void {
    this.#ends.u64(total)
  }
  prefix(out: ByteWriter): void {
    this.items.prefix(out)
  }
  body(out: ByteWriter): void {
    out.copy(this.#ends.bytes, 0, this.#ends.length)
    this.items.body(out)
  }
  reset(): void {
    this.items.reset()
    this.#ends.reset()
  }
}

const FIXED = /^(UInt8|Bool|UInt32|Int32|DateTime|UInt64|Float64|DateTime64\(\d\))$/

/** The writer for a type of the contract's tables. */
export function columnOf(type: string): Column {
  const simple = /^SimpleAggregateFunction\(\w+, (.+)\)$/.exec(type)
  if (simple?.[1]) return columnOf(simple[1])
  const array = /^Array\((.+)\)$/.exec(type)
  if (array?.[1]) return new ArrayColumn(columnOf(array[1]))
  if (type === 'String') return new TextColumn()
  if (type === 'LowCardinality(String)') return new DictionaryColumn()
  if (type === 'Map(LowCardinality(String), String)') return new MapColumn()
  if (type === 'Map(Int16, UInt64)') return new BucketsColumn()
  if (FIXED.test(type)) return new FixedColumn()
  throw fail('SPY_COLUMN_TYPE', [type])
}
