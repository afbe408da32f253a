import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAt, cutText } from '../../../collector/src/native/cut-text.ts'

test('a text is cut between characters, and nothing is cut that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer({ min: 0, max: 60 }), (text, max) => {
      const whole = Buffer.from(text).toString() // without the halves of surrogates
      const cut = cutText(whole, max)
      expect(whole.startsWith(cut)).toBe(true)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max)
      const next = whole.codePointAt(cut.length)
      if (next !== undefined) expect(Buffer.byteLength(cut + String.fromCodePoint(next))).toBeGreaterThan(max)
    }),
  )
})

test.each([
  ['连'.repeat(400), 1024, 1023],
  ['😀'.repeat(3), 7, 4],
  ['a😀', 1, 1],
  ['é', 1, 0],
])('%s may have %d bytes and keeps %d', (text, max, kept) => {
  expect(Buffer.byteLength(cutText(text, max))).toBe(kept)
})

test('what is no UTF-8 is cut all the same', () => {
  expect(cutAt(Buffer.alloc(100, 0x80), 0, 100, 50)).toBe(50)
})
