import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../../runtime/src/clock/index.ts'
import { withinOwnTime } from '../../../../runtime/src/datasource/group/own-time.ts'
import { ManualClock, turns } from '../fixture.ts'

const late = (): Error => new RangeError('late')

/** Its timers ring later than they should, as in a process whose event loop is held up. */
class HeldUpClock implements Clock {
  #now = 0
  #ring: (() => void) | undefined

  now(): number {
    return this.#now
  }

  after(_ms: number, fn: () => void): () => void {
    this.#ring = fn
    return () => (this.#ring = undefined)
  }

  /** Whether there was a timer. */
  ringAfter(ms: number): boolean {
    const ring = this.#ring
    this.#ring = undefined
    this.#now += ms
    ring?.()
    return ring !== undefined
  }
}

test('what comes in time is passed on, and its timer is gone', async () => {
  const clock = new ManualClock()
  expect(await withinOwnTime(clock, 100, Promise.resolve(7), late)).toBe(7)
  await expect(withinOwnTime(clock, 100, Promise.reject(new TypeError('no')), late)).rejects.toThrow(TypeError)
  expect(clock.timers).toBe(0)
})

test('what comes too late is an error', async () => {
  const clock = new ManualClock()
  const asked = withinOwnTime(clock, 100, new Promise(() => {}), late)
  clock.advance(99)
  await turns()
  expect(clock.timers).toBe(1)
  clock.advance(1)
  await expect(asked).rejects.toThrow(RangeError)
  expect(clock.timers).toBe(0)
})

test('an answer that is there when the time is over, and was not read yet, counts', async () => {
  const clock = new ManualClock()
  const answer = new Promise<number>((resolve) => void setImmediate(() => resolve(7)))
  const asked = withinOwnTime(clock, 100, answer, late)
  clock.advance(100)
  expect(await asked).toBe(7)
})

test('time in which the process was held up does not count, but the wait has an end', async () => {
  const clock = new HeldUpClock()
  const asked = withinOwnTime(clock, 500, new Promise(() => {}), late)
  let rung = 0
  while (clock.ringAfter(600)) rung++
  expect(rung).toBe(20)
  await expect(asked).rejects.toThrow(RangeError)
})

test('a real event loop that stands still for longer than the limit does not make an answer late', async () => {
  const asked = withinOwnTime(systemClock, 50, stat('.'), late)
  const until = performance.now() + 200
  while (performance.now() < until);
  expect((await asked).isDirectory()).toBe(true)
})
