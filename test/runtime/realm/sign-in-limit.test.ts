import { expect, test } from 'vitest'
import { SignInLimit } from '../../../runtime/src/realm/sign-in-limit.ts'

function opened() {
  const time = { now: 0 }
  const limit = new SignInLimit(() => time.now)
  /** Guesses wrong as soon as it is allowed; gives how long each had to wait. */
  const wrong = (user: string, address: string, times = 1): readonly number[] =>
    Array.from({ length: times }, () => {
      const owed = limit.owedMs({ user, address })
      time.now += owed
      limit.count({ user, address })
      return owed
    })
  return { time, limit, wrong }
}

const many = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`)

test('after five wrong guesses a user waits a second, then twice as long each time, up to 30 s', () => {
  const { wrong } = opened()
  expect(wrong('ann', '1.1.1.1', 13)).toEqual([0, 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('guesses from everywhere count for the user, under each spelling of the name', () => {
  const { limit, wrong } = opened()
  many(4).forEach((address, i) => wrong(['ann', 'ANN', ' Ann', 'ａｎｎ'][i]!, address))
  wrong('ann', '2.2.2.2')
  expect(limit.owedMs({ user: 'aNN', address: '3.3.3.3' })).toBe(1000)
  expect(limit.owedMs({ user: 'bob', address: '3.3.3.3' })).toBe(0)
})

test('neither accents nor what nobody sees make another user', () => {
  const { limit, wrong } = opened()
  const spellings = ['ánn', 'a\u00adnn', 'a\u200Bnn', 'Änn', 'a n n']
  many(5).forEach((address, i) => wrong(spellings[i]!, address))
  expect(limit.owedMs({ user: 'ann', address: '3.3.3.3' })).toBe(1000)
})

test('who signs in to an account of a like name takes back nothing that was guessed for another', () => {
  const { limit, wrong } = opened()
  wrong('ann', '1.1.1.1', 5)
  limit.right({ user: 'Ann', address: '1.1.1.1' })
  expect(limit.owedMs({ user: 'ann', address: '1.1.1.1' })).toBe(1000)
})

test('who tries many names waits as well, and an IPv6 network is one client', () => {
  const { limit, wrong } = opened()
  for (let i = 0; i < 20; i++) wrong(`user${i}`, `2001:db8::${i}`)
  expect(limit.owedMs({ user: 'ann', address: '2001:db8::ffff' })).toBe(1000)
  expect(limit.owedMs({ user: 'ann', address: '2001:db8:1::1' })).toBe(0)
})

test('who has signed in from a network waits there neither for guesses from elsewhere nor for those at others', () => {
  const { limit, wrong } = opened()
  const atHome = { user: 'ann', address: '1.1.1.1' }
  limit.right(atHome)
  for (const address of many(50)) wrong('ann', address)
  expect(limit.owedMs({ user: 'ann', address: '4.4.4.4' })).toBeGreaterThan(0)
  for (let i = 0; i < 50; i++) wrong(`user${i}`, '1.1.1.1')
  expect(limit.owedMs(atHome)).toBe(0)
  wrong('ann', '1.1.1.1', 5)
  expect(limit.owedMs(atHome)).toBe(1000)
  limit.right(atHome)
  expect(limit.owedMs(atHome)).toBe(0)
})

test('however long it is guessed, the wait is 30 s at most, and half an hour later all is forgotten', () => {
  const { limit, wrong, time } = opened()
  wrong('ann', '1.1.1.1', 500)
  expect(limit.owedMs({ user: 'ann', address: '2.2.2.2' })).toBe(30_000)
  time.now += 30_000
  expect(limit.owedMs({ user: 'ann', address: '2.2.2.2' })).toBe(0)
  time.now += 1_770_000
  expect(wrong('ann', '2.2.2.2', 6)).toEqual([0, 0, 0, 0, 0, 1000])
})

test('a typo now and then never makes a network wait', () => {
  const { wrong, time } = opened()
  for (let i = 0; i < 1000; i++) {
    expect(wrong(`user${i}`, '1.1.1.1')).toEqual([0])
    time.now += 10_000
  }
})

test('what is taken back makes nobody wait longer, also if others guess at the same time', () => {
  const { limit, wrong, time } = opened()
  wrong('ann', '1.1.1.1', 6)
  time.now += 2000
  const guess = { user: 'ann', address: '1.1.1.1' }
  const takeBack = limit.count(guess)
  expect(limit.owedMs(guess)).toBe(4000)
  takeBack()
  expect(limit.owedMs(guess)).toBe(0)
  const other = limit.count({ user: 'bob', address: '2.2.2.2' })
  wrong('bob', '2.2.2.2', 4)
  other()
  expect(limit.owedMs({ user: 'bob', address: '2.2.2.2' })).toBe(0)
})
