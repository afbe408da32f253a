import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { refuse } from '../../../collector/src/store/clickhouse-error.ts'
import { withinTime } from '../../../collector/src/store/time-limit.ts'

const LIMIT = { limitMs: 2000, graceMs: 1000, patienceMs: 5000 }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Work that ends when the test says so. */
function started({ obeys = false } = {}) {
  const log: string[] = []
  const gone = new AbortController()
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let limitTo = (_ms: number): void => {}
  const { answer, back } = withinTime(LIMIT, {
    gone: gone.signal,
    onStuck: () => log.push('stuck'),
    run({ cancelled, abandoned, ...clock }) {
      limitTo = clock.limitTo
      cancelled.addEventListener('abort', () => {
        log.push('cancelled')
        if (obeys) reject(refuse('QUERY_WAS_CANCELLED', 'killed'))
      })
      abandoned.addEventListener('abort', () => log.push('abandoned'))
      return promise
    },
  })
  answer.catch(() => {})
  void back.then(() => log.push('back'))
  return { answer, log, gone, resolve, reject, limitTo }
}

test('work that ends in time gives what it gives', async () => {
  const { answer, log, resolve } = started()
  await vi.advanceTimersByTimeAsync(1999)
  resolve('done')
  expect(await answer).toBe('done')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log).toEqual(['back'])
})

test('work that ends when it is cancelled is reported as code 159 with its limit', async () => {
  const { answer, log } = started({ obeys: true })
  await vi.advanceTimersByTimeAsync(2000)
  await expect(answer).rejects.toMatchObject({ number: 159, wireText: expect.stringContaining('maximum: 2000 ms') })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log).toEqual(['cancelled', 'back'])
})

test('work that does not end has its answer at limit and grace, and ends the engine after the patience', async () => {
  const { answer, log, resolve } = started()
  await vi.advanceTimersByTimeAsync(2999)
  expect(log).toEqual(['cancelled'])
  await vi.advanceTimersByTimeAsync(1)
  await expect(answer).rejects.toMatchObject({ number: 159 })
  await vi.advanceTimersByTimeAsync(4999)
  expect(log).toEqual(['cancelled', 'abandoned'])
  await vi.advanceTimersByTimeAsync(1)
  expect(log).toEqual(['cancelled', 'abandoned', 'stuck'])
  resolve('too late')
  await vi.advanceTimersByTimeAsync(0)
  expect(log.at(-1)).toBe('back')
})

test('work that comes back within the patience costs nothing', async () => {
  const { log, resolve } = started()
  await vi.advanceTimersByTimeAsync(7000)
  resolve('late')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log).toEqual(['cancelled', 'abandoned', 'back'])
})

test('a client that goes away begins the same count at once', async () => {
  const { answer, log, gone } = started()
  await vi.advanceTimersByTimeAsync(100)
  gone.abort()
  await vi.advanceTimersByTimeAsync(1000)
  await expect(answer).rejects.toMatchObject({ number: 394 })
  await vi.advanceTimersByTimeAsync(5000)
  expect(log).toEqual(['cancelled', 'abandoned', 'stuck'])
})

test('a limit that is set later counts from the start', async () => {
  const { answer, log, limitTo } = started({ obeys: true })
  await vi.advanceTimersByTimeAsync(500)
  limitTo(800)
  await vi.advanceTimersByTimeAsync(299)
  expect(log).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  await expect(answer).rejects.toMatchObject({ number: 159, wireText: expect.stringContaining('maximum: 800 ms') })
})

test('an error of the work itself stays what it is', async () => {
  const { answer, reject } = started()
  reject(refuse('UNKNOWN_TABLE', 'no'))
  await expect(answer).rejects.toMatchObject({ number: 60 })
})
