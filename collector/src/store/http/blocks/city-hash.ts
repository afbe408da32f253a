/**
 * CityHash128 of version 1.0.2, which ClickHouse puts before each compressed block. The arithmetic is that of 64-bit words, which BigInt
 * does three times slower: so each word is a register, two halves of 32 bits in one typed array, and each operation names its registers.
 */
const r = new Int32Array(64)

/** A register: the place of its low half; the high half is the next. */
type Word = number
const [X, Y, Z, V0, V1, W0, W1] = [0, 2, 4, 6, 8, 10, 12]
const [A, B, C, D, S, T] = [14, 16, 18, 20, 22, 24]
const constant = (place: Word, high: number, low: number): Word => {
  r[place] = low
  r[place + 1] = high
  return place
}
const K0 = constant(40, 0xc3a5c85c, 0x97cb3127)
const K1 = constant(42, 0xb492b66f, 0xbe98f273)
const K2 = constant(44, 0x9ae16a3b, 0x2f90404f)
const K3 = constant(46, 0xc949d7c7, 0x509e6557)
const MIX = constant(48, 0x9ddfea08, 0xeb382d69)

let view: DataView = new DataView(new ArrayBuffer(0))

function load(to: Word, offset: number): void {
  r[to] = view.getInt32(offset, true)
  r[to + 1] = view.getInt32(offset + 4, true)
}

function set(to: Word, value: number): void {
  r[to] = value
  r[to + 1] = 0
}

function copy(to: Word, a: Word): void {
  r[to] = r[a]!
  r[to + 1] = r[a + 1]!
}

function add(to: Word, a: Word, b: Word): void {
  const low = (r[a]! >>> 0) + (r[b]! >>> 0)
  r[to + 1] = r[a + 1]! + r[b + 1]! + (low > 0xffffffff ? 1 : 0)
  r[to] = low
}

function subtract(to: Word, a: Word, b: Word): void {
  const low = (r[a]! >>> 0) - (r[b]! >>> 0)
  r[to + 1] = r[a + 1]! - r[b + 1]! - (low < 0 ? 1 : 0)
  r[to] = low
}

function xor(to: Word, a: Word, b: Word): void {
  r[to] = r[a]! ^ r[b]!
  r[to + 1] = r[a + 1]! ^ r[b + 1]!
}

/** By halves of 16 bits, whose products fit exactly in a number. */
function multiply(to: Word, a: Word, b: Word): void {
  const [aLow, aHigh, bLow, bHigh] = [r[a]!, r[a + 1]!, r[b]!, r[b + 1]!]
  const [a0, a1, b0, b1] = [aLow & 0xffff, aLow >>> 16, bLow & 0xffff, bLow >>> 16]
  const first = Math.imul(a0, b0) >>> 0
  const second = a1 * b0 + (first >>> 16)
  const third = a0 * b1 + (second & 0xffff)
  const carried = a1 * b1 + Math.floor(second / 65536) + Math.floor(third / 65536)
  r[to] = (third << 16) | (first & 0xffff)
  r[to + 1] = carried + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)
}

/** To the right, by fewer than 64 bits. */
function rotate(to: Word, a: Word, bits: number): void {
  const [low, high] = bits & 32 ? [r[a + 1]!, r[a]!] : [r[a]!, r[a + 1]!]
  const [by, back] = [bits & 31, 32 - (bits & 31)]
  r[to] = by === 0 ? low : (low >>> by) | (high << back)
  r[to + 1] = by === 0 ? high : (high >>> by) | (low << back)
}

/** With itself, shifted by 47 bits. */
function shiftMix(to: Word, a: Word): void {
  r[to] = r[a]! ^ (r[a + 1]! >>> 15)
  r[to + 1] = r[a + 1]!
}

/** Two words become one; uses S and T. */
function fold(to: Word, low: Word, high: Word): void {
  copy(T, high)
  xor(S, low, high)
  multiply(S, S, MIX)
  shiftMix(S, S)
  xor(T, T, S)
  multiply(T, T, MIX)
  shiftMix(T, T)
  multiply(to, T, MIX)
}

/** The hash of at least 8 bytes, as 16 bytes. */
export function cityHash128(bytes: Uint8Array): Buffer {
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const { length } = bytes
  load(X, 0)
  if (length < 16) {
    set(A, length)
    multiply(A, A, K0)
    xor(X, X, A)
    load(Y, length - 8)
    xor(Y, Y, K1)
    return murmur(length, length)
  }
  xor(X, X, K3)
  load(Y, 8)
  return length - 16 < 128 ? murmur(16, length) : city(16, length)
}

function written(low: Word, high: Word): Buffer {
  const bytes = Buffer.alloc(16)
  for (const [at, half] of [low, low + 1, high, high + 1].entries()) bytes.writeInt32LE(r[half]!, at * 4)
  return bytes
}

/** Of fewer than 128 bytes, those from `start` to `end`; the seed is in X and Y. */
function murmur(start: number, end: number): Buffer {
  copy(A, X)
  copy(B, Y)
  if (end - start <= 16) murmurOfFew(start, end - start)
  else murmurOfMore(start, end)
  fold(A, A, C)
  fold(B, D, B)
  xor(X, A, B)
  fold(Y, B, A)
  return written(X, Y)
}

function murmurOfFew(start: number, length: number): void {
  multiply(A, A, K1)
  shiftMix(A, A)
  multiply(A, A, K1)
  hashOfFew(C, start, length)
  multiply(X, B, K1)
  add(C, C, X)
  if (length >= 8) load(D, start)
  else copy(D, C)
  add(D, A, D)
  shiftMix(D, D)
}

function murmurOfMore(start: number, end: number): void {
  load(C, end - 8)
  add(C, C, K1)
  fold(C, C, A)
  load(D, end - 16)
  add(D, C, D)
  set(X, end - start)
  add(X, B, X)
  fold(D, X, D)
  add(A, A, D)
  for (let s = start; s < end - 16; s += 16) {
    murmurStep(A, B, s)
    murmurStep(C, D, s + 8)
  }
}

function murmurStep(into: Word, beside: Word, offset: number): void {
  load(X, offset)
  multiply(X, X, K1)
  shiftMix(X, X)
  multiply(X, X, K1)
  xor(into, into, X)
  multiply(into, into, K1)
  xor(beside, beside, into)
}

/** Of at most 16 bytes; uses X and Y. */
function hashOfFew(to: Word, start: number, length: number): void {
  if (length > 8) {
    load(X, start + length - 8)
    set(Y, length)
    add(Y, X, Y)
    rotate(Y, Y, length)
    load(to, start)
    fold(to, to, Y)
    xor(to, to, X)
  } else if (length >= 4) {
    const first = view.getUint32(start, true)
    constant(X, first >>> 29, first << 3)
    set(Y, length)
    add(X, Y, X)
    set(Y, view.getUint32(start + length - 4, true))
    fold(to, X, Y)
  } else if (length > 0) {
    set(X, view.getUint8(start) + (view.getUint8(start + (length >> 1)) << 8))
    set(Y, length + (view.getUint8(start + length - 1) << 2))
    multiply(X, X, K2)
    multiply(Y, Y, K3)
    xor(X, X, Y)
    shiftMix(X, X)
    multiply(to, X, K2)
  } else copy(to, K2)
}

/** 32 bytes into a pair of words, seeded with A and B; uses T. */
function weak(first: Word, second: Word, offset: number): void {
  load(T, offset)
  add(A, A, T)
  load(T, offset + 24)
  add(B, B, A)
  add(B, B, T)
  rotate(B, B, 21)
  copy(C, A)
  load(T, offset + 8)
  add(A, A, T)
  load(T, offset + 16)
  add(A, A, T)
  rotate(T, A, 44)
  add(B, B, T)
  load(T, offset + 24)
  add(first, A, T)
  add(second, B, C)
}

/** Of 128 bytes or more, those from `start` to `end`; the seed is in X and Y. */
function city(start: number, end: number): Buffer {
  citySeed(start, end - start)
  const tail = (end - start) % 128
  for (let s = start; s < end - tail; s += 64) cityStep(s)
  rotate(T, W0, 37)
  multiply(T, T, K0)
  add(Y, Y, T)
  add(Y, Y, Z)
  add(T, V0, Z)
  rotate(T, T, 49)
  multiply(T, T, K0)
  add(X, X, T)
  // Pieces from the end; the last may begin before the tail does.
  for (let done = 32; done < tail + 32; done += 32) cityTail(end - done)
  fold(X, X, V0)
  fold(Y, Y, W0)
  add(A, X, V1)
  fold(A, A, W1)
  add(A, A, Y)
  add(B, X, W1)
  add(C, Y, V1)
  fold(B, B, C)
  return written(A, B)
}

function citySeed(start: number, length: number): void {
  set(Z, length)
  multiply(Z, Z, K1)
  xor(V0, Y, K1)
  rotate(V0, V0, 49)
  multiply(V0, V0, K1)
  load(T, start)
  add(V0, V0, T)
  rotate(V1, V0, 42)
  multiply(V1, V1, K1)
  load(T, start + 8)
  add(V1, V1, T)
  add(W0, Y, Z)
  rotate(W0, W0, 35)
  multiply(W0, W0, K1)
  add(W0, W0, X)
  load(W1, start + 88)
  add(W1, X, W1)
  rotate(W1, W1, 53)
  multiply(W1, W1, K1)
}

function cityStep(s: number): void {
  load(T, s + 16)
  add(X, X, Y)
  add(X, X, V0)
  add(X, X, T)
  rotate(X, X, 37)
  multiply(X, X, K1)
  xor(X, X, W1)
  load(T, s + 48)
  add(Y, Y, V1)
  add(Y, Y, T)
  rotate(Y, Y, 42)
  multiply(Y, Y, K1)
  xor(Y, Y, V0)
  xor(Z, Z, W0)
  rotate(Z, Z, 33)
  multiply(A, V1, K1)
  add(B, X, W0)
  weak(V0, V1, s)
  add(A, Z, W1)
  copy(B, Y)
  weak(W0, W1, s + 32)
  copy(T, X)
  copy(X, Z)
  copy(Z, T)
}

function cityTail(from: number): void {
  subtract(Y, Y, X)
  rotate(Y, Y, 42)
  multiply(Y, Y, K0)
  add(Y, Y, V1)
  load(T, from + 16)
  add(W0, W0, T)
  rotate(X, X, 49)
  multiply(X, X, K0)
  add(X, X, W0)
  add(W0, W0, V0)
  copy(A, V0)
  copy(B, V1)
  weak(V0, V1, from)
}
