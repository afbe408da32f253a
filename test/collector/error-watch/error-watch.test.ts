import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventInput } from '@spyglass/agent/registry'
import { ErrorWatch } from '../../../collector/src/error-watch/error-watch.ts'
import type { CountedError } from '../../../collector/src/rollup/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const DAY = 86_400_000

const error = (fingerprint: string, more: Partial<CountedError> = {}): CountedError => ({
  minute: 1_800_000_000,
  server: 'main',
  application: '',
  service: 'shop',
  instance: 'shop-1@9f8e7d6c',
  version: '2.0.1',
  fingerprint,
  type: 'TypeError',
  message: 'order ? is gone',
  location: 'src/orders.ts:41',
  function: 'load',
  ...more,
})

function watching(stateFolder = tempFolder(), clock = { now: 1_800_000_000_000 }) {
  const events: EventInput[] = []
  const damages: string[] = []
  const watch = new ErrorWatch({
    stateFolder,
    onDamage: ({ reason }) => void damages.push(reason),
    emit: (event) => void events.push(event),
    server: 'main',
    keptDays: 30,
    now: () => clock.now,
  })
  return { watch, events, damages, stateFolder, clock }
}

test('an error is an event when it is seen first, about the instance that had it, and never again', () => {
  const { watch, events } = watching()
  watch.note([error('a')])
  watch.note([error('a', { instance: 'shop-2@9f8e7d6c' }), error('b', { service: 'blog' })])
  expect(events.map(({ name, resource, message }) => [name, resource, message])).toEqual([
    [
      'spyglass.error.new',
      'spyglass:type=Instance,name=shop-1',
      'new error in shop, version 2.0.1: TypeError: order ? is gone at src/orders.ts:41',
    ],
    ['spyglass.error.new', 'spyglass:type=Instance,name=shop-1', expect.stringContaining('new error in blog')],
  ])
  expect(new Set(events.map(({ incidentId }) => incidentId)).size).toBe(2)
  expect(events[0]?.attributes).toMatchObject({ fingerprint: 'a', service: 'shop', version: '2.0.1', location: 'src/orders.ts:41' })
})

test('what was seen before a restart is known after it; a day of rest does not matter', () => {
  const first = watching()
  first.watch.note([error('a')])
  first.watch.save()
  first.clock.now += 2 * DAY
  const second = watching(first.stateFolder, first.clock)
  second.watch.note([error('a'), error('b')])
  expect(second.events.map(({ attributes }) => attributes?.['fingerprint'])).toEqual(['b'])
})

test('an error that did not occur for as long as rollups are kept is new again; one that did is not', () => {
  const { watch, clock, stateFolder } = watching()
  watch.note([error('rare'), error('daily')])
  clock.now += 20 * DAY
  watch.note([error('daily')])
  watch.save()
  clock.now += 20 * DAY
  const later = watching(stateFolder, clock)
  later.watch.note([error('rare'), error('daily')])
  expect(later.events.map(({ attributes }) => attributes?.['fingerprint'])).toEqual(['rare'])
})

test('a minute has ten events of a service at most, and the next one says how many were left out', () => {
  const { watch, events, clock } = watching()
  watch.note(Array.from({ length: 50 }, (_, i) => error(`many-${i}`)))
  expect(events).toHaveLength(10)
  clock.now += 60_000
  watch.note([error('many-49'), error('later')])
  expect(events.slice(10).map(({ attributes }) => attributes)).toMatchObject([{ fingerprint: 'later', unannouncedBefore: 40 }])
})

test('a service with many new errors does not bury those of others, of which there are thirty at most', () => {
  const { watch, events } = watching()
  for (const service of ['loud', 'a', 'b', 'c']) watch.note(Array.from({ length: 20 }, (_, i) => error(`${service}-${i}`, { service })))
  const services = events.map(({ attributes }) => attributes?.['service'])
  expect(services).toEqual(['loud', 'a', 'b'].flatMap((service) => Array.from({ length: 10 }, () => service)))
})

test('an instance of another server is no resource of this one', () => {
  const { watch, events } = watching()
  watch.note([error('a', { server: 'elsewhere' }), error('b', { instance: 'host-12' })])
  expect(events.map(({ resource }) => resource)).toEqual([
    'spyglass:type=Collector,name=collector',
    'spyglass:type=Collector,name=collector',
  ])
})

test('a damaged state is reported, and errors are announced again', () => {
  const { stateFolder } = watching()
  writeFileSync(join(stateFolder, 'known-errors.json'), '[["a"')
  const { watch, events, damages } = watching(stateFolder)
  watch.note([error('a')])
  expect([damages.length, events.length]).toEqual([1, 1])
})
