import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { createNotifier, type OutboxState } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'
import { pageFor } from './pages.ts'
import { startReceiver } from './receiver.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

test('a page is tried again until it is taken, and its resolve follows it', async () => {
  await using receiver = await startReceiver()
  receiver.answer = 503
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [receiver.config], state, save: () => {}, logger })
  notifier.enqueue(pageFor())
  notifier.wake()
  await until(() => notifier.failed === 1)
  notifier.enqueue(pageFor({ status: 'resolved' }))
  notifier.wake()
  receiver.answer = 200
  const pages = await receiver.got(2)
  expect(pages.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  await until(() => state.outbox.length === 0)
  expect(notifier.sent).toBe(2)
  await notifier.stop()
})

test('a page that the receiver will never accept is dropped and blocks nothing', async () => {
  await using receiver = await startReceiver()
  receiver.answer = 422
  const state: OutboxState = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: [receiver.config], state, save: () => {}, logger })
  notifier.enqueue(pageFor())
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
  createNotifier({ receivers: [], state, save: () => {}, logger })
  expect(state.outbox).toEqual([])
})
