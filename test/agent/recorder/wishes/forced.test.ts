import { afterEach, expect, test } from 'vitest'
import { passedOnForced, setKeepSecret, wishOf } from '../../../../agent/src/recorder/wishes/forced.ts'

const TRACE = 'ab'.repeat(16)
const SECRET = 'a secret of a test'

afterEach(() => setKeepSecret(''))

test('only the whole secret forces, and nothing does without one', () => {
  expect(wishOf(TRACE, undefined, SECRET)).toBeUndefined()
  expect(wishOf(TRACE, undefined, '')).toBeUndefined()
  setKeepSecret(SECRET)
  expect(wishOf(TRACE, undefined, SECRET)).toBe('forced')
  for (const wrong of ['', SECRET.slice(1), `${SECRET} `, SECRET.toUpperCase(), [SECRET], 7, undefined]) {
    expect(wishOf(TRACE, undefined, wrong)).toBeUndefined()
  }
})

test('services with the same secret believe the proof, for this trace; others take it for a wish', () => {
  setKeepSecret(SECRET)
  const state = passedOnForced('x=1', TRACE)
  expect(state).toMatch(/^spyglass=k:f;m:[\da-f]{16},x=1$/)
  expect(state).not.toContain(SECRET)
  expect(wishOf(TRACE, state, undefined)).toBe('forced')
  expect(wishOf('cd'.repeat(16), state, undefined)).toBe('kept')
  setKeepSecret('another secret here')
  expect(wishOf(TRACE, state, undefined)).toBe('kept')
  setKeepSecret('')
  expect(wishOf(TRACE, state, undefined)).toBe('kept')
  for (const forged of ['', '0'.repeat(16), 'g'.repeat(16), '0'.repeat(15), '0'.repeat(17)]) {
    setKeepSecret('')
    expect(wishOf(TRACE, `spyglass=k:f;m:${forged}`, undefined)).toBe('kept')
    setKeepSecret(SECRET)
    expect(wishOf(TRACE, `spyglass=k:f;m:${forged}`, undefined)).toBe('kept')
  }
})
