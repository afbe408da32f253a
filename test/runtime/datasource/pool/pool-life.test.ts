/** Connections of a pool that open, fail, rest and break when the test says so: bounds, times and counts to the last one. */
import { expect, test } from 'vitest'
import { turns } from '../fixture.ts'
import { outcomeOf, scriptedPool } from './scripted-driver.ts'

const never = new Promise<void>(() => {})
const fails = (reason: unknown): Promise<void> => {
  const failure = Promise.reject(reason)
  failure.catch(() => {})
  return failure
}

test.for([
  [0, 5],
  [1, 4],
  [2, 3],
  [3, 2],
] as const)('with max 3, maxWaiting 2 and %i lent, %i may wait and the next is refused', async ([lent, mayWait]) => {
  const { pool, lend, connects } = scriptedPool({ max: 3, maxWaiting: 2 })
  for (let i = 0; i < lent; i++) await lend()
  connects.push(...Array.from({ length: lent }, () => undefined), never, never, never)
  for (let i = 0; i < mayWait; i++) void lend()
  expect(pool.waiting).toBe(mayWait)
  expect(lend).toThrow(
    expect.objectContaining({ code: 'SPY_POOL_QUEUE_FULL', message: expect.stringContaining(`${mayWait} borrowers are already waiting`) }),
  )
  expect(pool.waiting).toBe(mayWait)
})

test('a start opens the minimum, once', async () => {
  const { pool, asked } = scriptedPool({ min: 2, max: 3 })
  await pool.start()
  await pool.start()
  expect([asked(), pool.idle, pool.figures.created, pool.state]).toEqual([2, 2, 2, 'ok'])
})

test('a connection is opened for each that waits, up to the maximum', async () => {
  const { lend, connects, asked } = scriptedPool({ max: 2 })
  connects.push(never, never)
  for (const expected of [1, 2, 2]) {
    void lend()
    expect(asked()).toBe(expected)
  }
})

test('the connection returned last is lent first', async () => {
  const { pool, lent } = scriptedPool()
  const [one, two] = [await lent(), await lent()]
  pool.return(two.borrow)
  pool.return(one.borrow)
  expect((await lent()).connection).toBe(one.connection)
  expect((await lent()).connection).toBe(two.connection)
})

test('a connection that cannot be opened fails the borrower that has waited longest, and is tried again for the others', async () => {
  const { pool, lend, connects, told, asked } = scriptedPool({ max: 1 })
  connects.push(fails(new Error('refused')), never)
  const [first, second] = [lend(), lend()]
  await expect(first).rejects.toMatchObject({
    code: 'SPY_CONNECTION_FAILED',
    message: 'pool shop: cannot open a connection to nowhere: refused',
  })
  expect(await outcomeOf(second)).toBe('waiting')
  expect([asked(), pool.state, pool.waiting, pool.figures.lastError]).toEqual([2, 'down', 1, 'refused'])
  expect(told).toEqual(['failed: pool shop: cannot open a connection to nowhere: refused'])
})

test('what is thrown that is no error is named too', async () => {
  const { pool, lend, connects } = scriptedPool()
  connects.push(fails('no route'))
  expect(await outcomeOf(lend())).toBe('SPY_CONNECTION_FAILED')
  expect(pool.figures.lastError).toBe('no route')
})

test('a pool is degraded while it has connections and the last one failed, and ok after the next that opens', async () => {
  const { pool, lend, connects } = scriptedPool({ max: 3 })
  connects.push(undefined, fails(new Error('no')), undefined)
  const borrow = await lend()
  await outcomeOf(lend())
  expect(pool.state).toBe('degraded')
  pool.return(borrow)
  expect(pool.state).toBe('degraded')
  void lend()
  await lend()
  expect(pool.state).toBe('ok')
})

test('the minimum is tried again a second after it failed', async () => {
  const { pool, clock, connects, asked } = scriptedPool({ min: 1 })
  connects.push(fails(new Error('no')))
  await pool.start()
  clock.advance(999)
  expect(asked()).toBe(1)
  clock.advance(1)
  await turns()
  expect([asked(), pool.idle, pool.state]).toEqual([2, 1, 'ok'])
})

test('a connection is validated when it was idle for over 30 s', async () => {
  const { pool, clock, lend, lent } = scriptedPool({ min: 1 })
  const { borrow, connection } = await lent()
  pool.return(borrow)
  clock.advance(30_000)
  const again = lend()
  expect(again).not.toBeInstanceOf(Promise)
  pool.return(await again)
  clock.advance(30_001)
  expect(lend()).toBeInstanceOf(Promise)
  expect(connection.validated).toBe(1)
  await turns()
  expect([pool.borrows.size, pool.figures.created]).toEqual([1, 1])
})

test('a connection that does not validate is closed, and its borrower gets another', async () => {
  const { pool, clock, lent, connections } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  pool.return(borrow)
  clock.advance(31_000)
  connection.answer = fails(new Error('server closed'))
  const next = await lent()
  expect(next.connection).toBe(connections[1])
  expect(connection.closed).toEqual([1000])
  expect(pool.figures).toMatchObject({ created: 2, closed: 1, lastError: 'server closed' })
})

test('an open transaction is rolled back before anybody gets the connection', async () => {
  const { pool, lend, lent } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  connection.inTransaction = true
  let rolledBack = (): void => {}
  connection.answer = new Promise((resolve) => (rolledBack = resolve))
  const next = lend()
  pool.return(borrow)
  expect(await outcomeOf(next)).toBe('waiting')
  expect([pool.idle, connection.resets]).toEqual([0, 1])
  rolledBack()
  expect((await next).entry.connection).toBe(connection)
})

test('a connection that cannot roll back is closed, and the one that waits gets another', async () => {
  const { pool, lend, lent, connections } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  connection.inTransaction = true
  connection.answer = fails(new Error('gone'))
  const next = lend()
  pool.return(borrow)
  expect((await next).entry.connection).toBe(connections[1])
  expect([connection.closed, pool.figures.lastError]).toEqual([[1000], 'gone'])
})

test('an idle connection that breaks is closed at once, and the minimum is opened again a second later', async () => {
  const { pool, clock, connections, told, asked } = scriptedPool({ min: 2 })
  await pool.start()
  connections[0]!.break(new Error('reset by peer'))
  expect([pool.idle, connections[0]!.closed, connections[1]!.closed]).toEqual([1, [1000], []])
  expect(told).toEqual(['failed: reset by peer'])
  expect(pool.figures).toMatchObject({ closed: 1, lastError: 'reset by peer' })
  clock.advance(999)
  expect(asked()).toBe(2)
  clock.advance(1)
  await turns()
  expect([asked(), pool.idle]).toEqual([3, 2])
})

test('a lent connection that breaks is closed when it comes back, and the one that waits gets another', async () => {
  const { pool, lend, lent, connections } = scriptedPool({ max: 1 })
  const { borrow, connection } = await lent()
  const next = lend()
  connection.break(new Error('reset by peer'))
  expect([connection.closed, await outcomeOf(next)]).toEqual([[], 'waiting'])
  pool.return(borrow)
  expect((await next).entry.connection).toBe(connections[1])
  expect([connection.closed, pool.figures.closed]).toEqual([[1000], 1])
})

test('a smaller maximum closes idle connections beyond it, and none at it', async () => {
  const { pool, lend } = scriptedPool({ max: 3 })
  for (const borrow of [await lend(), await lend(), await lend()]) pool.return(borrow)
  pool.configure({ ...pool.settings, max: 3 })
  expect(pool.idle).toBe(3)
  pool.configure({ ...pool.settings, max: 2 })
  expect([pool.idle, pool.figures.closed]).toEqual([2, 1])
})

test('a lent connection that breaks takes no idle one with it', async () => {
  const { pool, lent, connections } = scriptedPool()
  const [one, two] = [await lent(), await lent()]
  pool.return(two.borrow)
  one.connection.break(new Error('reset by peer'))
  expect([pool.idle, connections.map(({ closed }) => closed)]).toEqual([1, [[], []]])
})

test('a connection that broke within a transaction is closed without a rollback', async () => {
  const { pool, lent } = scriptedPool()
  const { borrow, connection } = await lent()
  connection.inTransaction = true
  connection.break(new Error('reset by peer'))
  pool.return(borrow)
  expect([connection.resets, connection.closed]).toEqual([0, [1000]])
})

test('a connection that broke without saying so is not lent again', async () => {
  const { pool, lend, connections } = scriptedPool({ max: 1 })
  const borrow = await lend()
  const waiting = lend()
  connections[0]!.broken = true
  pool.return(borrow)
  expect((await waiting).entry.connection).toBe(connections[1])
})

test('idle connections above the minimum are closed at their time, the oldest first', async () => {
  const { pool, clock, lend, connections } = scriptedPool({ min: 1, max: 3, idleTimeoutMs: 60_000 })
  const borrows = [await lend(), await lend(), await lend()]
  for (const borrow of borrows) {
    pool.return(borrow)
    clock.advance(1000)
  }
  clock.advance(60_000 - 3001)
  expect(pool.idle).toBe(3)
  clock.advance(1)
  expect([pool.idle, ...connections.map(({ closed }) => closed.length)]).toEqual([2, 1, 0, 0])
  clock.advance(1000)
  expect([pool.idle, ...connections.map(({ closed }) => closed.length)]).toEqual([1, 1, 1, 0])
  clock.advance(600_000)
  expect([pool.idle, connections[0]!.closed]).toEqual([1, [1000]])
})

test('at the minimum no timer runs for idle connections', async () => {
  const { pool, clock } = scriptedPool({ min: 1 })
  await pool.start()
  expect(clock.timers).toBe(0)
})
