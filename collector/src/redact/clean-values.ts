/** Values that were searched and stayed as they were: most texts come again and again. Bounded; a newer value takes the place of an older. */

const VALUES = 2048
const MAX_LENGTH = 1024

export class CleanValues {
  readonly #values: (Buffer | undefined)[] = Array.from({ length: VALUES })

  has(buf: Buffer, start: number, end: number): boolean {
    if (end - start > MAX_LENGTH) return false
    const known = this.#values[indexOf(buf, start, end)]
    return known !== undefined && isSame(known, buf, start, end)
  }

  add(buf: Buffer, start: number, end: number): void {
    if (end - start <= MAX_LENGTH) this.#values[indexOf(buf, start, end)] = Buffer.from(buf.subarray(start, end))
  }
}

function indexOf(buf: Buffer, start: number, end: number): number {
  let hash = end - start
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (buf[at] as number)) | 0
  return (hash ^ (hash >>> 15)) & (VALUES - 1)
}

export function isSame(known: Buffer, buf: Buffer, start: number, end: number): boolean {
  const { length } = known
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== buf[start + i]) return false
  return true
}
