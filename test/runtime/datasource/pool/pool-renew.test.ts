/** The settings that lead to the database change while the pool is used. */
import { expect, test } from 'vitest'
import { turns } from '../fixture.ts'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

const never = new Promise<void>(() => {})

test('what is idle is closed, and the minimum is opened again', async () => {
  const { pool, connections, asked } = scriptedPool({ initial: 3, min: 1, max: 4 })
  await pool.start()
  pool.renew()
  await turns()
  expect([asked(), pool.size, pool.idle, connections.map(({ closed }) => closed.length)]).toEqual([4, 1, 1, [1, 1, 1, 0]])
})

test('a lent connection goes on until it comes back, and does not keep others from new ones', async () => {
  const { pool, lent, lend, connections } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  const waiting = lend()
  pool.renew()
  const next = await waiting
  expect(next.entry.connection).toBe(connections[1])
  expect([connection.closed, pool.size, pool.borrows.size]).toEqual([[], 1, 2])
  pool.return(borrow)
  expect([connection.closed, pool.size, pool.idle]).toEqual([[1000], 1, 0])
  pool.return(next)
  expect([pool.size, pool.idle, pool.figures.closed]).toEqual([1, 1, 1])
})

test('changed twice, each lent connection is closed once', async () => {
  const { pool, lent, connections } = scriptedPool({ max: 1 })
  const { borrow } = await lent()
  pool.renew()
  const second = await lent()
  pool.renew()
  expect(pool.size).toBe(0)
  pool.return(borrow)
  pool.return(second.borrow)
  expect([pool.size, pool.idle, connections.map(({ closed }) => closed.length)]).toEqual([0, 0, [1, 1]])
})

test('a connection that is being opened is given up: who waits gets one by the new settings and no error', async () => {
  const { pool, lend, connects, told, asked } = scriptedPool({ max: 1 })
  connects.push(never)
  const waiting = lend()
  pool.renew()
  expect(await outcomeOf(waiting)).toBe('lent')
  expect([asked(), pool.size, told]).toEqual([2, 1, []])
})

test('a connection that was being reset is closed when that is done', async () => {
  const { pool, lent, lend, connections } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  const reset = Promise.withResolvers<void>()
  connection.inTransaction = true
  connection.answer = reset.promise
  pool.return(borrow)
  pool.renew()
  const waiting = lend()
  reset.resolve()
  expect((await waiting).entry.connection).toBe(connections[1])
  expect([connection.closed, pool.size]).toEqual([[1000], 1])
})

test('a closed pool is not renewed', async () => {
  const { pool, asked } = scriptedPool({ min: 1 })
  await pool.start()
  await pool.close(1000)
  pool.renew()
  expect(asked()).toBe(1)
})
