/** Reads ClickHouse's own compressed format (`decompress=1`), in which some clients send their statements: the reverse of compressed-blocks.ts. */
import { zstdDecompressSync } from 'node:zlib'
import { refuse } from '../../clickhouse-error.ts'
import { cityHash128 } from './city-hash.ts'
import { decompressBlock } from './lz4.ts'

const HASH_BYTES = 16
const HEADER_BYTES = 9
const METHODS: Readonly<Record<number, (data: Buffer, size: number) => Uint8Array | undefined>> = {
  0x02: (data) => data,
  0x82: decompressBlock,
  0x90: (data, size) => zstdDecompressSync(data, { maxOutputLength: Math.max(1, size) }),
}

/** What the blocks hold. @throws ClickhouseError 117 when they are damaged, 218 when it is longer than `maxBytes`. */
export function readBlocks(bytes: Buffer, maxBytes: number): Buffer<ArrayBuffer> {
  const pieces: Uint8Array[] = []
  let total = 0
  for (let at = 0; at < bytes.length;) {
    const block = blockAt(bytes, at)
    total += block.size
    if (total > maxBytes) throw refuse('QUERY_IS_TOO_LARGE', `The body is larger than ${maxBytes} bytes`)
    pieces.push(contentOf(block))
    at = block.end
  }
  return Buffer.concat(pieces)
}

interface Block {
  readonly method: number
  readonly data: Buffer
  /** Of what it holds. */
  readonly size: number
  readonly end: number
}

function blockAt(bytes: Buffer, at: number): Block {
  const start = at + HASH_BYTES
  if (bytes.length < start + HEADER_BYTES) throw damaged('a block ends early')
  const end = start + bytes.readUInt32LE(start + 1)
  if (end < start + HEADER_BYTES || end > bytes.length) throw damaged('a block is longer than the body')
  if (!cityHash128(bytes.subarray(start, end)).equals(bytes.subarray(at, start))) throw damaged('the checksum of a block does not match')
  return { method: bytes.readUInt8(start), data: bytes.subarray(start + HEADER_BYTES, end), size: bytes.readUInt32LE(start + 5), end }
}

function contentOf({ method, data, size }: Block): Uint8Array {
  const content = attempt(() => METHODS[method]?.(data, size))
  if (content?.length !== size) throw damaged(`a block of method ${method} cannot be decompressed`)
  return content
}

function attempt<T>(decompress: () => T): T {
  try {
    return decompress()
  } catch (error) {
    throw damaged('a block cannot be decompressed', error)
  }
}

const damaged = (what: string, cause?: unknown) => refuse('INCORRECT_DATA', `The compressed body is damaged: ${what}`, cause)
