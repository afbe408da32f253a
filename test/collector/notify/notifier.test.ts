import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { createNotifier, type OutboxState } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'
import { pageFor } from './pages.ts'
import { receiverConfig, startReceiver } from './receiver.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

test.each([503, 400])('a page that is answered %d is tried again until it is accepted, and its resolve follows it', async (status) => {
  await using receiver = await startReceiver()
  receiver.answer = status
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [receiver.config], state, save: () => {}, logger })
  notifier.enqueue(pageFor())
  notifier.wake()
  await until(() => notifier.failed === 1)
  expect(notifier.deliveries()).toMatchObject([
    { receiver: 'pager', waiting: 1, reason: expect.stringContaining(String(status)) as string },
  ])
  receiver.answer = 200
  await receiver.got(1)
  notifier.enqueue(pageFor({ status: 'resolved', endsAt: new Date().toISOString() }))
  notifier.wake()
  const pages = await receiver.got(2)
  expect(pages.map((page) => [page.status, page.wasMissed])).toEqual([
    ['firing', undefined],
    ['resolved', undefined],
  ])
  await until(() => state.outbox.length === 0)
  expect(notifier.sent).toBe(2)
  expect(notifier.deliveries()).toEqual([{ receiver: 'pager', waiting: 0, lastSuccess: expect.any(Number) as number }])
  await notifier.stop()
})

test('an incident that begins and ends while the receiver is away is told in one message', async () => {
  await using receiver = await startReceiver()
  receiver.answer = 503
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [receiver.config], state, save: () => {}, logger })
  notifier.enqueue(pageFor())
  notifier.wake()
  await until(() => notifier.failed === 1)
  notifier.enqueue(pageFor({ status: 'reminder' }))
  notifier.enqueue(pageFor({ status: 'resolved', endsAt: new Date().toISOString() }))
  receiver.answer = 200
  notifier.wake()
  expect((await receiver.got(1)).map(({ status, wasMissed }) => [status, wasMissed])).toEqual([['resolved', true]])
  await until(() => state.outbox.length === 0)
  await notifier.stop()
})

test('the end of an incident is offered for a day', async () => {
  await using receiver = await startReceiver()
  receiver.answer = 422
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [receiver.config], state, save: () => {}, logger })
  notifier.enqueue(pageFor({ status: 'resolved', endsAt: new Date(Date.now() - 90_000_000).toISOString() }))
  notifier.wake()
  await until(() => state.outbox.length === 0)
  expect([notifier.sent, notifier.failed]).toEqual([0, 1])
  await notifier.stop()
})

test('one receiver that is away does not hold back another', async () => {
  await using good = await startReceiver({ name: 'good' })
  await using bad = await startReceiver({ name: 'bad' })
  bad.answer = 500
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [bad.config, good.config], state, save: () => {}, logger })
  notifier.enqueue(pageFor())
  notifier.wake()
  await good.got(1)
  await until(() => notifier.failed === 1)
  expect(state.outbox.map(({ receiver }) => receiver)).toEqual(['bad'])
  await notifier.stop()
})

test('a listener that fails costs no page: neither the accepted one nor another that waits', async () => {
  await using good = await startReceiver({ name: 'good' })
  await using bad = await startReceiver({ name: 'bad' })
  bad.answer = 500
  const state: OutboxState = { sequence: 0, outbox: [] }
  const onAccepted = (): never => {
    throw new RangeError('no')
  }
  const notifier = createNotifier({ receivers: [good.config, bad.config], state, save: () => {}, logger, onAccepted })
  notifier.enqueue(pageFor())
  notifier.wake()
  await good.got(1)
  await until(() => notifier.failed === 1 && notifier.sent === 1)
  expect([state.outbox.map(({ receiver }) => receiver), notifier.deliveries()[0]?.reason]).toEqual([['bad'], undefined])
  await notifier.stop()
})

test('pages of a receiver that is no longer configured are dropped', () => {
  const state: OutboxState = { sequence: 1, outbox: [{ sequence: 1, receiver: 'gone', page: pageFor(), attempts: 3, nextAttemptAt: 0 }] }
  state.deliveries = { gone: { failingSince: 1 } }
  createNotifier({ receivers: [], state, save: () => {}, logger })
  expect([state.outbox, state.deliveries]).toEqual([[], {}])
})

test('receivers that are slow, dead, redirecting or refusing delay no other', async () => {
  await using good = await startReceiver({ name: 'good' })
  await using redirecting = await startReceiver({ name: 'redirecting' })
  await using refusing = await startReceiver({ name: 'refusing' })
  redirecting.answer = 302
  refusing.answer = 400
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const slow = receiverConfig({ name: 'slow', url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, timeoutMs: 60_000 })
  const dead = receiverConfig({ name: 'dead', url: 'http://127.0.0.1:9/' })
  const receivers = [slow, dead, redirecting.config, refusing.config, good.config]
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers, state, save: () => {}, logger })
  for (let i = 0; i < 20; i++) notifier.enqueue(pageFor({ incidentId: `incident-${i}` }))
  notifier.wake()
  await good.got(20)
  await until(() => notifier.deliveries().find(({ receiver }) => receiver === 'good')?.waiting === 0)
  await until(() =>
    ['dead', 'redirecting', 'refusing'].every((name) => notifier.deliveries().find(({ receiver }) => receiver === name)?.reason),
  )
  expect(notifier.deliveries().map(({ receiver, waiting }) => [receiver, waiting])).toEqual([
    ['slow', 20],
    ['dead', 20],
    ['redirecting', 20],
    ['refusing', 20],
    ['good', 0],
  ])
  const connections = await new Promise<number>((resolve) => silent.getConnections((_, count) => resolve(count)))
  expect(connections).toBeLessThanOrEqual(8)
  silent.closeAllConnections()
  silent.close()
  await notifier.stop()
})

test('a test goes to one receiver at once, and its refusal is told to who asked', async () => {
  await using receiver = await startReceiver()
  const notifier = createNotifier({ receivers: [receiver.config], state: { sequence: 0, outbox: [] }, save: () => {}, logger })
  await notifier.try('pager', pageFor({ status: 'test' }))
  expect(receiver.pages.map(({ status }) => status)).toEqual(['test'])
  receiver.answer = 403
  await expect(notifier.try('pager', pageFor({ status: 'test' }))).rejects.toMatchObject({ code: 'SPY_PAGE_REFUSED' })
  await expect(notifier.try('nobody', pageFor())).rejects.toMatchObject({ code: 'SPY_RECEIVER_NAME_UNKNOWN' })
  await notifier.stop()
})

test('a watchdog gets a sign of life and no pages, and one that does not get it is told as failing', async () => {
  await using watchdog = await startReceiver({ name: 'outside', type: 'watchdog' })
  const notifier = createNotifier({ receivers: [watchdog.config], state: { sequence: 0, outbox: [] }, save: () => {}, logger })
  await notifier.beat(pageFor({ status: 'notice', startsAt: '2030-01-01T00:00:00.000Z' }))
  expect(watchdog.pages).toEqual([{ server: 'spyglass', time: '2030-01-01T00:00:00.000Z' }])
  watchdog.answer = 500
  await notifier.beat(pageFor({ status: 'notice' }))
  expect(notifier.deliveries()).toMatchObject([{ receiver: 'outside', failingSince: expect.any(Number) as number }])
  await notifier.stop()
})

test('a receiver that says when it wants the page again is left alone until then', async () => {
  let now = Date.now()
  await using receiver = await startReceiver()
  receiver.answer = 429
  receiver.retryAfter = '120'
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [receiver.config], state, save: () => {}, logger, now: () => now })
  notifier.enqueue(pageFor())
  notifier.wake()
  await until(() => notifier.failed === 1)
  expect(state.outbox[0]?.nextAttemptAt).toBe(now + 120_000)
  receiver.answer = 200
  now += 119_000
  notifier.wake()
  expect(receiver.requests).toHaveLength(1)
  now += 1000
  notifier.wake()
  await receiver.got(1)
  await notifier.stop()
})

test('receivers change while it runs: what waits for one that is gone is dropped, what waits for another stays', async () => {
  await using one = await startReceiver({ name: 'one' })
  await using two = await startReceiver({ name: 'two' })
  one.answer = two.answer = 503
  const state: OutboxState = { sequence: 0, outbox: [] }
  let saved = 0
  const notifier = createNotifier({ receivers: [one.config, two.config], state, save: () => void saved++, logger })
  notifier.enqueue(pageFor())
  notifier.wake()
  await until(() => notifier.failed === 2)
  two.answer = 200
  const before = saved
  notifier.reconfigure([two.config])
  expect(saved).toBeGreaterThan(before)
  expect(state.outbox.map(({ receiver }) => receiver)).toEqual(['two'])
  expect(notifier.deliveries().map(({ receiver }) => receiver)).toEqual(['two'])
  await two.got(1)
  await notifier.stop()
})
