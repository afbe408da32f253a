/** Jobs in a Redis: the real one, with the real BullMQ. */
import { expect, test, type TestContext } from 'vitest'
import { startRedis } from '../../../support/redis.ts'
import { until } from '../../../support/until.ts'
import { type Given, openOrders } from '../fixture.ts'

async function openShop(context: TestContext, given: Given = {}) {
  const redis = await startRedis(context)
  context.onTestFinished(() => redis.stop())
  const open = async (instance: string) => {
    const opened = await openOrders('', { store: 'redis', url: `redis://127.0.0.1:${redis.port}`, backoffMs: 10, ...given }, instance)
    context.onTestFinished(() => opened.close(0))
    return opened
  }
  return { ...(await open('shop-1')), open, redis }
}

test('jobs run once in one of the instances, by the id that was given, and their ids may be of any form', async (context) => {
  const { orders, open } = await openShop(context)
  const other = await open('shop-2')
  const ran: unknown[] = []
  for (const each of [orders, other.orders])
    each.process(({ id, data, attempt, addedAt }) => void ran.push([id, data, attempt, addedAt instanceof Date]))
  expect(await orders.add({ order: 1 }, { id: '17' })).toEqual({ id: '17', isNew: true })
  expect(await other.orders.add({ order: 2 }, { id: '17' })).toEqual({ id: '17', isNew: false })
  await orders.add({ order: 3 }, { id: 'a:b%' })
  await orders.add({ order: 4 })
  await until(() => ran.length === 3)
  expect(ran).toContainEqual(['17', { order: 1 }, 1, true])
  expect(ran).toContainEqual(['a:b%', { order: 3 }, 1, true])
  expect(await orders.add({ order: 1 }, { id: '17' })).toEqual({ id: '17', isNew: false })
})

test('a job that fails runs again, is dead after its last run, and can be listed, retried, removed and purged', async (context) => {
  const { orders, resources, read } = await openShop(context, { attempts: 2 })
  let isWell = false
  const attempts: number[] = []
  orders.process(({ attempt }) => {
    attempts.push(attempt)
    if (!isWell) throw new Error('not now')
  })
  const carryOut = async (operation: string, given: Readonly<Record<string, unknown>> = {}) =>
    await resources.carryOut('jobs', 'orders', { operation, given })
  await orders.add({ order: 7 }, { id: 'seven' })
  await until(async () => ((await carryOut('dead')) as unknown[]).length === 1)
  expect(await carryOut('dead')).toMatchObject([{ id: 'seven', runs: 2, data: '{"order":7}', error: expect.stringContaining('not now') }])
  await until(() => read('dead') === 1)
  isWell = true
  expect([await carryOut('retry', { id: 'none' }), await carryOut('retry')]).toEqual([0, 1])
  await until(() => attempts.length === 3)
  expect(attempts).toEqual([1, 2, 1])
  await carryOut('pause')
  await until(() => read('state') === 'paused')
  await orders.add(1, { id: 'one' })
  await orders.add(2, { delayMs: 1_000_000 })
  await orders.add(3)
  expect([
    await carryOut('remove', { id: 'one' }),
    await carryOut('remove', { id: 'one' }),
    await carryOut('purge', { which: 'all' }),
  ]).toEqual([true, false, 2])
  await carryOut('resume')
  await until(() => read('state') === 'ok')
  await expect(async () => await carryOut('other')).rejects.toMatchObject({ code: 'SPY_JOBS_OPERATION' })
})

test('a repeated job comes by itself until it ends', async (context) => {
  const { orders } = await openShop(context)
  const seen: unknown[] = []
  orders.process(({ data }) => void seen.push(data))
  await orders.repeat('tick', 'ticked', { everyMs: 50 })
  await until(() => seen.length >= 2)
  expect([await orders.unrepeat('tick'), await orders.unrepeat('tick'), new Set(seen)]).toEqual([true, false, new Set(['ticked'])])
  await expect(orders.repeat('never', 1, { cron: '0 0 30 2 *' })).rejects.toMatchObject({ code: 'SPY_JOBS_OPTION' })
})

test('a queue that is full refuses', async (context) => {
  const { orders } = await openShop(context, { maxJobs: 1 })
  await orders.add(1)
  await until(() =>
    orders.add(2).then(
      () => false,
      (error: { code: string }) => error.code === 'SPY_JOBS_FULL',
    ),
  )
})

test('an instance that stops gives back what takes too long; another runs it, and that run counts as the first', async (context) => {
  const { orders, close, open } = await openShop(context)
  const started: number[] = []
  orders.process(({ attempt }) => {
    started.push(attempt)
    return new Promise(() => {})
  })
  await orders.add('long')
  await until(() => started.length === 1)
  await close(100)
  const next = await open('shop-2')
  const attempts: number[] = []
  next.orders.process(({ attempt }) => void attempts.push(attempt))
  await until(() => attempts.length === 1)
  expect(attempts).toEqual([1])
})

test('a Redis that is down at the start, or later: adding fails in time with a code, and runs go on when it is there', async (context) => {
  const redis = await startRedis(context)
  await redis.stop()
  const { orders, read, close } = await openOrders('', { store: 'redis', url: `redis://127.0.0.1:${redis.port}`, timeoutMs: 200 })
  context.onTestFinished(() => close(0))
  const ran: unknown[] = []
  orders.process(({ data }) => void ran.push(data))
  await expect(orders.add(1)).rejects.toMatchObject({ code: 'SPY_JOBS_SILENT', statusCode: 503 })
  await until(() => read('state') === 'down')
  for (let round = 0; round < 2; round++) {
    const again = await startRedis(context, ['--port', String(redis.port)])
    await until(() =>
      orders.add(`round ${round}`, { id: `round-${round}` }).then(
        () => true,
        () => false,
      ),
    )
    await until(() => ran.includes(`round ${round}`))
    expect(read('state')).toBe('ok')
    await again.stop()
    await until(() =>
      orders.add('away').then(
        () => false,
        (error: { code: string }) => ['SPY_JOBS_SILENT', 'SPY_JOBS_STORE'].includes(error.code),
      ),
    )
  }
})

test('without the package in the application there is a code', async () => {
  const { bullPackage } = await import('../../../../runtime/src/jobs/redis/bullmq.ts')
  expect(() => bullPackage('orders', ['/'])).toThrow(expect.objectContaining({ code: 'SPY_JOBS_PACKAGE' }))
  expect(() => bullPackage('orders', [])).toThrow('any application')
})
