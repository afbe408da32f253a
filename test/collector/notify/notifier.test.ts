import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { createNotifier, type OutboxState } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'
import { pageFor } from './pages.ts'
import { startReceiver } from './receiver.ts'

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

test('pages of a receiver that is no longer configured are dropped', () => {
  const state: OutboxState = { sequence: 1, outbox: [{ sequence: 1, receiver: 'gone', page: pageFor(), attempts: 3, nextAttemptAt: 0 }] }
  state.deliveries = { gone: { failingSince: 1 } }
  createNotifier({ receivers: [], state, save: () => {}, logger })
  expect([state.outbox, state.deliveries]).toEqual([[], {}])
})
