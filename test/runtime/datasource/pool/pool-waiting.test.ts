/** Those that wait for a connection of a pool: time-outs, and when the pool counts as exhausted. */
import { expect, test } from 'vitest'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

const never = new Promise<void>(() => {})

test('each borrower times out at its own time', async () => {
  const { pool, clock, lend } = scriptedPool({ max: 1, acquireTimeoutMs: 5000 })
  await lend()
  const first = lend()
  clock.advance(2000)
  const second = lend()
  clock.advance(2999)
  expect(await outcomeOf(first)).toBe('waiting')
  clock.advance(1)
  await expect(first).rejects.toThrow(
    'pool shop: no connection within 5000 ms: 1 of 1 connections are lent and 1 other borrowers are waiting; the longest holder has had its connection for 5000 ms: shop.ts:7',
  )
  clock.advance(1999)
  expect(await outcomeOf(second)).toBe('waiting')
  clock.advance(1)
  expect(await outcomeOf(second)).toBe('SPY_POOL_TIMEOUT')
  expect([pool.waiting, pool.figures.timeouts]).toEqual([0, 2])
})

test('the pool looks at those that wait when the next of them is due, and not in between', async () => {
  const { clock, lend, lent } = scriptedPool({
    max: 1,
    acquireTimeoutMs: 5000,
    leakAfterMs: 600_000,
    idleTimeoutMs: 600_000,
    exhaustedAfterMs: 600_000,
  })
  const { borrow } = await lent()
  borrow.unregister = () => {}
  const waiting = [outcomeOf(lend())]
  clock.advance(2000)
  waiting.push(outcomeOf(lend()))
  const before = clock.rung
  clock.advance(4999)
  expect(clock.rung - before).toBeLessThanOrEqual(3)
  clock.advance(1)
  expect(clock.rung - before).toBeLessThanOrEqual(4)
  expect(await Promise.all(waiting)).toEqual(['SPY_POOL_TIMEOUT', 'SPY_POOL_TIMEOUT'])
})

test('the time-out of a borrower while a connection is opened says that nobody holds one', async () => {
  const { clock, lend, connects } = scriptedPool({ max: 1 })
  connects.push(never)
  const waiting = Promise.resolve(lend())
  clock.advance(5000)
  await expect(waiting).rejects.toThrow(
    '0 of 1 connections are lent and 0 other borrowers are waiting; the longest holder has had its connection for 0 ms: nobody',
  )
})

test('exhaustion is cleared by a connection that is closed or rolled back when it comes back, not only by one that is kept', async () => {
  for (const damage of ['broken', 'inTransaction'] as const) {
    const { pool, clock, told, lent, lend } = scriptedPool({ max: 1, acquireTimeoutMs: 10_000, leakAfterMs: 600_000 })
    const { borrow, connection } = await lent()
    borrow.unregister = () => {}
    const waiting = outcomeOf(lend())
    clock.advance(10_000)
    expect(await waiting).toBe('SPY_POOL_TIMEOUT')
    connection[damage] = true
    connection.answer = never
    pool.return(borrow)
    expect(told).toEqual(['exhausted', 'recovered'])
  }
})

test('exhaustion is cleared when the last that waited gives up while a connection could be opened', async () => {
  const { pool, clock, told, lent, lend, connects } = scriptedPool({ max: 1, acquireTimeoutMs: 15_000, leakAfterMs: 600_000 })
  connects.push(undefined, never)
  const { borrow, connection } = await lent()
  borrow.unregister = () => {}
  const waiting = outcomeOf(lend())
  clock.advance(10_000)
  connection.broken = true
  pool.return(borrow)
  expect(told).toEqual(['exhausted'])
  clock.advance(5000)
  expect([await waiting, told]).toEqual(['SPY_POOL_TIMEOUT', ['exhausted', 'recovered']])
})

test('exhaustion is raised when somebody has waited for its time, and cleared when a connection is free', async () => {
  const { pool, clock, told, lend } = scriptedPool({ max: 1, acquireTimeoutMs: 60_000, leakAfterMs: 600_000 })
  const borrow = await lend()
  borrow.unregister = () => {}
  const next = lend()
  clock.advance(9999)
  expect([told, pool.state]).toEqual([[], 'ok'])
  clock.advance(1)
  expect([told, pool.state]).toEqual([['exhausted'], 'exhausted'])
  pool.return(borrow)
  expect(told).toEqual(['exhausted'])
  pool.return(await next)
  expect([told, pool.state]).toEqual([['exhausted', 'recovered'], 'ok'])
})
