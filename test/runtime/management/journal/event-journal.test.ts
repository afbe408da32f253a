import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { Damage } from '@spyglass/process/durable-file'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventJournal, type EventJournalOptions } from '../../../../runtime/src/management/journal/event-journal.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import { eventOf } from './events.ts'

function opened(folder: string, options: Partial<EventJournalOptions> = {}) {
  const damages: Damage[] = []
  const failures: unknown[] = []
  const journal = new EventJournal({
    folder,
    onDamage: (damage) => damages.push(damage),
    onFailure: (error) => failures.push(error),
    ...options,
  })
  const told: string[] = []
  journal.onEntry(({ event }) => told.push(event.message))
  const take = (phase: SpyglassEvent['phase'], number: number, key?: string): Promise<void> =>
    new Promise((resolve) => journal.take(eventOf(phase, number), { source: 'shop-1', key }, resolve))
  const after = (position: number, limit = 100) => journal.after(position, limit).map(({ event }) => event.message)
  return { journal, damages, failures, told, take, after }
}

test('events are kept in order, told once, and read from any position, also by the next process', async () => {
  const folder = join(tempFolder(), 'journal')
  const { journal, told, take, after } = opened(folder)
  await Promise.all([take('raise', 1), take('note', 2), take('clear', 1)])
  expect(told).toEqual(['raise 1', 'note 2', 'clear 1'])
  const [first] = journal.after(0, 1)
  expect(after(first?.position ?? 0)).toEqual(['note 2', 'clear 1'])
  await journal.close()
  const next = opened(folder)
  next.journal.serves({ source: 'shop-1', pid: 1 })
  expect(next.journal.newest).toBe(journal.newest)
  expect([next.after(0), next.after(first?.position ?? 0, 1), next.told]).toEqual([['raise 1', 'note 2', 'clear 1'], ['note 2'], []])
  await next.take('raise', 3)
  expect(next.after(0)).toEqual(['raise 1', 'note 2', 'clear 1', 'raise 3'])
  await next.journal.close()
  expect(opened(folder).journal.open.map(({ event }) => event.message)).toEqual(['raise 3'])
})

test('a repeat is acknowledged and not told again, also after a restart; not before the first is on the disk', async () => {
  const folder = tempFolder()
  const { journal, told, take } = opened(folder)
  const order: string[] = []
  await Promise.all([take('note', 1, 'a 1').then(() => order.push('first')), take('note', 1, 'a 1').then(() => order.push('repeat'))])
  expect([order, told]).toEqual([['first', 'repeat'], ['note 1']])
  await journal.close()
  const next = opened(folder)
  await next.take('note', 1, 'a 1')
  await next.take('note', 1, 'a 2')
  expect(next.told).toEqual(['note 1'])
  await next.journal.close()
})

test('positions rise, whatever the clock does', async () => {
  const folder = tempFolder()
  let now = 1_000_000
  const { journal, take } = opened(folder, { now: () => now })
  for (const time of [1_000_000, 1_000_000, 500_000]) {
    now = time
    await take('note', time, `a ${Math.random()}`)
  }
  await journal.close()
  const next = opened(folder, { now: () => 1 })
  await next.take('note', 9, 'b')
  const positions = next.journal.after(0, 9).map(({ position }) => position)
  expect(positions).toEqual([1_000_000_000, 1_000_000_001, 1_000_000_002, 1_000_000_003])
  await next.journal.close()
})

test('who is in service is known to the next process', async () => {
  const folder = tempFolder()
  const { journal } = opened(folder)
  for (const pid of [7, 7, 8]) journal.serves({ source: 'shop-1', pid })
  journal.serves({ source: 'blog-1', pid: 9 })
  journal.serves({ source: 'blog-1' })
  await journal.close()
  expect([...opened(folder).journal.inService]).toEqual([['shop-1', 8]])
})

test('a process that dies at any byte of a write loses nothing that it had acknowledged, and nothing is reported as damage', async () => {
  const folder = tempFolder()
  const { journal, take } = opened(folder)
  await take('raise', 1)
  await take('raise', 2)
  await journal.close()
  const [name = ''] = readdirSync(folder)
  const whole = readFileSync(join(folder, name))
  const end = whole.lastIndexOf(10, whole.length - 2) + 1 // of the first raise
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: end, max: whole.length - 1 }), async (length) => {
      const copy = tempFolder()
      writeFileSync(join(copy, name), whole.subarray(0, length))
      const next = opened(copy)
      expect([next.after(0), next.damages]).toEqual([['raise 1'], []])
      await next.take('raise', 2)
      expect(next.after(0)).toEqual(['raise 1', 'raise 2'])
      await next.journal.close()
      rmSync(copy, { recursive: true })
    }),
    { numRuns: 20 },
  )
})

test('a damaged line is skipped, reported once and set aside; the others stay', async () => {
  const folder = tempFolder()
  const { journal, take } = opened(folder)
  for (const number of [1, 2, 3]) await take('raise', number)
  await journal.close()
  const [name = ''] = readdirSync(folder)
  const file = join(folder, name)
  writeFileSync(file, readFileSync(file, 'utf8').replace('raise 2', 'raise 9'))
  const next = opened(folder)
  expect(next.after(0)).toEqual(['raise 1', 'raise 3'])
  expect(next.damages).toMatchObject([{ file, reason: '1 of its lines cannot be read', fromPrevious: false }])
  expect(readdirSync(folder)).toHaveLength(2)
  await next.journal.close()
  const again = opened(folder)
  expect([again.damages, again.after(0)]).toEqual([[], ['raise 1', 'raise 3']])
})

test('a folder that cannot be written: events pass through, nobody is told that they are kept, and all are kept as soon as it can', async () => {
  const folder = join(tempFolder(), 'journal')
  writeFileSync(folder, '') // in the place of the folder
  const { journal, told, failures, take } = opened(folder, { retryMs: 5 })
  const kept: number[] = []
  const taken = [1, 2].map((number) => take('raise', number).then(() => kept.push(number)))
  await until(() => told.length === 2)
  void take('raise', 1).then(() => kept.push(9)) // nor of a repeat
  expect([kept, failures.length > 0, journal.problem === undefined]).toEqual([[], true, false])
  rmSync(folder)
  await Promise.all(taken)
  expect([told, journal.problem]).toEqual([['raise 1', 'raise 2'], undefined])
  await journal.close()
  expect(opened(folder).after(0)).toEqual(['raise 1', 'raise 2'])
})

test('old segments are deleted by size; who was away longer gets the raises of what is still open', async () => {
  const folder = tempFolder()
  let now = 1_000_000
  const { journal, take } = opened(folder, { now: () => (now += 1000) })
  await take('raise', 1)
  const large = (number: number): SpyglassEvent => ({ ...eventOf('note', number), message: 'x'.repeat(300_000) })
  for (let number = 0; number < 70; number++) {
    await new Promise<void>((resolve) => journal.take(large(number), { source: 's', key: `k ${number}` }, resolve))
  }
  expect(journal.bytes).toBeLessThan(19 * 1_048_576)
  expect(readdirSync(folder).length).toBeLessThan(20)
  const found = journal.after(0, 1000)
  expect(found[0]?.event.message).toBe('raise 1')
  expect(found.length).toBeGreaterThan(40)
  expect(found.map(({ position }) => position)).toEqual(found.map(({ position }) => position).toSorted((a, b) => a - b))
  await journal.close()
  expect(opened(folder, { now: () => now }).journal.open).toHaveLength(1)
})

test('a clock that jumps by weeks, forwards or backwards, costs nothing that an output has not heard', async () => {
  const folder = tempFolder()
  const DAY = 86_400_000
  const at = (days: number) => ({ now: () => 1_000_000_000_000 + days * DAY })
  const first = opened(folder, at(0))
  await first.take('raise', 1)
  await first.journal.close()
  for (const [days, i] of [
    [400, 2],
    [-400, 3],
    [0, 4],
  ] as const) {
    const next = opened(folder, at(days))
    await next.take('note', i, `k${i}`)
    await next.journal.close()
  }
  const { journal, after } = opened(folder, at(0))
  expect(after(0)).toEqual(['raise 1', 'note 2', 'note 3', 'note 4'])
  expect(journal.open.map(({ event }) => event.message)).toEqual(['raise 1'])
})

test('what cannot be read at all is reported', () => {
  const folder = tempFolder()
  mkdirSync(join(folder, '00000000000000001.journal'))
  appendFileSync(join(folder, 'note.txt'), 'not a segment')
  chmodSync(folder, 0o700)
  const { damages, after } = opened(folder)
  expect([damages.length, after(0)]).toEqual([1, []])
})

test('a process that dies before the first raise of a segment is on the disk has not heard of it', async () => {
  const folder = tempFolder()
  const first = opened(folder)
  await first.take('raise', 1)
  await first.journal.close()
  const file = join(folder, readdirSync(folder)[0] ?? '')
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.subarray(0, bytes.indexOf(10) + 1))
  const next = opened(folder)
  await next.take('raise', 1)
  expect([next.told, next.after(0)]).toEqual([['raise 1'], ['raise 1']])
  await next.journal.close()
})

test('a flood is told and kept to its last event', async () => {
  const { journal, told, take } = opened(tempFolder())
  const numbers = Array.from({ length: 12_000 }, (_, number) => number)
  await Promise.all(numbers.map((number) => take('note', number, `k ${number}`)))
  expect(told).toHaveLength(12_000)
  expect(journal.after(0, 20_000)).toHaveLength(12_000)
  await journal.close()
})

test('an output that is behind hears what could not be written', async () => {
  const folder = join(tempFolder(), 'journal')
  writeFileSync(folder, '') // in the place of the folder
  const { journal, told, after } = opened(folder)
  for (let number = 0; number < 700; number++) journal.take(eventOf('note', number), { source: 's', key: `k ${number}` })
  await until(() => told.length === 700)
  expect(after(0, 1000)).toEqual(told)
  await journal.close()
})

test('a file whose name is no position does not decide about positions', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, '99999999999999999.journal'), '')
  const { journal, take, after } = opened(folder)
  for (const number of [1, 2, 3]) await take('raise', number)
  expect(after(0)).toEqual(['raise 1', 'raise 2', 'raise 3'])
  await journal.close()
})
