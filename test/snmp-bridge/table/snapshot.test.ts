import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareOids } from '../../../snmp-bridge/src/ber/oid.ts'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { integer } from '../../../snmp-bridge/src/ber/value.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { Snapshot } from '../../../snmp-bridge/src/table/snapshot.ts'
import { arbitraryOid, arbitraryValue } from '../ber/arbitraries.ts'

test('every object is found, and its successor is the next in lexicographic order', () => {
  fc.assert(
    fc.property(fc.array(arbitraryOid, { maxLength: 40 }), arbitraryOid, (oids, probe) => {
      const snapshot = Snapshot.of(oids.map((oid) => ({ oid, value: integer(1) })))
      const sorted = [...oids].sort(compareOids).filter((oid, i, all) => i === 0 || compareOids(oid, all[i - 1]!) !== 0)
      expect(snapshot.size).toBe(sorted.length)
      for (const [i, oid] of sorted.entries()) expect(snapshot.find(oid)).toBe(i)
      const next = sorted.findIndex((oid) => compareOids(oid, probe) > 0)
      expect(snapshot.after(probe)).toBe(next < 0 ? sorted.length : next)
    }),
  )
})

test('an appended object is the variable binding it was made of', () => {
  const writer = new BerWriter()
  fc.assert(
    fc.property(arbitraryOid, arbitraryValue, fc.boolean(), (oid, value, isLive) => {
      writer.reset()
      const snapshot = Snapshot.of([{ oid, value: isLive ? () => value : value }])
      expect(snapshot.append(0, writer, 2000)).toBe(true)
      const reader = new BerReader(writer.copy())
      reader.enter(tag.sequence)
      expect(reader.oid()).toEqual(oid)
      expect(reader.value()).toEqual(value)
    }),
  )
})

test('an object that would overfill the message is omitted', () => {
  const writer = new BerWriter()
  const snapshot = Snapshot.of([
    { oid: [1, 3, 6], value: integer(1) },
    { oid: [1, 3, 7], value: () => integer(1) },
  ])
  expect(snapshot.append(0, writer, 8)).toBe(false)
  expect(snapshot.append(1, writer, 8)).toBe(false)
  expect(snapshot.append(0, writer, 9)).toBe(true)
  expect(writer.size).toBe(9)
})

test('a missing object is noSuchInstance where its type exists, else noSuchObject', () => {
  const snapshot = Snapshot.of([], [[1, 3, 6, 1, 2]])
  expect(snapshot.missing([1, 3, 6, 1, 2, 7])).toBe('noSuchInstance')
  expect(snapshot.missing([1, 3, 6, 1, 2])).toBe('noSuchInstance') // as snmpd answers ifDescr without a row
  expect(snapshot.missing([1, 3, 6, 1])).toBe('noSuchObject')
  expect(snapshot.missing([1, 3, 6, 1, 3])).toBe('noSuchObject')
  expect(snapshot.missing([1, 3])).toBe('noSuchObject')
})
