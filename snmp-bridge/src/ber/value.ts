/** Values of variable bindings (RFC 3416 §3). */
import type { Oid } from './oid.ts'

export type SnmpValue =
  | { readonly type: 'integer' | 'counter32' | 'gauge32' | 'timeTicks'; readonly value: number }
  | { readonly type: 'counter64'; readonly value: bigint }
  | { readonly type: 'octets' | 'ipAddress' | 'opaque'; readonly value: Uint8Array }
  | { readonly type: 'oid'; readonly value: Oid }
  | { readonly type: 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' }

export interface Varbind {
  readonly oid: Oid
  readonly value: SnmpValue
}

const MAX_COUNTER32 = 2 ** 32
const MAX_COUNTER64 = 2n ** 64n

export const integer = (value: number): SnmpValue => ({ type: 'integer', value })
/** Values outside the range are clamped, as RFC 2578 §7.1.7 says of gauges. */
export const gauge32 = (value: number): SnmpValue => ({ type: 'gauge32', value: clamp(value) })
/** Wraps at 2^32. */
export const counter32 = (value: number): SnmpValue => ({ type: 'counter32', value: Math.max(0, Math.floor(value)) % MAX_COUNTER32 })
/** Wraps at 2^64. */
export const counter64 = (value: number | bigint): SnmpValue => ({
  type: 'counter64',
  value: typeof value === 'bigint' ? (value < 0n ? 0n : value % MAX_COUNTER64) : BigInt(Math.max(0, Math.floor(value))) % MAX_COUNTER64,
})
/** Hundredths of a second; wraps at 2^32 (497 days). */
export const timeTicks = (hundredths: number): SnmpValue => ({
  type: 'timeTicks',
  value: Math.max(0, Math.floor(hundredths)) % MAX_COUNTER32,
})
export const octets = (value: Uint8Array): SnmpValue => ({ type: 'octets', value })
export const text = (value: string): SnmpValue => ({ type: 'octets', value: Buffer.from(value, 'utf8') })
export const oidValue = (value: Oid): SnmpValue => ({ type: 'oid', value })

const clamp = (value: number): number => Math.min(MAX_COUNTER32 - 1, Math.max(0, Math.round(value)))
