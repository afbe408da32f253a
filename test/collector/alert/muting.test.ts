import { expect, test } from 'vitest'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { muteOf } from '../../../collector/src/alert/muting.ts'
import { incidentOf } from './incidents.ts'

const quiet = { silences: { covering: () => [] }, maintenance: { isWithin: () => false } }
const down = (name: string, over: Partial<Incident> = {}) =>
  incidentOf({ id: `down ${name}`, rule: 'InstanceDown', resource: `spyglass:type=Instance,name=${name}`, ...over })
const muted = (incident: Incident, others: readonly Incident[], now = 0) =>
  muteOf(incident, { labels: {}, all: [...others, incident], now }, quiet)

test('an instance that is down, or may soon be, explains what is about it, and half a minute of what follows', () => {
  const pool = incidentOf({ resource: 'spyglass:type=Datasource,instance=shop-1,name=shop' })
  const heap = incidentOf({ rule: 'HeapNearLimit', resource: 'spyglass:type=V8Heap,process=shop-1' })
  const flapping = incidentOf({ rule: 'InstanceFlapping', resource: 'spyglass:type=Instance,name=shop-1' })
  for (const one of [pool, heap, flapping]) {
    expect(muted(one, [down('shop-1')])).toBe('instance-down')
    expect(muted(one, [down('shop-1', { state: 'pending' })])).toBe('instance-down')
    expect(muted(one, [down('shop-1', { state: 'resolved', resolvedAt: 0 })], 30_000)).toBe('instance-down')
    expect(muted(one, [down('shop-1', { state: 'resolved', resolvedAt: 0 })], 30_001)).toBeUndefined()
    expect(muted(one, [down('shop-2')])).toBeUndefined()
    expect(muted(one, [down('shop-1', { origin: 'east@1' })])).toBeUndefined()
  }
  expect(muted(down('shop-1'), [down('shop-2')])).toBeUndefined()
})

test('a service is explained when all its instances are down', () => {
  const slow = incidentOf({ rule: 'LatencyHigh', resource: 'spyglass:type=Service,name=shop', attributes: { instances: 'shop-1,shop-2' } })
  expect(muted(slow, [down('shop-1'), down('shop-2')])).toBe('instance-down')
  expect(muted(slow, [down('shop-1')])).toBeUndefined()
  expect(muted({ ...slow, attributes: {} }, [down('shop-1')])).toBeUndefined()
})

test('the fourth time in ten minutes is flapping, for five minutes', () => {
  const before = [1, 2, 3].map((i) => incidentOf({ id: `${i}`, state: 'resolved', firedAt: i * 1000 }))
  const again = incidentOf({ id: '4', firedAt: 10_000 })
  expect(muted(again, before, 10_000)).toBe('flapping')
  expect(muted(again, before, 309_999)).toBe('flapping')
  expect(muted(again, before, 310_000)).toBeUndefined()
  expect(muted(again, before.slice(1), 10_000)).toBeUndefined()
  expect(muted({ ...again, firedAt: 601_500 }, before, 601_500)).toBeUndefined()
})

test('silences and maintenance come first', () => {
  const silences = { covering: () => [{} as never] }
  const maintenance = { isWithin: () => true }
  expect(muteOf(incidentOf(), { labels: {}, all: [], now: 0 }, { ...quiet, silences })).toBe('silence')
  expect(muteOf(incidentOf(), { labels: {}, all: [], now: 0 }, { ...quiet, maintenance })).toBe('maintenance')
})
