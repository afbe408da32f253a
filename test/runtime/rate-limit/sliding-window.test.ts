import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlidingWindow } from '../../../runtime/src/rate-limit/sliding-window.ts'

const limit = { max: 3, windowMs: 1000, maxKeys: 1000 }

test('as many as allowed pass, and more when the first of them have left the window', () => {
  const window = new SlidingWindow()
  const take = (now: number) => window.take('a', limit, now)
  expect([take(5000), take(5050), take(5150)].map(({ isAllowed, remaining }) => [isAllowed, remaining])).toEqual([
    [true, 2],
    [true, 1],
    [true, 0],
  ])
  expect(take(5200)).toEqual({ isAllowed: false, remaining: 0, inMs: 900 })
  expect(take(6099).isAllowed).toBe(false)
  expect(take(6100)).toMatchObject({ isAllowed: true, remaining: 1 })
})

test('one key does not count for another; one that is forgotten has taken nothing', () => {
  const window = new SlidingWindow()
  for (const key of ['a', 'a', 'a', 'b']) expect(window.take(key, limit, 1).isAllowed).toBe(true)
  expect(window.take('a', limit, 2).isAllowed).toBe(false)
  expect([window.forget('a'), window.forget('c'), window.take('a', limit, 3).isAllowed]).toEqual([true, false, true])
})

test('in no stretch of time as long as the window are more allowed than the limit says; who waits as told is allowed', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 8 }), (gaps, max) => {
      const window = new SlidingWindow()
      const allowed: number[] = []
      let now = 1_000_000
      for (const gap of gaps) {
        now += gap
        const taken = window.take('a', { ...limit, max }, now)
        if (taken.isAllowed) allowed.push(now)
        expect(allowed.filter((at) => at > now - limit.windowMs).length).toBeLessThanOrEqual(max)
        if (taken.isAllowed) continue
        expect(allowed.filter((at) => at > now - 1.1 * limit.windowMs).length).toBeGreaterThanOrEqual(max)
        now += taken.inMs
        expect(window.take('a', { ...limit, max }, now).isAllowed).toBe(true)
        allowed.push(now)
      }
    }),
  )
})

test('a million forged keys take no more memory than configured, and one that was known before has its own count still', () => {
  const window = new SlidingWindow()
  window.take('known', limit, 1)
  for (let i = 0; i < 1_000_000; i++) window.take(`forged ${i}`, limit, 2)
  expect(window.size).toBeLessThanOrEqual(1000 + 65_536)
  expect(window.take('known', limit, 3)).toMatchObject({ isAllowed: true, remaining: 1 })
})

test('keys that are not seen any more are dropped', () => {
  const window = new SlidingWindow()
  for (let i = 0; i < 500; i++) window.take(`once ${i}`, limit, i)
  window.take('a', limit, 10_000)
  expect(window.size).toBe(1)
})

test('the top ones are those with the most refusals, then with the most requests', () => {
  const window = new SlidingWindow()
  for (const [key, times] of Object.entries({ a: 1, b: 5, c: 3, d: 2 })) for (let i = 0; i < times; i++) window.take(key, limit, 100)
  expect(window.top(3, 200)).toEqual([
    { key: 'b', taken: 3, refused: 2 },
    { key: 'c', taken: 3, refused: 0 },
    { key: 'd', taken: 2, refused: 0 },
  ])
  expect(new SlidingWindow().top(3, 0)).toEqual([])
})

test('another window begins with nothing taken; another maximum counts what was', () => {
  const window = new SlidingWindow()
  for (let i = 0; i < 3; i++) window.take('a', limit, 1)
  expect(window.take('a', { ...limit, max: 4 }, 2).isAllowed).toBe(true)
  expect(window.take('a', { ...limit, windowMs: 2000 }, 3)).toMatchObject({ isAllowed: true, remaining: 2 })
})
