/** Values that were searched and contain no secret, because most texts recur. Bounded: a newer value replaces an older one. */

const VALUES = 2048
const MAX_LENGTH = 1024
const HASHED_LENGTH = 128

export class CleanValues {
  readonly #values: (DataView | undefined)[] = Array.from({ length: VALUES })

  has(bytes: DataView, start: number, end: number): boolean {
    if (end - start > MAX_LENGTH) return false
    const known = this.#values[hashOf(bytes, start, end) & (VALUES - 1)]
    return known !== undefined && isSame(known, bytes, start, end)
  }

  add(bytes: DataView, start: number, end: number): void {
    if (end - start <= MAX_LENGTH) this.#values[hashOf(bytes, start, end) & (VALUES - 1)] = copyOf(bytes, start, end)
  }
}

export function copyOf(bytes: DataView, start: number, end: number): DataView {
  return new DataView(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + end))
}

/** Hashes four bytes at a time, and only the beginning and end of a long text: the texts are compared afterwards. */
export function hashOf(bytes: DataView, start: number, end: number): number {
  let hash = end - start
  let at = start
  if (hash > 2 * HASHED_LENGTH) {
    hash ^= hashOf(bytes, start, start + HASHED_LENGTH) << 12
    at = end - HASHED_LENGTH
  }
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ bytes.getInt32(at, true), 0x5bd1e995) ^ (hash >>> 13)
  for (; at < end; at++) hash = Math.imul(hash, 31) + bytes.getUint8(at)
  return hash ^ (hash >>> 15)
}

export function isSame(known: DataView, bytes: DataView, start: number, end: number): boolean {
  const length = known.byteLength
  if (end - start !== length) return false
  let i = 0
  for (; i + 4 <= length; i += 4) if (known.getInt32(i, true) !== bytes.getInt32(start + i, true)) return false
  for (; i < length; i++) if (known.getUint8(i) !== bytes.getUint8(start + i)) return false
  return true
}
