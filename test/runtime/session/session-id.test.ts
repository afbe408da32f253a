import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSessionId, newSessionId, signedValue, verifiedId } from '../../../runtime/src/session/session-id.ts'

const [key, other] = ['a'.repeat(43), 'b'.repeat(43)]

test('an id has 192 random bits, and no two are the same', () => {
  const ids = Array.from({ length: 100 }, newSessionId)
  expect(new Set(ids).size).toBe(100)
  expect(ids.every(isSessionId)).toBe(true)
  expect(Buffer.from(ids[0]!, 'base64url')).toHaveLength(24)
})

test('what one of the keys has signed is accepted, whichever it is', () => {
  const id = newSessionId()
  for (const keys of [[key], [other, key]]) expect(verifiedId(signedValue(id, key), keys)).toEqual({ id })
  expect(verifiedId(signedValue(id, key), [other])).toEqual({ rejected: 'forged' })
})

test('a signature is for one id alone', () => {
  const [, signature] = signedValue(newSessionId(), key).split('.')
  expect(verifiedId(`${newSessionId()}.${signature}`, [key])).toEqual({ rejected: 'forged' })
})

test('what is longer than any value that was given out is not even looked at', () => {
  expect(verifiedId(`${signedValue(newSessionId(), key)}x`, [key])).toEqual({ rejected: 'oversized' })
  expect(verifiedId('x'.repeat(1_000_000), [key])).toEqual({ rejected: 'oversized' })
})

test('nothing else is accepted, and nothing throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 90 }), (value) => {
      expect(verifiedId(value, [key])).toHaveProperty('rejected')
    }),
  )
})

test('one changed character makes it forged', () => {
  const value = signedValue(newSessionId(), key)
  for (let at = 0; at < value.length - 1; at++) {
    const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
    expect(verifiedId(changed, [key])).toEqual({ rejected: 'forged' })
  }
})
