import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SpyglassConfig } from '@spyglass/process/config'
import { objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import { EventSource, keyOf } from '../../../collector/src/alert/event-source.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { down, exhausted, recovered, up } from './incidents.ts'

function bench() {
  let now = 1_000_000
  const incidents: Incident[] = []
  const told: string[] = []
  const clock = (): number => now
  const evaluator = new Evaluator({ incidents, save: () => {}, now: clock, onTransition: ({ id }, to) => told.push(`${id} ${to}`) })
  const source = new EventSource({
    alerting: SpyglassConfig.parse({}).alerting,
    evaluator,
    crashes: {},
    serverId: () => 'aaaaaaaa-0000-4000-8000-000000000000',
    now: clock,
  })
  const pass = (ms: number): void => {
    now += ms
    evaluator.tick()
  }
  return { source, evaluator, told, pass }
}

test('an instance that is back within 15 s does not page', () => {
  const { source, told, pass } = bench()
  source.onEvent(down('1'))
  pass(2000)
  source.onEvent(up('1'))
  pass(60_000)
  expect(told).toEqual(['1 pending', '1 dropped'])
})

test('an instance that stays down pages after 15 s and resolves when it is up', () => {
  const { source, told, pass, evaluator } = bench()
  source.onEvent(down('1'))
  pass(14_999)
  expect(told).toEqual(['1 pending'])
  pass(1)
  expect(evaluator.find('1')?.summary).toBe('Instance http-1 is down. spyglass.instance.down happened')
  source.onEvent(up('1'))
  expect(told).toEqual(['1 pending', '1 firing', '1 resolved'])
})

test('instances of the same name on two servers have an incident each, and the clear of one does not end that of the other', () => {
  const { source, told, pass, evaluator } = bench()
  const own = { server: 'spyglass', instance: 'management@aaaaaaaa' }
  const east = { server: 'east', instance: 'management@bbbbbbbb' }
  source.onEvent(down('1'), own)
  source.onEvent(down('2'), east)
  pass(15_000)
  expect(told.slice(-2)).toEqual(['1 firing', '2 firing'])
  expect(evaluator.find('2')).toMatchObject({
    origin: 'east@bbbbbbbb',
    summary: expect.stringMatching(/^Server east: Instance http-1/) as string,
  })
  expect(evaluator.find('1')).toMatchObject({ summary: expect.stringMatching(/^Instance http-1/) as string })
  source.onEvent(up('2'), east)
  expect(told.at(-1)).toBe('2 resolved')
  evaluator.clear({ rule: 'InstanceDown', resource: evaluator.find('1')!.resource, origin: 'east@bbbbbbbb' })
  expect(evaluator.find('1')?.state).toBe('firing')
  source.onEvent(up('1')) // the collector's own event comes without a sender
  expect(told.at(-1)).toBe('1 resolved')
})

test('crashes of two servers are not added up', () => {
  const { source, told, pass } = bench()
  for (const [id, server] of [
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'b'],
  ] as const) {
    const sender = { server, instance: `management@${server.repeat(8)}` }
    source.onEvent(down(id), sender)
    source.onEvent(up(id), sender)
    pass(1000)
  }
  expect(told.filter((text) => text.endsWith('firing'))).toEqual([])
})

test('the third crash in ten minutes pages at once, and resolves when the instance has stayed up', () => {
  const { source, told, pass, evaluator } = bench()
  for (const id of ['1', '2']) {
    source.onEvent(down(id))
    pass(1000)
    source.onEvent(up(id))
    pass(60_000)
  }
  source.onEvent(down('3'))
  expect(told.at(-1)).toBe('3 firing')
  expect(evaluator.find('3')?.summary).toMatch(/^Instance http-1 crashed 3 times within 10 min\./)
  source.onEvent(up('3'))
  expect(told.at(-1)).toBe('3 firing')
  pass(15_000)
  expect(told.at(-1)).toBe('3 resolved')
})

test('two crashes and one an hour later do not page', () => {
  const { source, told, pass } = bench()
  for (const [id, wait] of [
    ['1', 1000],
    ['2', 3_600_000],
    ['3', 1000],
  ] as const) {
    source.onEvent(down(id))
    source.onEvent(up(id))
    pass(wait)
  }
  expect(told.filter((one) => one.endsWith('firing'))).toEqual([])
})

test('events that come a second time by another way count neither as a crash nor as a raise', () => {
  const { source, told, pass } = bench()
  for (const id of ['1', '2']) {
    for (let i = 0; i < 3; i++) {
      source.onEvent(down(id))
      source.onEvent(up(id))
    }
    pass(1000)
  }
  pass(60_000)
  expect(told).toEqual(['1 pending', '1 dropped', '2 pending', '2 dropped'])
})

test('an exhausted pool pages at once, naming who has held a connection longest, and resolves by the same id', () => {
  const { source, told, evaluator } = bench()
  source.onEvent(exhausted('1'))
  expect(evaluator.find('1')?.summary).toBe(
    'Pool shop of http-1 is exhausted: GET /shop/leak at src/leak.js:12 has held a connection for 14.2 s',
  )
  source.onEvent(recovered('9'))
  expect(told.at(-1)).toBe('1 firing')
  source.onEvent(recovered('1'))
  expect(told).toEqual(['1 pending', '1 firing', '1 resolved'])
})

test('keyOf reads what objectNameOf writes, whatever the values', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).filter((value) => !value.includes('\n')),
      (value) => {
        const objectName = objectNameOf(kinds.datasource, { instance: value, name: value })
        expect([keyOf(objectName, 'instance'), keyOf(objectName, 'name')]).toEqual([value, value])
      },
    ),
  )
})
