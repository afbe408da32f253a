import { expect, test } from 'vitest'
import { turns } from '../fixture.ts'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

const never = new Promise<void>(() => {})

test('a database that does not answer is given up in time, and what it opens late is closed', async () => {
  const { clock, connections, connects, lend, told, pool } = scriptedPool({ connectTimeoutMs: 3000 })
  const opening = Promise.withResolvers<void>()
  connects.push(opening.promise)
  const waiting = lend()
  clock.advance(2999)
  expect(told).toEqual([])
  clock.advance(1)
  expect(await outcomeOf(waiting)).toBe('SPY_CONNECTION_FAILED')
  expect(told).toEqual([expect.stringContaining('nowhere did not answer within 3000 ms')])
  opening.resolve()
  await turns()
  expect([connections[0]?.closed, pool.size]).toEqual([[1000], 0])
})

test('a connection that does not answer when it is validated or reset is closed, and the borrower gets another', async () => {
  const { clock, connections, lent, lend, pool } = scriptedPool({ max: 1, connectTimeoutMs: 3000 })
  const { borrow, connection } = await lent()
  connection.inTransaction = true
  connection.answer = never
  const next = lend()
  pool.return(borrow)
  clock.advance(3000)
  const second = await next
  expect([connection.closed, second.entry.connection === connections[1]]).toEqual([[1000], true])
})

test('a connection with a statement that still runs is not lent before that has ended', async () => {
  const { lent, lend, pool } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  const reset = Promise.withResolvers<void>()
  connection.running = {}
  connection.answer = reset.promise
  const next = lend()
  pool.return(borrow)
  expect([connection.resets, await outcomeOf(next)]).toEqual([1, 'waiting'])
  connection.running = undefined
  reset.resolve()
  expect(await outcomeOf(next)).toBe('lent')
})
