import { expect, test } from 'vitest'
import type { AgentStatus } from '../../../snmp-bridge/src/mib/agent-objects.ts'
import { createNotifier, type Message } from '../../../snmp-bridge/src/notification/notifier.ts'
import type { Receiver } from '../../../snmp-bridge/src/notification/receiver.ts'
import { until } from '../../support/until.ts'

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
const numbered = (n: number, isIncident = false): Message => ({ notification: { oid: [1, 3, n], varbinds: [], upTime: 0 }, isIncident })

function receiver(name: string, deliver: (n: number) => Promise<void>, acknowledges = false): Receiver {
  return { name, acknowledges, deliver: ({ oid }) => deliver(oid[2]!), close: () => {} }
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

/** Cursors in memory, and how they moved. */
function cursorsAt(begin: Record<string, number> = {}) {
  const positions = new Map(Object.entries(begin))
  const moves: string[] = []
  return {
    moves,
    cursors: {
      of: (receiver: string) => positions.get(receiver) ?? 0,
      moveTo(receiver: string, position: number) {
        positions.set(receiver, position)
        moves.push(`${receiver} ${position}`)
      },
    },
  }
}

test('what begins or ends an incident is repeated until it is acknowledged, in order; only then the cursor moves', async () => {
  const taken: number[] = []
  const { cursors, moves } = cursorsAt()
  let away = 3
  const away3 = receiver('r', (n) => (away-- > 0 ? Promise.reject(new RangeError('away')) : Promise.resolve(void taken.push(n))), true)
  const notifier = createNotifier({
    receivers: [away3],
    status: newStatus(),
    onFailure: () => expect(moves).toEqual([]),
    cursors,
    pauseMs: 1,
  })
  notifier.notify({ ...numbered(1, true), position: 10 })
  notifier.notify({ ...numbered(2, true), position: 20 })
  notifier.notify({ position: 25 }) // of an event that SNMP does not tell
  notifier.notify({ ...numbered(3), position: 30 })
  await notifier.idle()
  expect([taken, moves]).toEqual([
    [1, 2, 3],
    ['r 10', 'r 20', 'r 25', 'r 30'],
  ])
})

test('what a receiver has, from an earlier process or twice from the stream, is not sent again', async () => {
  const taken: string[] = []
  const all = ['a', 'b'].map((name) => receiver(name, async (n) => void taken.push(`${name}${n}`), true))
  const { cursors } = cursorsAt({ a: 20, b: 10 })
  const notifier = createNotifier({ receivers: all, status: newStatus(), onFailure: () => {}, cursors })
  for (const position of [10, 20, 20, 30]) notifier.notify({ ...numbered(position, true), position })
  await notifier.idle()
  expect(taken.toSorted()).toEqual(['a30', 'b20', 'b30'])
})

test('a receiver that acknowledges nothing is not asked twice', async () => {
  const status = newStatus()
  const trap = receiver('r', () => Promise.reject(new RangeError('no such host')))
  const notifier = createNotifier({ receivers: [trap], status, onFailure: () => {} })
  notifier.notify(numbered(1, true))
  await notifier.idle()
  expect(status).toMatchObject({ notificationsSent: 1, informsUnacknowledged: 1 })
})

test('a full queue drops first what may be lost', async () => {
  const gate = Promise.withResolvers<void>()
  const taken: number[] = []
  const slow = receiver('r', (n) => gate.promise.then(() => void taken.push(n)), true)
  const notifier = createNotifier({ receivers: [slow], status: newStatus(), onFailure: () => {} })
  for (let n = 0; n < 1002; n++) notifier.notify(numbered(n, n === 1))
  gate.resolve()
  await notifier.idle()
  expect(taken.slice(0, 3)).toEqual([0, 1, 3])
})

test('no incident is lost for a receiver that was away for more than a queue: it is read again when there is room', async () => {
  const gate = Promise.withResolvers<void>()
  const [taken, asked]: [number[], number[]] = [[], []]
  const status = newStatus()
  const { cursors } = cursorsAt()
  const away = receiver('away', (n) => gate.promise.then(() => void taken.push(n)), true)
  const others = receiver('others', async () => {}, true)
  const tell = (n: number) => notifier.notify({ ...numbered(n, n !== 2), position: n })
  const notifier = createNotifier({
    receivers: [away, others],
    status,
    onFailure: () => {},
    cursors,
    readAgain(after) {
      asked.push(after)
      for (let n = after + 1; n <= 2500; n++) tell(n)
    },
  })
  for (let n = 1; n <= 2500; n++) {
    tell(n)
    if (n % 500 === 0) await until(() => cursors.of('others') === n)
  }
  expect([cursors.of('away'), asked]).toEqual([0, []])
  gate.resolve()
  await until(() => cursors.of('away') === 2500)
  expect(taken).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1).filter((n) => n !== 2)) // it may be lost
  expect([asked, status.notificationsDropped]).toEqual([[1002, 2003], 1])
  notifier.stop()
})

test('events are read again from where the first of those that take something misses something', async () => {
  const gates = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() }
  const asked: number[] = []
  const { cursors } = cursorsAt({ a: 0, b: 500 })
  const both = (['a', 'b'] as const).map((name) => receiver(name, () => gates[name].promise, true))
  const readAgain = (after: number): void => void asked.push(after)
  const notifier = createNotifier({ receivers: both, status: newStatus(), onFailure: () => {}, cursors, readAgain })
  for (let position = 1; position <= 2000; position++) notifier.notify({ ...numbered(position, true), position })
  gates.a.resolve()
  await until(() => asked.length === 1)
  gates.b.resolve()
  await until(() => asked.length === 2)
  expect(asked).toEqual([1001, 1001]) // the second time for both
  notifier.stop()
})
