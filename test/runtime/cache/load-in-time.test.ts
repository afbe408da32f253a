import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { inBackground, loadInTime } from '../../../runtime/src/cache/load-in-time.ts'
import { ManualClock } from '../datasource/fixture.ts'

const limit = { timeoutMs: 100, late: () => new Error('late') }

test('a load is called at once; what it gives, throws or rejects with is its outcome', async () => {
  const clock = new ManualClock()
  let isCalled = false
  const given = loadInTime(() => ((isCalled = true), 7), limit, clock)
  expect([isCalled, await given]).toEqual([true, 7])
  const thrown = (): never => {
    throw new Error('thrown')
  }
  await expect(loadInTime(thrown, limit, clock)).rejects.toThrow('thrown')
  await expect(loadInTime(() => Promise.reject(new Error('rejected')), limit, clock)).rejects.toThrow('rejected')
  expect(clock.timers).toBe(0)
})

test('one that never ends is late, and what it rejects with later is nobody’s', async () => {
  const clock = new ManualClock()
  const { promise, reject } = Promise.withResolvers<number>()
  const late = Promise.allSettled([loadInTime(() => promise, limit, clock)])
  clock.advance(100)
  expect(await late).toMatchObject([{ reason: { message: 'late' } }])
  reject(new Error('later')) // an unhandled rejection would fail the run
})

test('what runs in the background has no context of a request, and its failure is quiet', async () => {
  const storage = new AsyncLocalStorage<string>()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  storage.run('request', () =>
    inBackground(async () => {
      resolve(storage.getStore())
      throw new Error('quiet')
    }),
  )
  expect(await promise).toBeUndefined()
})
