import { expect, test } from 'vitest'
import type { StoreSession } from '../../../collector/src/store/session.ts'
import { createSessionPool } from '../../../collector/src/store/session-pool.ts'

const session = (onClose = () => {}): StoreSession => ({ close: onClose }) as StoreSession

/** Work that lasts until it is told to end. */
function holding() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve }
}

test('a session has one borrower at a time, and they come in the order of asking', async () => {
  const pool = createSessionPool([session()], 10)
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

test('beyond the queue a borrower is refused at once with code 202', async () => {
  const pool = createSessionPool([session()], 1)
  const { work, end } = holding()
  const jobs = [pool.use(work), pool.use(work)]
  await expect(pool.use(work)).rejects.toMatchObject({ number: 202, status: 503 })
  end()
  await Promise.all(jobs)
  expect(await pool.use(() => Promise.resolve('again'))).toBe('again')
})

test('who hangs up while waiting leaves the queue, and the session goes to the next', async () => {
  const pool = createSessionPool([session()], 5)
  const { work, end } = holding()
  const first = pool.use(work)
  const leave = new AbortController()
  const gone = pool.use(work, leave.signal)
  const last = pool.use(() => Promise.resolve('last'))
  leave.abort()
  await expect(gone).rejects.toMatchObject({ number: 394 })
  expect(pool.waiting).toBe(1)
  end()
  await first
  expect(await last).toBe('last')
  await expect(pool.use(work, leave.signal)).rejects.toMatchObject({ number: 394 })
})

test('failed work gives its session back', async () => {
  const pool = createSessionPool([session()], 0)
  await expect(pool.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await pool.use(() => Promise.resolve(1))).toBe(1)
})

test('closing waits for what runs, refuses what waits and what comes, and closes every session', async () => {
  let closed = 0
  const pool = createSessionPool([session(() => closed++), session(() => closed++)], 5)
  const { work, end } = holding()
  const running = [pool.use(work), pool.use(work)]
  const waiting = pool.use(work)
  const closing = pool.close()
  await expect(waiting).rejects.toMatchObject({ number: 203 })
  await expect(pool.use(work)).rejects.toMatchObject({ status: 503 })
  expect(closed).toBe(0)
  end()
  await Promise.all([...running, closing])
  expect(closed).toBe(2)
})
