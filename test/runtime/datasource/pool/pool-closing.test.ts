/** A pool that is closed. */
import { expect, test } from 'vitest'
import { turns } from '../fixture.ts'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

test('closing refuses those that wait and come, closes the idle, and waits for the lent', async () => {
  const { pool, clock, lend, lent, connections, told } = scriptedPool({ max: 2, exhaustedAfterMs: 10 })
  const [one, two] = [await lent(), await lent()]
  const waiting = Promise.resolve(lend())
  waiting.catch(() => {})
  clock.advance(10)
  const closed = pool.close(2000)
  expect(await outcomeOf(waiting)).toBe('SPY_POOL_CLOSED')
  expect(lend).toThrow(expect.objectContaining({ code: 'SPY_POOL_CLOSED' }))
  expect([pool.state, pool.waiting, told]).toEqual(['closed', 0, ['exhausted', 'recovered']])
  await pool.close(2000)
  pool.return(one.borrow)
  expect([await outcomeOf(closed), connections[0]!.closed, clock.timers]).toEqual(['waiting', [1000], 2])
  pool.return(two.borrow)
  expect(await outcomeOf(closed)).toBe('lent')
  expect([connections[1]!.closed, pool.figures.closed, clock.timers, pool.idle]).toEqual([[1000], 2, 0, 0])
})

test('at the deadline of closing what is still lent is closed in the time that is left, at least 50 ms', async () => {
  const { pool, clock, lent } = scriptedPool()
  const { borrow, connection } = await lent()
  borrow.unregister = () => void (borrow.text = 'unregistered')
  const closed = pool.close(2000)
  clock.advance(1999)
  expect(await outcomeOf(closed)).toBe('waiting')
  clock.advance(1)
  await closed
  expect([connection.closed, borrow.returned, borrow.text, pool.borrows.size]).toEqual([[50], true, 'unregistered', 0])
  pool.return(borrow)
  expect(connection.closed).toEqual([50])
})

test('a pool with nothing lent closes at once, and its idle connections have the whole deadline', async () => {
  const { pool, clock, connections } = scriptedPool({ min: 2 })
  await pool.start()
  await pool.close(2000)
  expect([connections.map(({ closed }) => closed), pool.idle, clock.timers]).toEqual([[[2000], [2000]], 0, 0])
})

test('a connection that opens after the pool was closed is closed', async () => {
  const { pool, lend, connects, connections } = scriptedPool()
  let open = (): void => {}
  connects.push(new Promise((resolve) => (open = resolve)))
  const waiting = outcomeOf(lend())
  await pool.close(100)
  open()
  await turns()
  expect([await waiting, pool.idle, connections[0]!.closed]).toEqual(['SPY_POOL_CLOSED', 0, [1000]])
})

test('closing waits for connections that are being ended', async () => {
  const { pool, connections, lend } = scriptedPool()
  pool.return(await lend())
  let end = (): void => {}
  connections[0]!.close = () => new Promise((resolve) => (end = resolve))
  const closed = pool.close(100)
  expect(await outcomeOf(closed)).toBe('waiting')
  end()
  expect(await outcomeOf(closed)).toBe('lent')
})

test('a connection that opens when nobody waits for it any more is closed at its time, too', async () => {
  const { pool, clock, lend, connects, connections } = scriptedPool({ max: 1, acquireTimeoutMs: 5000, idleTimeoutMs: 60_000 })
  const opening = Promise.withResolvers<void>()
  connects.push(opening.promise)
  const late = lend()
  clock.advance(5000)
  await expect(late).rejects.toMatchObject({ code: 'SPY_POOL_TIMEOUT' })
  opening.resolve()
  await turns()
  expect(pool.idle).toBe(1)
  clock.advance(59_999)
  expect(pool.idle).toBe(1)
  clock.advance(1)
  expect([pool.idle, connections[0]!.closed]).toEqual([0, [1000]])
})
