import { expect, test } from 'vitest'
import { createLoginLimiter } from '../../../collector/src/console/login-limiter.ts'

test('after five failures in a minute an address waits until the first of them is a minute old; another address does not', () => {
  let now = 0
  const limiter = createLoginLimiter({ now: () => now })
  for (let i = 0; i < 5; i++) {
    expect(limiter.waitMs('a')).toBe(0)
    limiter.failed('a')
    now += 1000
  }
  expect(limiter.waitMs('a')).toBe(55_000)
  expect(limiter.waitMs('b')).toBe(0)
  now = 60_000
  expect(limiter.waitMs('a')).toBe(0)
  limiter.failed('a')
  expect(limiter.waitMs('a')).toBe(1000)
})
