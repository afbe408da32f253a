import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { EventJournal } from '../../../../runtime/src/management/journal/event-journal.ts'
import { openCursor } from '../../../../runtime/src/management/subscriber/cursor-file.ts'
import { EventSender, type Post } from '../../../../runtime/src/management/subscriber/event-sender.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import { eventOf } from '../journal/events.ts'

function sending(folder: string, post: (messages: readonly string[]) => Promise<number> | number) {
  const journal = new EventJournal({ folder: join(folder, 'journal') })
  const refused: string[] = []
  const posting: Post = async (entries) => ({ status: await post(entries.map(({ event }) => event.message)) })
  const cursor = openCursor({ file: join(folder, 'cursor.json'), onDamage: () => expect.unreachable(), now: () => 0 })
  const sender = new EventSender({ journal, cursor, post: posting, onRefused: ({ event }) => refused.push(event.message), pauseMs: 1 })
  const stop = async (): Promise<void> => {
    await sender.stop(0)
    await journal.close()
  }
  onTestFinished(stop)
  const take = (number: number): Promise<void> =>
    new Promise((resolve) => journal.take(eventOf('note', number), { source: 's', key: `k ${number}` }, resolve))
  return { journal, sender, refused, take, stop }
}

test('each event is sent in order until it is acknowledged, and the delivery says how it stands', async () => {
  const got: string[] = []
  let status = 503
  const { sender, take } = sending(tempFolder(), ([message = '']) => {
    if (status === 200) got.push(message)
    return status
  })
  await take(1)
  await take(2)
  await until(() => sender.delivery.problem === 'status 503')
  expect([sender.isDone, typeof sender.delivery.failingSince]).toEqual([false, 'number'])
  status = 200
  await until(() => sender.isDone)
  expect(got).toEqual(['note 1', 'note 2'])
  expect(sender.delivery).toEqual({ lastSuccess: expect.any(Number) as number, failingSince: undefined, problem: undefined })
})

test('what another process did not get acknowledged is sent by the next one', async () => {
  const folder = tempFolder()
  const first = sending(folder, ([message]) => (message === 'note 1' ? 200 : 0))
  for (const number of [1, 2, 3]) await first.take(number)
  await until(() => first.sender.delivery.problem === 'no answer')
  await first.stop()
  const got: string[] = []
  const next = sending(folder, (messages) => {
    got.push(...messages)
    return 200
  })
  await until(() => next.sender.isDone)
  expect(got).toEqual(['note 2', 'note 3'])
})

test('an event that is refused for good does not stop those after it, alone or among many', async () => {
  const folder = tempFolder()
  const first = sending(folder, () => 503)
  for (let number = 0; number < 150; number++) await first.take(number)
  await first.stop()
  const got: string[] = []
  const sizes: number[] = []
  const { sender, refused } = sending(folder, (messages) => {
    sizes.push(messages.length)
    if (messages.includes('note 42')) return 400
    got.push(...messages)
    return 200
  })
  await until(() => sender.isDone)
  expect(refused).toEqual(['note 42'])
  expect(got).toEqual(Array.from({ length: 150 }, (_, number) => `note ${number}`).filter((message) => message !== 'note 42'))
  expect(Math.max(...sizes)).toBe(100)
})

test('a request whose answer was lost is repeated as it was, by the next process as well, though more events wait by then', async () => {
  const folder = tempFolder()
  const bodies: string[] = []
  let answers = 0
  const lose = (messages: readonly string[]): number => {
    bodies.push(messages.join())
    return answers-- > 0 ? 200 : 0
  }
  let part = sending(folder, lose)
  const restart = async (): Promise<void> => {
    await part.stop()
    part = sending(folder, lose)
  }
  await part.take(0)
  await until(() => bodies.length > 0)
  for (let number = 1; number < 150; number++) await part.take(number)
  await restart()
  await until(() => bodies.length > 3)
  expect(new Set(bodies)).toEqual(new Set(['note 0'])) // alone, as it was first sent
  answers = 1
  await until(() => bodies.at(-1) !== 'note 0')
  const many = bodies.at(-1)
  expect(many?.split(',')).toHaveLength(100)
  for (let number = 150; number < 160; number++) await part.take(number)
  await restart()
  const sent = bodies.length
  await until(() => bodies.length > sent + 1)
  expect(new Set(bodies.slice(sent))).toEqual(new Set([many]))
  answers = 1000
  await until(() => part.sender.isDone)
  const stored = new Set(bodies.flatMap((body) => body.split(',')))
  expect(stored.size).toBe(160)
})

test('whenever either side dies, each event arrives, in order but for repeats', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('ok', 'lost answer', 'away', 'killed'), { minLength: 1, maxLength: 30 }), async (script) => {
      const folder = tempFolder()
      const got: number[] = []
      const fates = script.values()
      let isKilled = false
      const receive = ([message = '']: readonly string[]): number => {
        const fate = fates.next().value ?? 'ok'
        if (fate !== 'away') got.push(Number(message.slice(5)))
        isKilled = fate === 'killed'
        return fate === 'ok' ? 200 : 0
      }
      let part = sending(folder, receive)
      for (let number = 0; number < 5; number++) await part.take(number)
      while (!part.sender.isDone) {
        if (isKilled) {
          isKilled = false
          await part.stop()
          part = sending(folder, receive)
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect([...new Set(got)]).toEqual([0, 1, 2, 3, 4])
    }),
    { numRuns: 30 },
  )
})
