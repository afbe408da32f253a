import { expect, test } from 'vitest'
import type { AgentStatus } from '../../../snmp-bridge/src/mib/agent-objects.ts'
import type { Notification } from '../../../snmp-bridge/src/notification/message.ts'
import { createNotifier } from '../../../snmp-bridge/src/notification/notifier.ts'
import type { Receiver } from '../../../snmp-bridge/src/notification/receiver.ts'

const newStatus = (): AgentStatus => ({
  version: '',
  lastPoll: 0,
  pollErrors: 0,
  stale: false,
  notificationsSent: 0,
  informsUnacknowledged: 0,
  notificationsDropped: 0,
  undelivered: new Map(),
})
const numbered = (n: number): Notification => ({ oid: [1, 3, n], varbinds: [], upTime: 0 })

function receiver(name: string, deliver: (n: number) => Promise<void>): Receiver {
  return { name, deliver: ({ oid }) => deliver(oid[2]!), close: () => {} }
}

test('each receiver gets every notification in order, and one that fails holds up nobody', async () => {
  const status = newStatus()
  const taken: number[] = []
  const failures: unknown[] = []
  const good = receiver('good', async (n) => void taken.push(n))
  const bad = receiver('bad', () => Promise.reject(new RangeError('away')))
  const notifier = createNotifier({ receivers: [bad, good], status, onFailure: (error) => failures.push(error) })
  for (let n = 0; n < 5; n++) notifier.notify(numbered(n))
  await notifier.idle()
  expect(taken).toEqual([0, 1, 2, 3, 4])
  expect(failures).toHaveLength(5)
  expect(status).toMatchObject({ notificationsSent: 10, informsUnacknowledged: 5, notificationsDropped: 0 })
})

test('who did not get the last notification is known with the reason, until the next one arrives', async () => {
  const status = newStatus()
  const [away, back] = ['away', 'back'].map((name) =>
    receiver(name, (n) => (n < 2 || name === 'away' ? Promise.reject(new RangeError(`${name} ${n}`)) : Promise.resolve())),
  )
  const notifier = createNotifier({ receivers: [away!, back!], status, onFailure: () => {} })
  notifier.notify(numbered(1))
  await notifier.idle()
  expect([...status.undelivered.values()]).toEqual(['away 1', 'back 1'])
  notifier.notify(numbered(2))
  await notifier.idle()
  expect([...status.undelivered]).toEqual([['away', 'away 2']])
})

test('a full queue drops its oldest and counts it', async () => {
  const status = newStatus()
  const taken: number[] = []
  const gate = Promise.withResolvers<void>()
  const slow = receiver('slow', async (n) => {
    await gate.promise
    taken.push(n)
  })
  const notifier = createNotifier({ receivers: [slow], status, onFailure: () => {} })
  for (let n = 0; n < 1005; n++) notifier.notify(numbered(n))
  gate.resolve()
  await notifier.idle()
  expect(status.notificationsDropped).toBe(4)
  expect(taken.slice(0, 2)).toEqual([0, 5])
  expect(taken).toHaveLength(1001)
})

test('after stop nothing is sent and no failure is reported', async () => {
  const status = newStatus()
  const failures: unknown[] = []
  const gate = Promise.withResolvers<void>()
  const notifier = createNotifier({ receivers: [receiver('x', () => gate.promise)], status, onFailure: (error) => failures.push(error) })
  notifier.notify(numbered(1))
  notifier.notify(numbered(2))
  notifier.stop()
  notifier.notify(numbered(3))
  gate.reject(new RangeError('closed'))
  await notifier.idle()
  expect(failures).toEqual([])
  expect(status.notificationsSent).toBe(1)
})
