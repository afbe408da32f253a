import { expect, test } from 'vitest'
import { openShop, turns } from '../fixture.ts'

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  )

test('borrowers get connections in the order of asking', async () => {
  await using pool = await openShop({ max: 1 })
  const first = await pool.shop.connect()
  const order: number[] = []
  const others = [1, 2, 3].map(async (n) => {
    using _ = await pool.shop.connect()
    order.push(n)
  })
  await turns()
  expect(pool.read('waitingBorrowers')).toBe(3)
  first.release()
  await Promise.all(others)
  expect(order).toEqual([1, 2, 3])
  expect(pool.read('created')).toBe(1)
  expect(pool.read('borrows')).toBe(4)
})

test('no more than the maximum is ever open, and the peak is remembered', async () => {
  await using pool = await openShop({ max: 2, maxWaiting: 100 })
  for (const connection of await Promise.all([pool.shop.connect(), pool.shop.connect()])) connection.release()
  await Promise.all(Array.from({ length: 40 }, () => pool.shop.query('SELECT 1')))
  expect(pool.read('created')).toBe(2)
  expect(pool.read('peakActive')).toBe(2)
  expect(pool.read('activeConnections')).toBe(0)
  expect(pool.read('idleConnections')).toBe(2)
})

test('the time-out of a borrower names the pool, its size, the others that wait and the line of the longest holder', async () => {
  await using pool = await openShop({ max: 1, acquireTimeoutMs: 5000 })
  using _ = await pool.shop.connect()
  const [late, other] = [pool.shop.query('SELECT 1'), codeOf(pool.shop.query('SELECT 2'))]
  const refusal = late.catch((error: unknown) => error)
  pool.clock.advance(5000)
  const error = (await refusal) as Error & { code: string }
  expect(error.code).toBe('SPY_POOL_TIMEOUT')
  expect(error.message).toMatch(/pool shop: no connection within 5000 ms: 1 of 1 connections are lent and 1 other borrowers are waiting/)
  expect(error.message).toMatch(/for 5000 ms: test\/runtime\/datasource\/pool\/pool\.test\.ts:\d+/)
  expect(await other).toBe('SPY_POOL_TIMEOUT')
  expect(pool.read('timeouts')).toBe(2)
  expect(pool.read('waitP95')).toBeCloseTo(5, 0)
})

test('when enough wait already, a further borrower is refused at once', async () => {
  await using pool = await openShop({ max: 1, maxWaiting: 1 })
  const first = await pool.shop.connect()
  const waiting = pool.shop.query('SELECT 1 AS one')
  expect(await codeOf(pool.shop.query('SELECT 2'))).toBe('SPY_POOL_QUEUE_FULL')
  first.release()
  expect(await waiting).toEqual([{ one: 1 }])
})

test('an idle connection above the minimum is closed after its time, the minimum stays', async () => {
  await using pool = await openShop({ min: 1, max: 3, idleTimeoutMs: 60_000 })
  expect(pool.read('idleConnections')).toBe(1)
  const lent = await Promise.all([pool.shop.connect(), pool.shop.connect(), pool.shop.connect()])
  for (const connection of lent) connection.release()
  expect(pool.read('idleConnections')).toBe(3)
  pool.clock.advance(59_000)
  expect(pool.read('idleConnections')).toBe(3)
  pool.clock.advance(1001)
  expect(pool.read('idleConnections')).toBe(1)
  expect(pool.read('closed')).toBe(2)
})

test('a connection that was idle for long is asked for a sign of life before it is lent', async () => {
  await using pool = await openShop({ min: 1 })
  pool.clock.advance(40_000)
  expect(await pool.shop.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(pool.read('created')).toBe(1)
})

test('a transaction left open is rolled back before the next borrower gets the connection', async () => {
  await using pool = await openShop({ max: 1 })
  await pool.shop.script('CREATE TABLE t (a)')
  {
    using connection = await pool.shop.connect()
    await connection.execute('BEGIN')
    await connection.execute('INSERT INTO t VALUES (1)')
  }
  expect(await pool.shop.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }])
})

test('a connection returned while its statement runs is lent only after that has ended', async () => {
  await using pool = await openShop({ max: 1 })
  const connection = await pool.shop.connect()
  const running = connection.query('SELECT 1 AS one')
  connection.release()
  expect(pool.read('activeConnections')).toBe(1)
  expect(await running).toEqual([{ one: 1 }])
  expect(pool.read('activeConnections')).toBe(0)
})

test('a database that cannot be opened is an error with a code and makes the pool down, until it can be opened', async () => {
  await using pool = await openShop({ file: '/dev/null/shop.db' })
  const error = await pool.shop.query('SELECT 1').catch((error: unknown) => error as Error & { code: string })
  expect(error).toMatchObject({ code: 'SPY_CONNECTION_FAILED' })
  expect(pool.read('state')).toBe('down')
  expect(pool.read('lastError')).toMatch(/ENOTDIR|EEXIST/)
  expect(pool.read('lastErrorTime')).toBeGreaterThan(0)
})

test('a pool keeps one timer, however many borrow', async () => {
  await using pool = await openShop({ max: 2, maxWaiting: 50 })
  const [one, two] = await Promise.all([pool.shop.connect(), pool.shop.connect()])
  const waiting = Array.from({ length: 20 }, () => pool.shop.query('SELECT 1'))
  expect(pool.clock.timers).toBe(1)
  one.release()
  two.release()
  await Promise.all(waiting)
  expect(pool.clock.timers).toBe(1)
})

test('a closed pool refuses those that wait and those that come, and lets the holder finish', async () => {
  await using pool = await openShop({ max: 1 })
  const connection = await pool.shop.connect()
  const waiting = codeOf(pool.shop.query('SELECT 1'))
  const closed = pool.resources.close(5000)
  expect(await waiting).toBe('SPY_POOL_CLOSED')
  expect(await codeOf(pool.shop.connect())).toBe('SPY_POOL_CLOSED')
  expect(await connection.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  connection.release()
  await closed
  expect(pool.registry.find('spyglass:type=Datasource,instance=http-1,name=shop')).toBeUndefined()
})

test('a pool is closed after its deadline though a connection never comes back', async () => {
  await using pool = await openShop({ max: 1 })
  const connection = await pool.shop.connect()
  const closed = pool.resources.close(2000)
  pool.clock.advance(2000)
  await closed
  expect(await codeOf(connection.query('SELECT 1'))).toBe('SPY_CONNECTION_RETURNED')
})
