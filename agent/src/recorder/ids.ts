/**
 * Random ids for traces and spans. They name things and guard nothing, so a small generator is good enough: xoshiro128** of Blackman and Vigna
 * (https://prng.di.unimi.it), seeded by the engine's own, which would allocate a number for each call. Many
 * are made at once: an id is a slice of one long text, so that it costs neither a conversion nor the joining of its digits later.
 */

const WORDS = 1024
const WORD = 0x1_0000_0000
/** A state of zeros alone would stay so. */
const state = Uint32Array.from([1, 0, 0, 0], (least) => Math.max(least, Math.random() * WORD))
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
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let at = 0; at < WORDS; at++) {
    words[at] = Math.imul(rotated(Math.imul(b, 5), 7), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotated(d, 11)
  }
  state.set([a, b, c, d])
  digits = bytes.toString('hex')
  used = 0
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

export function newTraceId(): string {
  return take(32)
}

export function newSpanId(): string {
  return take(16)
}
