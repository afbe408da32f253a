/** Reads ClickHouse Native blocks back into rows, as far as the contract's types go. */

class Bytes {
  at = 0
  readonly buf: Buffer
  constructor(buf: Buffer) {
    this.buf = buf
  }
  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.buf[this.at++]
      if (byte === undefined) throw new RangeError('the block ends within a number')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  text(): string {
    const length = this.varint()
    this.at += length
    return this.buf.toString('utf8', this.at - length, this.at)
  }
  u64(): number {
    this.at += 8
    return Number(this.buf.readBigUInt64LE(this.at - 8))
  }
}

type Row = Record<string, unknown>

/** All rows of all blocks in the file. 64-bit times are bigint, maps are objects. */
export function readNative(buf: Buffer): Row[] {
  const bytes = new Bytes(buf)
  const rows: Row[] = []
  while (bytes.at < buf.length) rows.push(...readBlock(bytes))
  return rows
}

function readBlock(bytes: Bytes): Row[] {
  const columns = bytes.varint()
  const count = bytes.varint()
  const rows: Row[] = Array.from({ length: count }, () => ({}))
  for (let i = 0; i < columns; i++) {
    const name = bytes.text()
    const type = bytes.text()
    prefix(bytes, type)
    const values = body(bytes, type, count)
    for (const [row, value] of values.entries()) rows[row]![name] = value
  }
  return rows
}

const inner = (type: string, name: string): string | undefined =>
  type.startsWith(`${name}(`) ? type.slice(name.length + 1, -1) : undefined

function prefix(bytes: Bytes, type: string): void {
  const array = inner(type, 'Array')
  if (array) prefix(bytes, array)
  else if (type.startsWith('LowCardinality') || type.startsWith('Map(LowCardinality')) {
    if (bytes.u64() !== 1) throw new Error('not the version of LowCardinality')
  }
}

function body(bytes: Bytes, type: string, count: number): unknown[] {
  const array = inner(type, 'Array')
  if (array) return arrays(bytes, count, (total) => body(bytes, array, total))
  const map = inner(type, 'Map')
  if (map) {
    const [key, value] = map.split(/, (?=[^,]+$)/) as [string, string]
    return arrays(bytes, count, (total) => {
      const keys = body(bytes, key, total)
      const values = body(bytes, value, total)
      return keys.map((one, i) => [one, values[i]])
    }).map((entries) => Object.fromEntries(entries as [string, unknown][]))
  }
  if (type === 'LowCardinality(String)') return dictionary(bytes, count)
  if (type === 'String') return Array.from({ length: count }, () => bytes.text())
  return Array.from({ length: count }, () => fixed(bytes, type))
}

function arrays(bytes: Bytes, count: number, read: (total: number) => unknown[]): unknown[][] {
  const ends = Array.from({ length: count }, () => bytes.u64())
  const items = read(ends.at(-1) ?? 0)
  return ends.map((end, i) => items.slice(ends[i - 1] ?? 0, end))
}

function dictionary(bytes: Bytes, count: number): unknown[] {
  if (count === 0) return []
  const flags = bytes.u64()
  if ((flags & 0xff00) !== 0x600) throw new Error('not a dictionary of its own')
  const width = 1 << (flags & 255)
  const keys = Array.from({ length: bytes.u64() }, () => bytes.text())
  if (bytes.u64() !== count) throw new Error('not as many indexes as rows')
  return Array.from({ length: count }, () => {
    bytes.at += width
    const key = keys[bytes.buf.readUIntLE(bytes.at - width, width)]
    if (key === undefined) throw new Error('an index beyond its dictionary')
    return key
  })
}

const WIDTHS: Record<string, number> = { UInt8: 1, Bool: 1, Int16: 2, UInt32: 4, Int32: 4, DateTime: 4 }

function fixed(bytes: Bytes, type: string): unknown {
  const width = WIDTHS[type] ?? 8
  bytes.at += width
  const at = bytes.at - width
  if (type === 'Float64') return bytes.buf.readDoubleLE(at)
  if (type.startsWith('DateTime64')) return bytes.buf.readBigInt64LE(at)
  if (width === 8) return Number(bytes.buf.readBigUInt64LE(at))
  return type.startsWith('Int') ? bytes.buf.readIntLE(at, width) : bytes.buf.readUIntLE(at, width)
}
