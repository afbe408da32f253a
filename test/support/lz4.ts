/** Reads ClickHouse's compressed blocks, by the format's description alone. */
import { cityHash128 } from '../../collector/src/store/http/blocks/city-hash.ts'

/** The bytes of one LZ4 block. */
export function lz4Decoded(block: Uint8Array, length: number): Buffer {
  const out = Buffer.alloc(length)
  let [at, to] = [0, 0]
  const lengthOf = (nibble: number): number => {
    let [sum, next] = [nibble, nibble === 15 ? 255 : 0]
    while (next === 255) sum += next = block[at++]!
    return sum
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = lengthOf(token >> 4)
    out.set(block.subarray(at, at + literals), to)
    at += literals
    to += literals
    if (at >= block.length) break
    const back = block[at]! | (block[at + 1]! << 8)
    at += 2
    if (back === 0 || back > to) throw new Error('a match from before the block')
    const end = to + lengthOf(token & 15) + 4
    // Byte by byte, since a match may reach into itself.
    for (; to < end; to++) out[to] = out[to - back]!
  }
  if (to !== length) throw new Error(`${to} bytes instead of ${length}`)
  return out
}

/** Where each block begins that is in `bytes`, with its method; fails on one whose hash is wrong. */
export function* blocksIn(bytes: Buffer): Generator<{ readonly method: number; readonly data: Buffer; readonly length: number }> {
  for (let at = 0; at < bytes.length;) {
    const hashed = bytes.subarray(at + 16, at + 16 + bytes.readUInt32LE(at + 17))
    if (!cityHash128(hashed).equals(bytes.subarray(at, at + 16))) throw new Error(`the hash of the block at ${at} is another`)
    yield { method: hashed[0]!, data: hashed.subarray(9), length: hashed.readUInt32LE(5) }
    at += 16 + hashed.length
  }
}

/** What an answer in compressed blocks says. */
export const fromBlocks = (bytes: Buffer): Buffer => Buffer.concat([...blocksIn(bytes)].map(({ data, length }) => lz4Decoded(data, length)))
