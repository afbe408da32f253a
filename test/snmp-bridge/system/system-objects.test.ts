import { expect, test } from 'vitest'
import { formatOid, parseOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { createCounters } from '../../../snmp-bridge/src/counters.ts'
import { reportOids, systemObjects, systemTypes } from '../../../snmp-bridge/src/system/system-objects.ts'
import { createEngineClock } from '../../../snmp-bridge/src/usm/engine-clock.ts'

const counters = createCounters()
const objects = systemObjects({
  description: 'd',
  objectId: parseOid('1.3.6.1.4.1.32473'),
  ownModule: parseOid('1.3.6.1.4.1.32473.2.1.1'),
  contact: 'c',
  name: 'n',
  location: 'l',
  clock: createEngineClock(Buffer.from('80001f8805aa', 'hex'), 7, () => 0),
  upTime: () => 99,
  counters,
})

function valueOf(oid: string) {
  const found = objects.find((object) => formatOid(object.oid) === oid)!.value
  return typeof found === 'function' ? found() : found
}

test('every object a conformant agent must answer is there', () => {
  const names = new Set(objects.map(({ oid }) => formatOid(oid)))
  const system = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `1.3.6.1.2.1.1.${n}.0`)
  const snmp = [1, 3, 4, 5, 6, 30, 31, 32].map((n) => `1.3.6.1.2.1.11.${n}.0`)
  const engine = [1, 2, 3, 4].map((n) => `1.3.6.1.6.3.10.2.1.${n}.0`)
  const mpd = [1, 2, 3].map((n) => `1.3.6.1.6.3.11.2.1.${n}.0`)
  const usm = [1, 2, 3, 4, 5, 6].map((n) => `1.3.6.1.6.3.15.1.1.${n}.0`)
  for (const name of [...system, ...snmp, ...engine, ...mpd, ...usm, '1.3.6.1.6.3.1.1.6.1.0']) expect(names).toContain(name)
  expect([...names].some((name) => name.startsWith('1.3.6.1.2.1.1.9.1.2.'))).toBe(true)
})

test('sysUpTime is the time of the agent, and counters are read when they are asked for', () => {
  expect(valueOf('1.3.6.1.2.1.1.3.0')).toEqual({ type: 'timeTicks', value: 99 })
  counters.wrongDigests = 5
  expect(valueOf(formatOid(reportOids.wrongDigests))).toEqual({ type: 'counter32', value: 5 })
  expect(valueOf('1.3.6.1.6.3.10.2.1.2.0')).toEqual({ type: 'integer', value: 7 })
})

test('the types are the names without their instance', () => {
  expect(systemTypes(objects).map(formatOid)).toContain('1.3.6.1.2.1.1.1')
})

test('sysORTable lists our own module by its compliance statement', () => {
  const names = objects.map(({ oid }) => formatOid(oid))
  const rows = names.filter((name) => name.startsWith('1.3.6.1.2.1.1.9.1.2.'))
  expect(rows.map(valueOf)).toContainEqual({ type: 'oid', value: parseOid('1.3.6.1.4.1.32473.2.1.1') })
})
