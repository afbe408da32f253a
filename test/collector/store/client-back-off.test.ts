import { expect, test } from 'vitest'
import { createClientBackOff } from '../../../collector/src/store/client-back-off.ts'

const at = (address: string, user = 'u') => ({ user, address })

function clocked() {
  let nowMs = 0
  const backOff = createClientBackOff({ now: () => nowMs })
  return { backOff, pass: (ms: number) => (nowMs += ms) }
}

test('a blamed client is kept away for 30 s, then twice as long each time, at most 15 minutes', () => {
  const { backOff, pass } = clocked()
  for (const seconds of [30, 60, 120, 240, 480, 900, 900]) {
    backOff.check(at('a'))
    backOff.blame(at('a'))
    expect(() => backOff.check(at('a'))).toThrow(expect.objectContaining({ number: 202, status: 503, retryAfterSeconds: seconds }))
    pass(seconds * 1000 - 1)
    expect(() => backOff.check(at('a'))).toThrow(expect.objectContaining({ retryAfterSeconds: 1 }))
    pass(1)
  }
  backOff.check(at('a'))
})

test('other clients are not touched, however often one is blamed', () => {
  const { backOff, pass } = clocked()
  for (let i = 0; i < 10; i++) backOff.blame(at('a'))
  backOff.check(at('b'))
  backOff.check(at('a', 'another user'))
  expect(backOff.size).toBe(1)
  pass(900_000)
  expect(backOff.size).toBe(0)
})

test('after an hour without blame it begins again', () => {
  const { backOff, pass } = clocked()
  backOff.blame(at('a'))
  backOff.blame(at('a'))
  pass(3_600_001)
  backOff.blame(at('a'))
  expect(() => backOff.check(at('a'))).toThrow(expect.objectContaining({ retryAfterSeconds: 30 }))
})

test('a user that is blamed from three addresses is kept away from all', () => {
  const { backOff, pass } = clocked()
  backOff.blame(at('a'))
  backOff.blame(at('b'))
  backOff.check(at('d'))
  backOff.blame(at('c'))
  expect(() => backOff.check(at('d'))).toThrow(expect.objectContaining({ retryAfterSeconds: 30 }))
  backOff.check(at('d', 'another user'))
  pass(30_000)
  backOff.check(at('d'))
})

test('a part of the server itself is kept away for 30 s each time, and no other part with it', () => {
  const { backOff, pass } = clocked()
  const part = (address: string) => ({ user: 'spyglass', address, isOwn: true })
  for (let i = 0; i < 6; i++) {
    for (const name of ['console', 'rules', 'more']) backOff.blame(part(name))
    backOff.check(part('inserts'))
    expect(() => backOff.check(part('console'))).toThrow(expect.objectContaining({ retryAfterSeconds: 30 }))
    pass(30_000)
    backOff.check(part('console'))
  }
})
