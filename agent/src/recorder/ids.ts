/** Random ids for traces and spans. They name things and guard nothing, so the engine's generator is good enough and costs least. */

const HEX = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'))
const WORD = 0x1_0000_0000

function hex32(): string {
  const value = (Math.random() * WORD) >>> 0
  return (HEX[value >>> 16] ?? '') + (HEX[value & 0xffff] ?? '')
}

export function newTraceId(): string {
  return hex32() + hex32() + hex32() + hex32()
}

export function newSpanId(): string {
  return hex32() + hex32()
}
