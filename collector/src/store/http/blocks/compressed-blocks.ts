/**
 * ClickHouse's own compressed format (`compress=1`), which JDBC drivers ask for: blocks of a CityHash128, a header and LZ4 data. The hash is of
 * all that follows it in the block.
 */
import { cityHash128 } from './city-hash.ts'
import { compressBlock, roomFor } from './lz4.ts'

const HASH_BYTES = 16
const HEADER_BYTES = 9
const LZ4 = 0x82
/** Short enough that no other client waits for a block of this one. */
const BLOCK_BYTES = 128 * 1024

/** The same bytes, in blocks. */
export async function* compressedBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES) yield compressedBlock(chunk.subarray(at, at + BLOCK_BYTES))
}

export function compressedBlock(data: Uint8Array): Uint8Array {
  const block = Buffer.alloc(HASH_BYTES + HEADER_BYTES + roomFor(data.length))
  const end = compressBlock(data, block, HASH_BYTES + HEADER_BYTES)
  const hashed = block.subarray(HASH_BYTES, end)
  hashed.writeUInt8(LZ4, 0)
  hashed.writeUInt32LE(hashed.length, 1)
  hashed.writeUInt32LE(data.length, 5)
  cityHash128(hashed).copy(block)
  return block.subarray(0, end)
}
