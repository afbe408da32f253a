import { expect, test } from 'vitest'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { type Given, openOrders, startJobStore } from './fixture.ts'

async function openShop(given: Given = {}) {
  const store = await startJobStore(tempFolder())
  const instance = await openOrders(store.socket, given)
  return {
    ...instance,
    book: store.book,
    async [Symbol.asyncDispose]() {
      await instance.close()
      await store.end()
    },
  }
}

test('a handler gets the job with its data, and an id that was given is added once', async () => {
  await using shop = await openShop()
  const seen: unknown[] = []
  shop.orders.process(({ id, data, attempt, attempts, addedAt, signal }) => {
    seen.push({ id, data, attempt, attempts, isDate: addedAt instanceof Date, isAborted: signal.aborted })
  })
  expect(await shop.orders.add({ order: 7 }, { id: 'order-7', attempts: 5 })).toEqual({ id: 'order-7', isNew: true })
  await until(() => shop.book().counts.done === 1)
  expect(await shop.orders.add({ order: 7 }, { id: 'order-7' })).toEqual({ id: 'order-7', isNew: false })
  expect(seen).toEqual([{ id: 'order-7', data: { order: 7 }, attempt: 1, attempts: 5, isDate: true, isAborted: false }])
  expect([shop.read('added'), shop.read('done')]).toEqual([1, 1])
})

test('a job that throws is logged with its stack, run again, and dead after its last run', async () => {
  await using shop = await openShop({ attempts: 2 })
  shop.orders.process(({ attempt }) => {
    throw new Error(`no ${attempt}`)
  })
  await shop.orders.add({}, { id: 'a' })
  await until(() => shop.book().figures.dead === 1)
  expect(shop.book().dead(1)).toMatchObject([{ id: 'a', runs: 2, error: expect.stringMatching(/^Error: no 2\n +at .*jobs\.test\.ts/) }])
  expect(shop.lines.filter((line) => line.includes('a job failed'))).toHaveLength(2)
  expect(shop.read('failed')).toBe(2)
})

test('a run that takes too long has failed, and its signal is aborted', async () => {
  await using shop = await openShop({ runTimeoutMs: 30, attempts: 1 })
  const reasons: unknown[] = []
  shop.orders.process(({ signal }) => new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason))))
  await shop.orders.add({}, { id: 'slow' })
  await until(() => shop.book().figures.dead === 1)
  expect(reasons).toMatchObject([{ code: 'SPY_JOB_TIMED_OUT' }])
  expect(shop.book().dead(1)[0]?.error).toContain('did not end within 30 ms')
})

test('a delayed job waits for its time, a repeated one comes by itself', async () => {
  await using shop = await openShop()
  const seen: unknown[] = []
  shop.orders.process(({ data }) => void seen.push(data))
  await shop.orders.add('later', { delayMs: 3_000_000 })
  await shop.orders.repeat('tick', 'ticked', { everyMs: 20 })
  await until(() => seen.length >= 3)
  expect(await shop.orders.unrepeat('tick')).toBe(true)
  expect(await shop.orders.unrepeat('tick')).toBe(false)
  expect(new Set(seen)).toEqual(new Set(['ticked']))
  expect(shop.book().figures).toMatchObject({ delayed: 1, repeated: 0 })
})

const circle: Record<string, unknown> = {}
circle['self'] = circle

test.for([
  ['a circle', circle, 'SPY_JOBS_DATA'],
  ['a function', () => {}, 'SPY_JOBS_DATA'],
  ['undefined', undefined, 'SPY_JOBS_DATA'],
  ['a bigint', { a: 1n }, 'SPY_JOBS_DATA'],
  ['a megabyte', 'x'.repeat(1_048_576), 'SPY_JOBS_TOO_LARGE'],
] as const)('%s is no data of a job', async ([, data, code]) => {
  await using shop = await openShop()
  await expect(shop.orders.add(data)).rejects.toMatchObject({ code })
})

test.for([
  { id: '' },
  { id: 'with space' },
  { id: 'x'.repeat(129) },
  { delayMs: -1 },
  { delayMs: Number.NaN },
  { attempts: 0 },
  { attempts: 1.5 },
  { backoffMs: Number.POSITIVE_INFINITY },
])('%j is no way to add a job', async (options) => {
  await using shop = await openShop()
  await expect(shop.orders.add({}, options)).rejects.toMatchObject({ code: 'SPY_JOBS_OPTION' })
})

test('a schedule that is none, or is never due, is refused', async () => {
  await using shop = await openShop()
  for (const options of [{ cron: '* * *' }, { cron: '0 0 30 2 *' }, { everyMs: 0 }, { cron: 5 as never }])
    await expect(shop.orders.repeat('never', {}, options)).rejects.toMatchObject({ code: 'SPY_JOBS_OPTION' })
  await expect(shop.orders.repeat('bad name', {}, { everyMs: 5 })).rejects.toMatchObject({ code: 'SPY_JOBS_OPTION' })
})

test('a full queue refuses with 503, and counts it', async () => {
  await using shop = await openShop({ maxJobs: 1 })
  await shop.orders.add(1)
  await expect(shop.orders.add(2)).rejects.toMatchObject({ code: 'SPY_JOBS_FULL', statusCode: 503, headers: { 'retry-after': '2' } })
  expect(shop.read('refused')).toBe(1)
  shop.configure({ maxJobs: 2 })
  await until(async () => (await shop.orders.add(2).catch(() => undefined))?.isNew)
})

test('there is one function for the jobs of a queue', async () => {
  await using shop = await openShop()
  shop.orders.process(() => {})
  expect(() => shop.orders.process(() => {})).toThrow(expect.objectContaining({ code: 'SPY_JOBS_PROCESSED' }))
})
