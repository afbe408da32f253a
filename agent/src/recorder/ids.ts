/**
 * Random ids for traces and spans. They name things and guard nothing, so the engine's generator is good enough and costs least. Many
 * are made at once: an id is a slice of one long text, so that it costs neither a conversion nor the joining of its digits later.
 */

const WORDS = 1024
const WORD = 0x1_0000_0000
const words = new Uint32Array(WORDS)
const bytes = Buffer.from(words.buffer)

let digits = ''
let used = 0

function take(length: number): string {
  if (used + length > digits.length) refill()
  used += length
  return digits.slice(used - length, used)
}

function refill(): void {
  for (let at = 0; at < WORDS; at++) words[at] = Math.random() * WORD
  digits = bytes.toString('hex')
  used = 0
}

export function newTraceId(): string {
  return take(32)
}

export function newSpanId(): string {
  return take(16)
}
