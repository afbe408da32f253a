import { expect, test } from 'vitest'
import { createEngineClock, isTimely } from '../../../snmp-bridge/src/usm/engine-clock.ts'

test('engine time counts seconds since the start and stays at 2^31-1', () => {
  let now = 5000
  const clock = createEngineClock(Buffer.of(1), 1, () => now)
  expect(clock.time()).toBe(0)
  now += 2999
  expect(clock.time()).toBe(2)
  now = Number.MAX_SAFE_INTEGER
  expect(clock.time()).toBe(0x7fff_ffff)
})

test('timely is: the same boots, at most 150 s away', () => {
  const clock = createEngineClock(Buffer.of(1), 7, () => 0)
  expect(isTimely(clock, 7, 150)).toBe(true)
  expect(isTimely(clock, 7, 151)).toBe(false)
  expect(isTimely(clock, 6, 0)).toBe(false)
  expect(isTimely(clock, 8, 0)).toBe(false)
})
