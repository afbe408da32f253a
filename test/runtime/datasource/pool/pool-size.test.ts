/** How a pool grows, shrinks and renews its connections over time. */
import { expect, test } from 'vitest'
import { turns } from '../fixture.ts'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

test('a start opens the initial number, and what is not needed of it is closed down to the minimum', async () => {
  const { pool, clock, asked } = scriptedPool({ initial: 5, min: 2, max: 8, idleTimeoutMs: 60_000 })
  await pool.start()
  expect([asked(), pool.idle]).toEqual([5, 5])
  pool.configure({ ...pool.settings, max: 9 })
  expect(asked()).toBe(5)
  clock.advance(60_001)
  expect([asked(), pool.idle]).toEqual([5, 2])
})

test('a datasource that is required opens one connection though it keeps none', async () => {
  const { pool, asked } = scriptedPool({ required: true, min: 0 })
  await pool.start()
  expect(asked()).toBe(1)
})

test('a pool grows by a whole step', async () => {
  const { pool, lend, asked } = scriptedPool({ max: 10, step: 4 })
  await lend()
  expect([asked(), pool.size]).toEqual([4, 4])
  await turns()
  expect(pool.idle).toBe(3)
})

test('with growWaitMs a pool waits for its connections to come back before it opens more', async () => {
  const { pool, clock, lend, asked } = scriptedPool({ max: 10, step: 2, growWaitMs: 50, min: 1 })
  await pool.start()
  const [first, second] = [await lend(), lend()]
  clock.advance(49)
  expect([asked(), await outcomeOf(second)]).toEqual([1, 'waiting'])
  pool.return(first)
  await second
  const third = lend()
  clock.advance(49)
  expect([asked(), await outcomeOf(third)]).toEqual([1, 'waiting'])
  clock.advance(1)
  expect([asked(), await outcomeOf(third)]).toEqual([3, 'lent'])
  expect([pool.size, pool.idle]).toEqual([3, 1])
})

test('a pool whose waits were long grows at once, one step at a time', async () => {
  const { pool, clock, lend, asked } = scriptedPool({ max: 10, step: 2, growWaitMs: 50, min: 1 })
  await pool.start()
  await lend()
  const late = lend()
  clock.advance(50)
  await late
  await lend() // the last of the step
  expect(asked()).toBe(3)
  pool.configure({ ...pool.settings, growWaitMs: 40 }) // percentiles are those of buckets
  const waiting = [1, 2, 3, 4, 5].map(() => lend())
  expect(asked()).toBe(5)
  for (const lent of waiting.slice(0, 2)) await lent
  await turns()
  expect(pool.size).toBe(9)
  expect(await Promise.all(waiting.map(outcomeOf))).toEqual(['lent', 'lent', 'lent', 'lent', 'lent'])
})

test('a connection that is too old is closed when it is idle, and the minimum is kept', async () => {
  const { pool, clock, connections, asked } = scriptedPool({ min: 2, maxLifetimeMs: 100_000 })
  await pool.start()
  clock.advance(90_000)
  expect(asked()).toBe(2)
  clock.advance(10_000)
  await turns()
  expect([asked(), pool.idle, connections.map(({ closed }) => closed.length)]).toEqual([4, 2, [1, 1, 0, 0]])
})

test('a lent connection that is too old is closed when it comes back, and its successor goes to who waits', async () => {
  const { pool, clock, lend, lent, connections } = scriptedPool({ max: 1, maxLifetimeMs: 10_000, acquireTimeoutMs: 600_000 })
  const { borrow, connection } = await lent()
  const next = lend()
  clock.advance(10_000)
  expect([connection.closed, await outcomeOf(next)]).toEqual([[], 'waiting'])
  pool.return(borrow)
  expect((await next).entry.connection).toBe(connections[1])
  expect(connection.closed).toEqual([1000])
})

test('the minimum is restored a second after a borrower closed its connection', async () => {
  const { pool, clock, lend, asked } = scriptedPool({ min: 1 })
  await pool.start()
  const borrow = await lend()
  borrow.isDiscarded = true
  pool.return(borrow)
  expect([pool.size, asked()]).toEqual([0, 1])
  clock.advance(1000)
  await turns()
  expect([pool.idle, asked()]).toEqual([1, 2])
})

test('a connection is validated after the idle time that is set', async () => {
  const { pool, clock, lend, lent } = scriptedPool({ validateAfterIdleMs: 500 })
  const { borrow, connection } = await lent()
  pool.return(borrow)
  clock.advance(500)
  pool.return(await lend())
  expect(connection.validated).toBe(0)
  clock.advance(501)
  pool.return(await lend())
  expect(connection.validated).toBe(1)
})
