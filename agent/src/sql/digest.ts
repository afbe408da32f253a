/**
 * 64-bit digest of a text as 16 hexadecimal digits: two 32-bit multiplicative hashes with different constants, mixed at the end. It
 * names a statement, it does not protect anything; node:crypto would have to be loaded for it.
 */
export function digest64(text: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = mixed(a, b)
  b = mixed(b, a)
  return hex8(b) + hex8(a)
}

function mixed(one: number, other: number): number {
  return Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909)
}

function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
