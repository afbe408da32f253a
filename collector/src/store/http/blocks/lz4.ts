/** The LZ4 block format, written and read: repeated bytes become references to where they stood before, at most 64 KiB back. */
const MIN_MATCH = 4
/** The format ends a block with literals: no match begins in its last 12 bytes or reaches its last 5. */
const LAST_START = 12
const LAST_LITERALS = 5
const FARTHEST = 65_535
const HASH_BITS = 14

/** As much room as `compressBlock` needs for so many bytes. */
export const roomFor = (bytes: number): number => bytes + Math.ceil(bytes / 255) + 16

/** Compresses `input` into `output` from `start` on and returns where it ended. */
export function compressBlock(input: Uint8Array, output: Uint8Array, start: number): number {
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  const seen = new Int32Array(1 << HASH_BITS).fill(-1)
  const endOfMatches = input.length - LAST_LITERALS
  let [out, literals, misses] = [start, 0, 0]
  for (let at = 0; at < input.length - LAST_START;) {
    const word = view.getUint32(at, true)
    const bucket = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    const before = seen[bucket]!
    seen[bucket] = at
    if (before < 0 || at - before > FARTHEST || view.getUint32(before, true) !== word) {
      at += 1 + (misses++ >> 6) // what does not repeat is skimmed
      continue
    }
    let end = at + MIN_MATCH
    while (end < endOfMatches && input[end] === input[before + end - at]) end++
    out = writeLiterals(input.subarray(literals, at), output, out, end - at - MIN_MATCH)
    output[out++] = (at - before) & 0xff
    output[out++] = (at - before) >>> 8
    out = writeRest(end - at - MIN_MATCH, output, out)
    ;[at, literals, misses] = [end, end, 0]
  }
  return writeLiterals(input.subarray(literals), output, out, 0)
}

/** A token, which has 4 bits for the length of the literals and 4 for that of the match after them, and the literals. */
function writeLiterals(literals: Uint8Array, output: Uint8Array, start: number, match: number): number {
  output[start] = (Math.min(literals.length, 15) << 4) | Math.min(match, 15)
  const at = writeRest(literals.length, output, start + 1)
  output.set(literals, at)
  return at + literals.length
}

/** What a length has beyond the 15 in its token. */
function writeRest(length: number, output: Uint8Array, start: number): number {
  if (length < 15) return start
  let [at, rest] = [start, length - 15]
  for (; rest >= 255; rest -= 255) output[at++] = 255
  output[at++] = rest
  return at
}

/** What a block holds if that is `size` bytes; undefined if it is anything else. */
export function decompressBlock(input: Uint8Array, size: number): Uint8Array | undefined {
  const output = Buffer.alloc(size)
  let [at, out] = [0, 0]
  const lengthFrom = (first: number): number => {
    let length = first
    for (let byte = first === 15 ? 255 : 0; byte === 255; length += byte) byte = input[at++] ?? 0
    return length
  }
  while (at < input.length) {
    const token = input[at++]!
    const literals = lengthFrom(token >> 4)
    if (at + literals > input.length || out + literals > size) return undefined
    output.set(input.subarray(at, at + literals), out)
    ;[at, out] = [at + literals, out + literals]
    if (at === input.length) break // the last literals have no match after them
    const back = input[at]! | (input[at + 1]! << 8)
    at += 2
    const match = lengthFrom(token & 15) + MIN_MATCH
    if (at > input.length || back === 0 || back > out || out + match > size) return undefined
    const end = out + match
    for (; out < end; out++) output[out] = output[out - back]! // may overlap what it writes
  }
  return out === size ? output : undefined
}
