/** Connections that are held long or never come back. */
import { expect, test, vi } from 'vitest'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

test('a connection is held long after a second, and leaked at its time when nothing runs on it', async () => {
  const { pool, clock, told, lend } = scriptedPool()
  const borrow = await lend()
  clock.advance(999)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual(['held long'])
  borrow.unregister = () => void told.push('unregistered')
  clock.advance(28_999)
  expect(told).toEqual(['held long'])
  clock.advance(1)
  clock.advance(60_000)
  expect(told).toEqual(['held long', 'leaked'])
  expect([pool.figures.leaks, borrow.leaked]).toEqual([1, true])
  pool.return(borrow)
  expect(told).toEqual(['held long', 'leaked', 'unregistered', 'leak returned'])
})

test('a leak time under a second is kept to the millisecond', async () => {
  const { clock, told, lend } = scriptedPool({ leakAfterMs: 500 })
  await lend()
  clock.advance(499)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual(['leaked'])
})

test('the timer of a pool rings only when something is due: a long borrow, then its leak', async () => {
  const { clock, told, lend } = scriptedPool({ max: 1, acquireTimeoutMs: 300, exhaustedAfterMs: 600_000 })
  const borrow = await lend()
  const late = outcomeOf(lend())
  const timers = vi.spyOn(clock, 'after')
  clock.advance(999)
  expect([await late, timers.mock.calls.length]).toEqual(['SPY_POOL_TIMEOUT', 2]) // after the time-out: for exhaustion, then the long borrow
  clock.advance(1)
  borrow.unregister = () => {}
  clock.advance(1)
  timers.mockClear()
  clock.advance(30_000 - 1002)
  expect([told, timers.mock.calls.length]).toEqual([['held long'], 0])
  clock.advance(1)
  expect(told.at(-1)).toBe('leaked')
})

test('while a statement runs a connection is not leaked, and a second after it ended it is', async () => {
  const { pool, clock, told, lend } = scriptedPool()
  const borrow = await lend()
  borrow.unregister = () => {}
  pool.statementStarted(borrow, 'SELECT 1')
  clock.advance(30_000)
  const looks = vi.spyOn(clock, 'after')
  clock.advance(60_000)
  expect([told, looks.mock.calls.length]).toEqual([[], 60])
  pool.statementEnded(borrow)
  clock.advance(1000)
  expect(told).toEqual(['leaked'])
  expect([borrow.text, borrow.system, borrow.running]).toEqual(['SELECT 1', 'sqlite', 0])
})

test('a handle that was collected is a leak once, and its connection is lent again', async () => {
  const { pool, told, lend } = scriptedPool({ max: 1 })
  const borrow = await lend()
  const next = lend()
  pool.collected(borrow)
  expect((await next).entry).toBe(borrow.entry)
  pool.collected(borrow)
  pool.return(borrow)
  expect([told, pool.figures.leaks, pool.borrows.size]).toEqual([['collected'], 1, 1])
})

test('a handle collected after it was reported is not counted again', async () => {
  const { pool, clock, told, lend } = scriptedPool()
  const borrow = await lend()
  clock.advance(30_000)
  pool.collected(borrow)
  expect(told.filter((each) => each !== 'held long')).toEqual(['leaked'])
  expect([pool.figures.leaks, borrow.leaked, pool.idle]).toEqual([1, false, 1])
})

test('a connection returned while statements run is lent when the last has ended', async () => {
  const { pool, lend } = scriptedPool({ max: 1 })
  const borrow = await lend()
  for (const text of ['a', 'b']) pool.statementStarted(borrow, text)
  pool.return(borrow)
  pool.statementEnded(borrow)
  expect([pool.idle, pool.borrows.size]).toEqual([0, 1])
  pool.statementEnded(borrow)
  expect([pool.idle, pool.borrows.size]).toEqual([1, 0])
})

test('a statement that ends before the return gives nothing back', async () => {
  const { pool, lend } = scriptedPool()
  const borrow = await lend()
  pool.statementStarted(borrow, 'a')
  pool.statementEnded(borrow)
  expect([pool.idle, pool.borrows.size]).toEqual([0, 1])
})

test('the time in use is that from the loan to the return', async () => {
  const { pool, clock, lent } = scriptedPool()
  const { borrow } = await lent()
  clock.advance(2000)
  pool.return(borrow)
  expect(pool.figures.useP95).toBeCloseTo(2, 0)
})
