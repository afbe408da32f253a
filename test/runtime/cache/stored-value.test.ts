import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kept, storedFrom, storedOf } from '../../../runtime/src/cache/stored-value.ts'

const value = fc.anything({
  withDate: true,
  withMap: true,
  withSet: true,
  withBigInt: true,
  withTypedArray: true,
  withNullPrototype: false,
})

test('what is stored is read as it was, here and from bytes, and each reader has a copy', () => {
  fc.assert(
    fc.property(value, (given) => {
      const stored = storedOf(given)
      const copies = [stored.read(), storedFrom(Buffer.from(stored.bytes())).read()]
      for (const copy of copies) {
        expect(isDeepStrictEqual(copy, given)).toBe(true)
        if (typeof given === 'object' && given !== null) expect(copy).not.toBe(given)
      }
      expect(stored.isMissing).toBe(given === undefined || given === null)
    }),
  )
})

test('a large value is read as it was as well, and what a reader changes is his', () => {
  const given = { bytes: Buffer.alloc(10_000, 7), text: 'ü'.repeat(3000) }
  const stored = storedOf(given)
  ;(stored.read() as typeof given).bytes.fill(0)
  expect([stored.read(), storedFrom(stored.bytes()).read(), stored.size > 13_000]).toEqual([given, given, true])
})

test('a part of something large does not keep all of it', () => {
  const chunk = Buffer.concat([Buffer.alloc(60_000), storedOf({ bytes: Buffer.alloc(8000) }).bytes()])
  const stored = storedFrom(chunk.subarray(60_000))
  expect(stored.bytes().buffer.byteLength).toBeLessThan(10_000)
})

test('a reader who changes the bytes of an array changes no other copy', () => {
  const stored = storedOf({ bytes: Buffer.from('abc') })
  ;(stored.read() as { bytes: Buffer }).bytes.fill(0)
  expect(stored.read()).toEqual({ bytes: Buffer.from('abc') })
})

test.each([
  ['a function', () => 1],
  ['one inside', { run: () => 1 }],
  ['a symbol', Symbol('a')],
  ['a promise', Promise.resolve(1)],
  ['a response', new Response('a')],
  ['a weak map', new WeakMap()],
])('%s cannot be stored', (_, given) => {
  expect(() => storedOf(given)).toThrow(Error)
})

test('damaged bytes are an error, and what is kept as it is has the size that is given', () => {
  expect(() => storedFrom(Buffer.from('garbage'))).toThrow(Error)
  const page = { body: Buffer.alloc(10) }
  expect([kept(page, 10).read() === page, kept(page, 10).size]).toEqual([true, 10])
})
