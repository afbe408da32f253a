/** The instance's side: what happens when the store restarts or is away, when instances die, and when they stop. */
import net from 'node:net'
import { expect, test } from 'vitest'
import { ServerJobs } from '../../../../runtime/src/jobs/server-store/server-jobs.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import { config, openOrders, startJobStore, tokenOf } from '../fixture.ts'

test('a job runs in one of the instances that run them, and is done', async () => {
  const store = await startJobStore(tempFolder())
  const [one, other] = [await openOrders(store.socket), await openOrders(store.socket, {}, 'shop-2')]
  const ran: unknown[] = []
  for (const { orders } of [one, other]) orders.process(({ data }) => void ran.push(data))
  for (let i = 0; i < 20; i++) await one.orders.add({ order: i })
  await until(() => store.book().counts.done === 20)
  expect(ran.map((data) => (data as { order: number }).order).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  await Promise.all([one.close(), other.close()])
  await store.end()
})

test('an instance runs no more at once than its concurrency, which changes while it runs', async () => {
  const store = await startJobStore(tempFolder())
  const { orders, configure, close, read } = await openOrders(store.socket, { concurrency: 2 })
  const open: (() => void)[] = []
  orders.process(() => new Promise<void>((resolve) => void open.push(resolve)))
  for (let i = 0; i < 5; i++) await orders.add(i)
  await until(() => open.length === 2)
  expect([read('running'), store.book().figures]).toMatchObject([2, { running: 2, waiting: 3 }])
  configure({ concurrency: 4 })
  await until(() => open.length === 4)
  open[0]!()
  await until(() => open.length === 5)
  for (const end of open) end()
  await until(() => store.book().counts.done === 5)
  await close()
  await store.end()
})

test('what is added while the store restarts is kept, and a job that runs meanwhile is not run again', async () => {
  const folder = tempFolder()
  const first = await startJobStore(folder)
  const { orders, close } = await openOrders(first.socket)
  const ran: unknown[] = []
  const waiting: (() => void)[] = []
  orders.process(async ({ data }) => {
    ran.push(data)
    if (data === 'long') await new Promise<void>((resolve) => void waiting.push(resolve))
  })
  await orders.add('long')
  await until(() => waiting.length === 1)
  await first.end()
  const adding = orders.add('meanwhile', { id: 'meanwhile' })
  const second = await startJobStore(folder)
  expect(await adding).toEqual({ id: 'meanwhile', isNew: true })
  waiting[0]!()
  await until(() => second.book().counts.done === 2)
  expect([new Set(ran), ran.length]).toEqual([new Set(['long', 'meanwhile']), 2])
  expect(second.book().figures).toMatchObject({ running: 0, waiting: 0 })
  await close()
  await second.end()
})

test('a job whose instance has died runs again in another, after a moment in which that instance could have come back', async () => {
  const store = await startJobStore(tempFolder())
  const dying = new ServerJobs({ path: store.socket, token: tokenOf('orders'), config: () => config })
  const taken: number[] = []
  dying.work((run) => {
    taken.push(run.run)
    return new Promise(() => {})
  })
  const { orders, close } = await openOrders(store.socket)
  await orders.add('a', { id: 'a' })
  await until(() => taken.length === 1)
  const closing = dying.close()
  const attempts: number[] = []
  orders.process(({ attempt }) => void attempts.push(attempt))
  await until(() => store.book().counts.done === 1)
  expect([attempts, store.book().counts.interrupted]).toEqual([[2], 1])
  await closing
  await close()
  await store.end()
})

test('a store that is away: adding ends in time, with a code, and works again when it is back', async () => {
  const folder = tempFolder()
  const first = await startJobStore(folder)
  const { orders, close, read, configure } = await openOrders(first.socket)
  await orders.add(1)
  configure({ timeoutMs: 50 })
  await first.end()
  await expect(orders.add(2)).rejects.toMatchObject({ code: 'SPY_JOBS_SILENT', statusCode: 503, headers: { 'retry-after': '2' } })
  const second = await startJobStore(folder)
  await until(async () => (await orders.add(3, { id: 'three' }).catch(() => undefined)) !== undefined)
  expect([read('failures'), second.book().figures.waiting]).toEqual([expect.any(Number), expect.any(Number)])
  expect(second.book().stateOf('three')).toBe('waiting')
  await close()
  await expect(orders.add(4)).rejects.toMatchObject({ code: 'SPY_JOBS_SILENT' })
  await second.end()
})

test('a queue that another token opens is closed to the caller', async () => {
  const store = await startJobStore(tempFolder())
  const thief = new ServerJobs({ path: store.socket, token: tokenOf('other'), config: () => ({ ...config, timeoutMs: 100 }) })
  await expect(thief.add({ id: 'a', isNamed: true, data: '1', delayMs: 0, attempts: 1, backoffMs: 0 })).rejects.toMatchObject({
    code: 'SPY_JOBS_SILENT',
  })
  expect(store.jobs.names).toEqual([])
  await thief.close()
  await store.end()
})

test('jobs that are large together are given as they are read: none is interrupted by its own size', async () => {
  const store = await startJobStore(tempFolder())
  const { orders, close } = await openOrders(store.socket, { concurrency: 60, maxBytes: 1_048_576, timeoutMs: 60_000 })
  const added = Array.from({ length: 36 }, (_, i) => orders.add(`${i}${'y'.repeat(1_000_000)}`))
  expect((await Promise.all(added)).every(({ isNew }) => isNew)).toBe(true)
  store.book().purge('all')
  const data = JSON.stringify('x'.repeat(1_000_000))
  for (let i = 0; i < 36; i++) store.book().add({ id: `j${i}`, isNamed: true, data, delayMs: 0, attempts: 1, backoffMs: 0 })
  orders.process(() => {})
  await until(() => store.book().counts.done + store.book().counts.died === 36)
  expect(store.book().counts).toMatchObject({ done: 36, interrupted: 0 })
  await close()
  await store.end()
})

test('what is no message ends its connection, and not the process with the jobs of all', async () => {
  const store = await startJobStore(tempFolder())
  const hello = { do: 'hello', queue: 'orders', token: tokenOf('orders'), limits: { maxJobs: 9, maxTotalBytes: 9999, keepDoneMs: 0 } }
  for (const line of ['null', '7', '{"do":"add"}', JSON.stringify(hello)]) {
    const socket = net.connect(store.socket)
    const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))
    socket.write(`${line}\n`)
    await closed
  }
  const { orders, close } = await openOrders(store.socket)
  expect(await orders.add('a job')).toMatchObject({ isNew: true })
  await close()
  await store.end()
})

test('an instance that stops ends the jobs that run, and gives back those that take too long', async () => {
  const store = await startJobStore(tempFolder())
  const { orders, close } = await openOrders(store.socket)
  const signals: AbortSignal[] = []
  const short: (() => void)[] = []
  orders.process(async ({ data, signal }) => {
    if (data === 'short') return await new Promise<void>((resolve) => void short.push(resolve))
    signals.push(signal)
    return await new Promise(() => {})
  })
  await orders.add('short')
  await orders.add('long', { id: 'long' })
  await until(() => short.length === 1 && signals.length === 1)
  const closing = close(300)
  await orders.add('late', { id: 'late' })
  short[0]!()
  await closing
  expect([signals[0]!.aborted, signals[0]!.reason]).toMatchObject([true, { code: 'SPY_JOB_GIVEN_BACK' }])
  expect(store.book().figures).toMatchObject({ waiting: 2, running: 0 })
  expect(store.book().counts).toMatchObject({ done: 1, failed: 0, interrupted: 0 })
  const next = await openOrders(store.socket, {}, 'shop-2')
  const attempts: unknown[] = []
  next.orders.process(({ data, attempt }) => void attempts.push(`${data as string} ${attempt}`))
  await until(() => store.book().counts.done === 3)
  expect([attempts.length, new Set(attempts)]).toEqual([2, new Set(['late 1', 'long 1'])])
  await next.close()
  await store.end()
})
