/** One Native block of one table, its columns in the contract's order. The file of a segment is such blocks, one after the other. */
import { type Column as ColumnDeclaration, type TableName, tables } from '@spyglass/agent/contract'
import { ByteWriter } from './byte-writer.ts'
import { ArrayColumn, BucketsColumn, type Column, columnOf, DictionaryColumn, FixedColumn, MapColumn, TextColumn } from './columns.ts'
import { fail } from './errors.ts'
import { Rewind } from './rewind.ts'

/** What one block may hold, in bytes and rows: a request of few bytes that repeats a long resource must not fill the memory. */
const MAX_BYTES = 268_435_456
const MAX_ROWS = 500_000

type Maker<T> = abstract new (...args: never[]) => T

export class TableBlock {
  readonly table: TableName
  rows = 0
  /** What a reader of the table finds by adding up: rows, or for a rollup the requests or calls. An insert is verified by it. */
  weight = 0
  /** Seconds since the epoch of the oldest and newest row. */
  oldest = Number.POSITIVE_INFINITY
  newest = Number.NEGATIVE_INFINITY
  readonly #columns = new Map<string, Column>()
  readonly #written: Rewind
  /** Rows and weight before the row that has begun. */
  #rowsBefore = 0
  #weightBefore = 0

  constructor(table: TableName) {
    this.table = table
    for (const { name, type } of declared(table)) if (name !== 'Batch') this.#columns.set(name, columnOf(type))
    this.#written = new Rewind([...this.#columns.values()].flatMap(({ parts }) => parts))
  }

  /** Notes where the next row begins; false when the block may take no further row. */
  beginRow(): boolean {
    this.#rowsBefore = this.rows
    this.#weightBefore = this.weight
    return this.#written.mark() < MAX_BYTES && this.rows < MAX_ROWS
  }

  /** Rolls back what was written since `beginRow`, also a row that was ended. */
  dropRow(): void {
    this.rows = this.#rowsBefore
    this.weight = this.#weightBefore
    this.#written.undo()
  }

  fixed(name: string): FixedColumn {
    return this.#typed(name, FixedColumn)
  }
  text(name: string): TextColumn {
    return this.#typed(name, TextColumn)
  }
  dictionary(name: string): DictionaryColumn {
    return this.#typed(name, DictionaryColumn)
  }
  map(name: string): MapColumn {
    return this.#typed(name, MapColumn)
  }
  buckets(name: string): BucketsColumn {
    return this.#typed(name, BucketsColumn)
  }
  array<T extends Column>(name: string, items: Maker<T>): ArrayColumn<T> {
    const column = this.#columns.get(name)
    if (!isArrayOf(column, items)) throw fail('SPY_COLUMN_TYPE', [`${this.table}.${name}`])
    return column
  }

  /** Counts a row whose time is `seconds`. */
  endRow(seconds: number, weight = 1): void {
    this.rows++
    this.weight += weight
    if (seconds < this.oldest) this.oldest = seconds
    if (seconds > this.newest) this.newest = seconds
  }

  /** The block's bytes, with `batch` in the Batch column of every row, behind what `out` holds already. They stay as they are until `out` is reset. */
  encode(batch: string, out = new ByteWriter(4096)): Buffer {
    const columns = declared(this.table)
    const start = out.length
    out.varint(columns.length)
    out.varint(this.rows)
    for (const { name, type } of columns) {
      out.text(name)
      out.text(plainType(type))
      const column = name === 'Batch' ? this.#batchColumn(batch) : this.#columns.get(name)
      column?.prefix(out)
      column?.body(out)
    }
    return out.bytes.subarray(start, out.length)
  }

  reset(): void {
    this.rows = 0
    this.weight = 0
    this.oldest = Number.POSITIVE_INFINITY
    this.newest = Number.NEGATIVE_INFINITY
    for (const column of this.#columns.values()) column.reset()
  }

  #batchColumn(batch: string): DictionaryColumn {
    const column = new DictionaryColumn()
    const key = column.stringKey(batch)
    for (let row = 0; row < this.rows; row++) column.addIndex(key)
    return column
  }

  #typed<T extends Column>(name: string, maker: Maker<T>): T {
    const column = this.#columns.get(name)
    if (!(column instanceof maker)) throw fail('SPY_COLUMN_TYPE', [`${this.table}.${name}`])
    return column
  }
}

function isArrayOf<T extends Column>(column: Column | undefined, items: Maker<T>): column is ArrayColumn<T> {
  return column instanceof ArrayColumn && column.items instanceof items
}

function declared(table: TableName): readonly ColumnDeclaration[] {
  return tables[table].columns
}

/** A file holds plain values: the store aggregates them. */
const plainType = (type: string): string => /^SimpleAggregateFunction\(\w+, (.+)\)$/.exec(type)?.[1] ?? type
