import { expect, test } from 'vitest'
import { openShop, settings, turns } from '../fixture.ts'

test('a higher maximum serves borrowers that wait already', async () => {
  await using pool = await openShop({ max: 1 })
  using _ = await pool.shop.connect()
  const waiting = pool.shop.connect()
  await turns()
  expect(pool.read('waitingBorrowers')).toBe(1)
  pool.configure({ ...settings, max: 2 })
  using second = await waiting
  expect(await second.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(pool.read('maxConnections')).toBe(2)
})

test('a lower maximum closes idle connections now and lent ones when they come back', async () => {
  await using pool = await openShop({ max: 4, maxWaiting: 10 })
  const lent = await Promise.all([1, 2, 3, 4].map(() => pool.shop.connect()))
  lent[0]?.release()
  await turns()
  pool.configure({ ...settings, max: 1 })
  expect([pool.read('idleConnections'), pool.read('activeConnections')]).toEqual([0, 3])
  const waiting = pool.shop.query('SELECT 1 AS one')
  for (const connection of lent.slice(1)) connection.release()
  expect(await waiting).toEqual([{ one: 1 }])
  expect(Number(pool.read('created')) - Number(pool.read('closed'))).toBe(1)
})

test('a higher minimum opens connections, and a shorter time-out counts for those who wait', async () => {
  await using pool = await openShop({ min: 0, max: 1, acquireTimeoutMs: 60_000 })
  using _ = await pool.shop.connect()
  const refusal = pool.shop.query('SELECT 1').catch((error: unknown) => error)
  await turns()
  pool.configure({ ...settings, max: 1, acquireTimeoutMs: 1000 })
  pool.clock.advance(1000)
  expect(await refusal).toMatchObject({ code: 'SPY_POOL_TIMEOUT' })
  pool.configure({ ...settings, min: 3, max: 3 })
  await expect.poll(() => pool.read('idleConnections')).toBe(2)
})

test('exhaustion and leaks go by the times that are set now', async () => {
  await using pool = await openShop({ max: 1, exhaustedAfterMs: 60_000, leakAfterMs: 60_000, acquireTimeoutMs: 60_000 })
  using _ = await pool.shop.connect()
  const waiting = pool.shop.query('SELECT 1')
  await turns()
  pool.configure({ ...settings, max: 1, exhaustedAfterMs: 2000, leakAfterMs: 3000, acquireTimeoutMs: 60_000 })
  pool.clock.advance(2000)
  expect(pool.read('state')).toBe('exhausted')
  pool.clock.advance(1000)
  expect(pool.read('leakedNow')).toBe(1)
  pool.configure({ ...settings, max: 2 })
  expect(await waiting).toHaveLength(1)
})
