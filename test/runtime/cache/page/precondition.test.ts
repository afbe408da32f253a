import { expect, test } from 'vitest'
import { conditionsOf, in304, isNotModified, isOfBody } from '../../../../runtime/src/cache/page/precondition.ts'

const fields = { etag: 'W/"a,b"', 'last-modified': 'Sat, 28 Nov 2026 03:00:00 GMT' }

test.each([
  ['"a,b"', true],
  ['W/"a,b"', true],
  ['"x", W/"a,b"', true],
  ['*', true],
  ['"a"', false],
  ['a,b', false],
  ['', false],
])('If-None-Match: %s', (match, isKnown) => {
  expect(isNotModified({ 'if-none-match': match }, fields)).toBe(isKnown)
})

test.each([
  ['Sat, 28 Nov 2026 03:00:00 GMT', true],
  ['Sat, 28 Nov 2026 04:00:00 GMT', true],
  ['Sat, 28 Nov 2026 02:59:59 GMT', false],
  ['yesterday', false],
])('If-Modified-Since: %s', (since, isKnown) => {
  expect(isNotModified({ 'if-modified-since': since }, fields)).toBe(isKnown)
  expect(isNotModified({ 'if-modified-since': since, 'if-none-match': '"other"' }, fields)).toBe(false) // which counts alone
  expect(isNotModified({ 'if-modified-since': since }, {})).toBe(false)
})

test('a request without them has no conditions, and without an ETag nothing is matched', () => {
  expect([conditionsOf({}), conditionsOf({ 'if-none-match': '"a"' })]).toEqual([undefined, { 'if-none-match': '"a"' }])
  expect(isNotModified({ 'if-none-match': '"a"' }, {})).toBe(false)
})

test('a 304 has what caches need, and nothing of the body', () => {
  expect(in304({ ...fields, 'content-type': 'text/html', vary: 'accept', 'x-own': '1' })).toEqual({ ...fields, vary: 'accept' })
  expect(['content-type', 'content-length', 'etag'].map(isOfBody)).toEqual([true, true, false])
})
