import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { authenticate } from '../../../../collector/src/store/http/credentials.ts'

const expected = { reader: { user: 'ro', password: 'pass:word' }, token: 't'.repeat(43) }
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const none = new URLSearchParams()

test('the reader comes in by three ways, our own processes by their token', () => {
  expect(authenticate(basic('ro:pass:word'), none, expected)).toBe('reader')
  expect(authenticate({ 'x-clickhouse-user': 'ro', 'x-clickhouse-key': 'pass:word' }, none, expected)).toBe('reader')
  expect(authenticate({}, new URLSearchParams({ user: 'ro', password: 'pass:word' }), expected)).toBe('reader')
  expect(authenticate({ 'x-spyglass-token': expected.token }, none, expected)).toBe('own')
})

test('nothing given is code 194, anything wrong 516; a wrong token is not saved by right credentials', () => {
  expect(() => authenticate({}, none, expected)).toThrow(expect.objectContaining({ number: 194 }))
  expect(() => authenticate({ authorization: 'Bearer x' }, none, expected)).toThrow(expect.objectContaining({ number: 194 }))
  expect(() => authenticate({ ...basic('ro:pass:word'), 'x-spyglass-token': 'x' }, none, expected)).toThrow(
    expect.objectContaining({ number: 516 }),
  )
})

test('no other text is let in', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (text === 'ro:pass:word') return
      expect(() => authenticate(basic(text), none, expected)).toThrow(expect.objectContaining({ number: text === '' ? 194 : 516 }))
      expect(() => authenticate({ 'x-spyglass-token': text }, none, expected)).toThrow(expect.objectContaining({ number: 516 }))
    }),
  )
})
