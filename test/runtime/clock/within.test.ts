import { expect, test } from 'vitest'
import { within } from '../../../runtime/src/clock/within.ts'
import { ManualClock, turns } from '../datasource/fixture.ts'

test('what comes in time is passed on, and its timer is gone', async () => {
  const clock = new ManualClock()
  expect(await within(clock, 100, Promise.resolve(7), () => new RangeError('late'))).toBe(7)
  await expect(within(clock, 100, Promise.reject(new TypeError('no')), () => new RangeError('late'))).rejects.toThrow(TypeError)
  await turns()
  expect(clock.timers).toBe(0)
})

test('what comes too late is an error', async () => {
  const clock = new ManualClock()
  const late = within(clock, 100, new Promise(() => {}), () => new RangeError('late'))
  clock.advance(100)
  await expect(late).rejects.toThrow(RangeError)
})
