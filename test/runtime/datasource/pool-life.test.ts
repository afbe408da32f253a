/** A pool over connections that open, fail and break when the test says so: bounds, times and counts to the last one. */
import { expect, test, vi } from 'vitest'
import { turns } from './fixture.ts'
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
  expect([pool.idle, connection.ran]).toEqual([0, [{ verb: 'script', text: 'ROLLBACK' }]])
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
  expect([connection.ran, connection.closed]).toEqual([[], [1000]])
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

test('the time-out of a borrower while a connection is opened says that nobody holds one', async () => {
  const { clock, lend, connects } = scriptedPool({ max: 1 })
  connects.push(never)
  const waiting = Promise.resolve(lend())
  clock.advance(5000)
  await expect(waiting).rejects.toThrow(
    '0 of 1 connections are lent and 0 other borrowers are waiting; the longest holder has had its connection for 0 ms: nobody',
  )
})

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
