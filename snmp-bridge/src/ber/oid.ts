/** Object identifiers as arrays of numbers. Each sub-identifier is at most 2^32-1, and there are at most 128 (RFC 2578 §3.5). */
import { fail } from '../errors.ts'

export type Oid = readonly number[]

export const MAX_SUB_IDENTIFIERS = 128
const MAX_SUB_IDENTIFIER = 0xffff_ffff

/**
 * `1.3.6.1` as an array; a leading dot is allowed.
 * @throws SPY_SNMP_VALUE
 */
export function parseOid(text: string): Oid {
  if (!/^\.?\d+(\.\d+)+$/.test(text)) throw fail('SPY_SNMP_VALUE', [JSON.stringify(text), 'OBJECT IDENTIFIER'])
  const oid = text.replace(/^\./, '').split('.').map(Number)
  assertOid(oid)
  return oid
}

export const formatOid = (oid: Oid): string => oid.join('.')

/** Lexicographic order: negative, zero or positive. */
export function compareOids(a: Oid, b: Oid): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function startsWith(oid: Oid, prefix: Oid): boolean {
  if (oid.length < prefix.length) return false
  for (let i = prefix.length - 1; i >= 0; i--) if (oid[i] !== prefix[i]) return false
  return true
}

/** @throws SPY_SNMP_VALUE when the array cannot be encoded. */
export function assertOid(oid: Oid): void {
  const [first, second] = oid
  const valid =
    oid.length >= 2 &&
    oid.length <= MAX_SUB_IDENTIFIERS &&
    oid.every((part) => Number.isInteger(part) && part >= 0 && part <= MAX_SUB_IDENTIFIER) &&
    first! <= 2 &&
    (first === 2 ? second! <= MAX_SUB_IDENTIFIER - 80 : second! < 40)
  if (!valid) throw fail('SPY_SNMP_VALUE', [formatOid(oid).slice(0, 80), 'OBJECT IDENTIFIER'])
}
