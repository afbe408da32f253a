import { expect, test } from 'vitest'
import { Alarm, systemClock } from '../../../runtime/src/clock/clock.ts'
import { ManualClock } from '../datasource/fixture.ts'

test('an alarm has one timer and rings at the earliest time it was asked for', () => {
  const clock = new ManualClock()
  const rung: number[] = []
  const start = clock.now()
  const alarm = new Alarm(clock, () => rung.push(clock.now() - start))
  for (const ms of [500, 100, 900, Number.POSITIVE_INFINITY]) alarm.notAfter(start + ms)
  expect(clock.timers).toBe(1)
  clock.advance(2000)
  expect(rung).toEqual([100])
  alarm.notAfter(clock.now() + 50)
  alarm.stop()
  clock.advance(100)
  expect(rung).toEqual([100])
})

test('a time that has passed rings at once, not never', () => {
  const clock = new ManualClock()
  let rung = 0
  new Alarm(clock, () => rung++).notAfter(clock.now() - 10)
  clock.advance(1)
  expect(rung).toBe(1)
})

test('the clock of the system calls once, and not after it was cancelled', async () => {
  const cancelled = { called: false }
  systemClock.after(1, () => (cancelled.called = true))()
  await new Promise<void>((resolve) => systemClock.after(3, resolve))
  expect(cancelled.called).toBe(false)
})
