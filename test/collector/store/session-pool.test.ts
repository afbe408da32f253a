import { afterEach, describe, expect, test, vi } from 'vitest'
import type { StoreSession } from '../../../collector/src/store/session.ts'
import { type BorrowOptions, createSessionPool, type SessionPool } from '../../../collector/src/store/session-pool.ts'

const session = (onClose = () => {}): StoreSession => ({ close: onClose }) as StoreSession
const poolOf = (sessions: number, maxWaiting: number): SessionPool =>
  createSessionPool(
    Array.from({ length: sessions }, () => session()),
    maxWaiting,
  )

/** A borrower that holds its session until it is asked to end. */
function borrow(pool: SessionPool, options: BorrowOptions = {}) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let hasIt = false
  const done = pool.use(() => {
    hasIt = true
    return promise
  }, options)
  done.catch(() => {})
  return { done, end: resolve, hasIt: () => hasIt }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

afterEach(() => {
  vi.useRealTimers()
})

test('a session has one borrower at a time, and they come in the order of asking', async () => {
  const pool = poolOf(1, 10)
  const order: number[] = []
  let inside = 0
  const jobs = Array.from({ length: 5 }, (_, i) =>
    pool.use(async () => {
      expect(++inside).toBe(1)
      await Promise.resolve()
      order.push(i)
      inside--
    }),
  )
  expect([pool.running, pool.waiting]).toEqual([1, 4])
  await Promise.all(jobs)
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect([pool.running, pool.waiting]).toEqual([0, 0])
})

describe('between clients', () => {
  test('the last free session is lent only to one that holds none', async () => {
    const pool = poolOf(3, 20)
    const many = Array.from({ length: 10 }, () => borrow(pool, { client: 'a' }))
    await settle()
    expect([pool.running, pool.waiting, many.filter(({ hasIt }) => hasIt()).length]).toEqual([2, 8, 2])
    const other = borrow(pool, { client: 'b' })
    await settle()
    expect(other.hasIt()).toBe(true)
    other.end()
    await other.done
    expect(many.filter(({ hasIt }) => hasIt())).toHaveLength(2)
    for (const { end } of many) end()
    await Promise.all(many.map(({ done }) => done))
    expect([pool.running, pool.waiting]).toEqual([0, 0])
  })

  test('a free session goes to the one that holds the fewest, then to the one that asked first', async () => {
    const pool = poolOf(3, 20)
    const a = Array.from({ length: 4 }, () => borrow(pool, { client: 'a' }))
    const b = borrow(pool, { client: 'b' })
    const c = borrow(pool, { client: 'c' })
    const d = borrow(pool, { client: 'd' })
    await settle()
    expect([a[0]!.hasIt(), a[1]!.hasIt(), b.hasIt(), c.hasIt()]).toEqual([true, true, true, false])
    a[0]!.end()
    await settle()
    expect([c.hasIt(), d.hasIt(), a[2]!.hasIt()]).toEqual([true, false, false])
    b.end()
    await settle()
    expect([d.hasIt(), a[2]!.hasIt()]).toEqual([true, false])
    for (const each of [...a, b, c, d]) each.end()
    await Promise.all([...a, b, c, d].map(({ done }) => done))
  })

  test('a full queue gives a place of the one that fills it to one that comes', async () => {
    const pool = poolOf(1, 4)
    const a = Array.from({ length: 5 }, () => borrow(pool, { client: 'a' }))
    const b = borrow(pool, { client: 'b' })
    await expect(a[4]!.done).rejects.toMatchObject({ number: 202 })
    const c = borrow(pool, { client: 'c' })
    await expect(a[3]!.done).rejects.toMatchObject({ number: 202 })
    expect(pool.waiting).toBe(4)
    await expect(borrow(pool, { client: 'a' }).done).rejects.toMatchObject({ number: 202, status: 503 })
    await expect(borrow(pool, { client: 'b' }).done).rejects.toMatchObject({ number: 202 })
    for (const each of [...a, b, c]) each.end()
    await Promise.all([a[0]!, a[1]!, a[2]!, b, c].map(({ done }) => done))
  })
})

test('beyond the queue a borrower is refused at once with code 202', async () => {
  const pool = poolOf(1, 1)
  const jobs = [borrow(pool), borrow(pool)]
  await expect(borrow(pool).done).rejects.toMatchObject({ number: 202, status: 503 })
  for (const { end } of jobs) end()
  await Promise.all(jobs.map(({ done }) => done))
  expect(await pool.use(() => Promise.resolve('again'))).toBe('again')
})

test('who waits too long is refused with code 202, and its place is free', async () => {
  vi.useFakeTimers()
  const pool = poolOf(1, 1)
  const first = borrow(pool)
  const late = borrow(pool, { maxWaitMs: 500 })
  await vi.advanceTimersByTimeAsync(499)
  expect(pool.waiting).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  await expect(late.done).rejects.toMatchObject({ number: 202, status: 503 })
  expect(pool.waiting).toBe(0)
  first.end()
  await first.done
})

test('who hangs up while waiting leaves the queue, and the session goes to the next', async () => {
  const pool = poolOf(1, 5)
  const first = borrow(pool)
  const leave = new AbortController()
  const gone = borrow(pool, { signal: leave.signal })
  const last = pool.use(() => Promise.resolve('last'))
  leave.abort()
  await expect(gone.done).rejects.toMatchObject({ number: 394 })
  expect(pool.waiting).toBe(1)
  first.end()
  expect(await last).toBe('last')
  await expect(borrow(pool, { signal: leave.signal }).done).rejects.toMatchObject({ number: 394 })
})

test('failed work gives its session back', async () => {
  const pool = poolOf(1, 0)
  await expect(pool.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await pool.use(() => Promise.resolve(1))).toBe(1)
})

test('closing waits for what runs, refuses what waits and what comes, and closes every session', async () => {
  let closed = 0
  const pool = createSessionPool([session(() => closed++), session(() => closed++)], 5)
  const running = [borrow(pool, { client: 'a' }), borrow(pool, { client: 'b' })]
  const waiting = borrow(pool)
  const closing = pool.close()
  await expect(waiting.done).rejects.toMatchObject({ number: 203 })
  await expect(borrow(pool).done).rejects.toMatchObject({ status: 503 })
  expect(closed).toBe(0)
  for (const { end } of running) end()
  await Promise.all([...running.map(({ done }) => done), closing])
  expect(closed).toBe(2)
})
