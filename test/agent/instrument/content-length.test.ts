import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentLengthIn, contentLengthOf } from '../../../agent/src/instrument/content-length.ts'

test('the size is found as text and as bytes, in any case', () => {
  expect(contentLengthIn(['a', '1', 'Content-Length', '12'])).toBe(12)
  expect(contentLengthIn(['x-value', 'content-length', 'CONTENT-LENGTH', '7'].map((text) => Buffer.from(text)))).toBe(7)
  expect(contentLengthOf(0)).toBe(0)
})

test('bytes say the same as their text', () => {
  const value = fc.oneof(fc.nat().map(String), fc.constantFrom('', '007', '+1', '1e3', ' 12', '9007199254740993'), fc.string())
  fc.assert(
    fc.property(value, (text) => {
      const bytes = ['Content-Length', text].map((part) => Buffer.from(part))
      expect(contentLengthIn(bytes)).toBe(contentLengthIn(['content-length', Buffer.from(text).toString()]))
    }),
  )
})

test('anything else is no size', () => {
  expect([contentLengthIn([]), contentLengthOf(undefined), contentLengthOf('x'), contentLengthOf(['1'])]).toEqual([-1, -1, -1, -1])
  fc.assert(fc.property(fc.array(fc.string()), (headers) => contentLengthIn(headers) >= -1))
})
