/**
 * The digest of a normalised statement: 16 hexadecimal digits. White space and the case of letters outside quoted names do not count, so
 * texts that differ only in these share a digest. Two 32-bit multiplicative hashes with different constants, mixed at the end: it identifies a
 * statement and protects nothing, so node:crypto need not be loaded.
 */
import { CLASS, classOf, isWordUnit } from './characters.ts'

const SPACE = 32
const DOUBLE_QUOTE = 34
const BACKTICK = 96
const LOWER = 32

export function digestOf(normalised: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  let quote = 0
  let previous = 0
  for (let at = 0; at < normalised.length; at++) {
    let unit = normalised.charCodeAt(at)
    if (quote !== 0) {
      if (unit === quote) quote = 0
    } else if (unit === DOUBLE_QUOTE || unit === BACKTICK) quote = unit
    else if (unit >= 65 && unit <= 90) unit += LOWER
    else if (classOf(unit) === CLASS.space) {
      // A space separates two words; any other space could be omitted.
      if (!isWordUnit(previous) || !isWordUnit(normalised.charCodeAt(at + 1))) continue
      unit = SPACE
    }
    previous = unit
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  const mixedA = mixed(a, b)
  return hex8(mixed(b, mixedA)) + hex8(mixedA)
}

function mixed(one: number, other: number): number {
  return Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909)
}

function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
