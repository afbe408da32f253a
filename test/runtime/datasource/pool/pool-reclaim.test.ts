/** Connections that are taken back. */
import { expect, test } from 'vitest'
import { checkLent } from '../../../../runtime/src/datasource/lent-handle.ts'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

test('a pool of three with three leaks serves again by itself, on new connections', async () => {
  const { pool, clock, told, lent, lend, connections } = scriptedPool({ max: 3, reclaimAfterMs: 40_000, acquireTimeoutMs: 60_000 })
  const leaks = [await lent(), await lent(), await lent()]
  for (const { borrow } of leaks) borrow.unregister = () => {}
  const waiting = [lend(), lend(), lend()]
  clock.advance(39_999)
  expect(await outcomeOf(waiting[0])).toBe('waiting')
  clock.advance(1)
  expect(await Promise.all(waiting.map(outcomeOf))).toEqual(['lent', 'lent', 'lent'])
  expect(told.filter((each) => /leaked|reclaimed/.test(each)).join(' ')).toBe('leaked leaked leaked reclaimed reclaimed reclaimed')
  expect([pool.figures.leaks, pool.figures.reclaimed, connections.length]).toEqual([3, 3, 6])
  expect(leaks.map(({ connection }) => connection.closed)).toEqual([[1000], [1000], [1000]])
})

test('what the borrower does later throws, with the place that borrowed', async () => {
  const { pool, clock, lent } = scriptedPool({ reclaimAfterMs: 500 })
  const { borrow } = await lent()
  clock.advance(500)
  expect(() => checkLent(borrow, 'shop')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_RECLAIMED' }))
  expect(() => checkLent(borrow, 'shop')).toThrow('after 500 ms and can no longer be used; borrowed at shop.ts:7')
  pool.return(borrow)
  pool.reclaim(borrow)
  expect([pool.figures.reclaimed, pool.borrows.size]).toEqual([1, 0])
})

test('while a statement runs nothing is taken back', async () => {
  const { pool, clock, lent } = scriptedPool({ reclaimAfterMs: 500, leakAfterMs: 400 })
  const { borrow, connection } = await lent()
  borrow.unregister = () => {}
  connection.running = {}
  clock.advance(90_000)
  expect([pool.figures.leaks, pool.figures.reclaimed]).toEqual([0, 0])
  connection.running = undefined
  clock.advance(1000)
  expect([pool.figures.leaks, pool.figures.reclaimed]).toEqual([1, 1])
})

test('an operator takes back what is lent, also while a statement runs, and it counts as no leak', async () => {
  const { pool, told, lent, lend } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  connection.running = {}
  const waiting = lend()
  pool.reclaimLent(borrow.entry.id)
  expect(await outcomeOf(waiting)).toBe('lent')
  expect([pool.figures.leaks, pool.figures.reclaimed, connection.closed]).toEqual([0, 1, [1000]])
  expect(told.filter((each) => /leaked|reclaimed/.test(each))).toEqual(['reclaimed'])
  for (const unknown of [borrow.entry.id, 99])
    expect(() => pool.reclaimLent(unknown)).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_NOT_LENT' }))
})
