import { expect, test } from 'vitest'
import { english } from '../../../collector/src/words/index.ts'
import { companionsText, groupToJoin, isLead, othersOf } from '../../../collector/src/alert/group.ts'
import { incidentOf } from './incidents.ts'

const down = (id: string, over: Parameters<typeof incidentOf>[0] = {}) =>
  incidentOf({ id, rule: 'InstanceDown', resource: `spyglass:type=Instance,name=${id}`, firedAt: 0, ...over })
const pool = (id: string, instance: string, name: string) =>
  incidentOf({ id, resource: `spyglass:type=Datasource,instance=${instance},name=${name}`, firedAt: 0 })

test('instances of one server are one cause, and a pool in all its instances; another server, pool or rule is another', () => {
  const [a, b] = [down('a'), down('b')]
  expect(groupToJoin(b, [a, b], 1000)).toBe('a')
  expect(groupToJoin(a, [a, b], 1000)).toBeUndefined() // the first begins it
  expect(groupToJoin(down('c', { origin: 'east@1' }), [a, down('c', { origin: 'east@1' })], 1000)).toBeUndefined()
  const [p, q, r] = [pool('p', 'shop-1', 'shop'), pool('q', 'shop-2', 'shop'), pool('r', 'shop-1', 'blog')]
  expect(groupToJoin(q, [a, p, q, r], 1000)).toBe('p')
  expect(groupToJoin(r, [a, p, q, r], 1000)).toBeUndefined()
})

test('what fires a minute later, and what follows one that has ended or was kept from people, begins a group of its own', () => {
  expect(groupToJoin(down('b'), [down('a'), down('b')], 60_001)).toBeUndefined()
  for (const over of [{ state: 'resolved' }, { isWithheld: true }] as const)
    expect(groupToJoin(down('b'), [down('a', over), down('b')], 1000)).toBeUndefined()
})

test('the oldest that still fires speaks for its group', () => {
  const [a, b, c] = [down('a', { state: 'resolved' }), down('b', { group: 'a' }), down('c', { group: 'a' })]
  expect([a, b, c].map((one) => isLead(one, [a, b, c]))).toEqual([false, true, false])
  expect(othersOf(a, [a, b, c]).map(({ id }) => id)).toEqual(['b', 'c'])
})

test('companions are named, ten of them', () => {
  const all = Array.from({ length: 13 }, (_, i) => down(`shop-${i}`, i === 0 ? {} : { group: 'shop-0' }))
  expect(companionsText(all[0]!, all.slice(0, 2), english)).toBe(' (and 1 more: Instance shop-1)')
  expect(companionsText(all[0]!, all, english)).toMatch(/^ \(and 12 more: .*shop-10 …\)$/)
  expect(companionsText(all[0]!, [all[0]!], english)).toBe('')
})
