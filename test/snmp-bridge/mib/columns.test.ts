import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { agentObjects } from '../../../snmp-bridge/src/mib/agent-objects.ts'
import { columnSyntax, dateAndTime, narrowGauge, unitsOf, utf8Within } from '../../../snmp-bridge/src/mib/columns.ts'
import { mibTables } from '../../../snmp-bridge/src/mib/tables.ts'

const base = { description: '' }

test('a counter is a Counter64, scaled where it is a fraction', () => {
  const column = columnSyntax({ ...base, type: 'double', role: 'counter', unit: 's', snmpScale: 1000 })!
  expect(column).toMatchObject({ syntax: 'Counter64', units: 'milliseconds' })
  expect(column.encode(1.2345)).toEqual({ type: 'counter64', value: 1235n })
})

test('an int gauge is a Gauge32 and a long gauge a 64-bit one', () => {
  expect(columnSyntax({ ...base, type: 'int', role: 'gauge', unit: '{connection}' })).toMatchObject({
    syntax: 'Gauge32',
    units: 'connections',
  })
  const bytes = columnSyntax({ ...base, type: 'long', role: 'gauge', unit: 'By' })!
  expect(bytes).toMatchObject({ syntax: 'CounterBasedGauge64', units: 'bytes' })
  expect(bytes.encode(2 ** 40)).toEqual({ type: 'counter64', value: 2n ** 40n })
})

test('a state is an enumeration from 1, and a state that is not declared is not known', () => {
  const column = columnSyntax({ ...base, type: 'string', role: 'state', values: ['ok', 'down'] })!
  expect(column.syntax).toBe('INTEGER { ok(1), down(2) }')
  expect(column.encode('down')).toEqual({ type: 'integer', value: 2 })
  expect(column.encode('strange')).toBeUndefined()
  expect(column.encode(1)).toBeUndefined()
})

test('a boolean is a TruthValue, a text is UTF-8, a date is DateAndTime in UTC', () => {
  expect(columnSyntax({ ...base, type: 'boolean', role: 'state' })!.encode(false)).toEqual({ type: 'integer', value: 2 })
  expect(columnSyntax({ ...base, type: 'objectName', role: 'text' })!.encode('池')).toEqual({ type: 'octets', value: Buffer.from('池') })
  const date = columnSyntax({ ...base, type: 'date', role: 'text' })!
  const expected = { type: 'octets', value: Buffer.from('07ea0b1515080a032b0000', 'hex') }
  expect(date.encode('2026-11-21T21:08:10.350Z')).toEqual(expected)
  expect(date.encode(Date.UTC(2026, 10, 21, 21, 8, 10, 350))).toEqual(expected)
  expect(date.encode('yesterday')).toBeUndefined()
})

test('numbers that are none are not known, and arrays have no column', () => {
  const gauge = columnSyntax({ ...base, type: 'double', role: 'gauge' })!
  expect(gauge.encode(Number.NaN)).toBeUndefined()
  expect(gauge.encode('7')).toBeUndefined()
  expect(columnSyntax({ ...base, type: { array: 'string' }, role: 'text' })).toBeUndefined()
})

test('units are words', () => {
  expect(unitsOf('s', 1_000_000)).toBe('microseconds')
  expect(unitsOf('1', 1000)).toBe('per mille')
  expect(unitsOf('{query}', 1)).toBe('queries')
  expect(unitsOf('ms', 1)).toBe('milliseconds')
})

test('a text is cut between characters, and never longer than its limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (value) => {
      const cut = utf8Within(value, 255)
      expect(cut.length).toBeLessThanOrEqual(255)
      expect(cut.toString('utf8')).not.toContain(value.includes('\ufffd') ? '\0\0' : '\ufffd')
    }),
  )
  expect(utf8Within('a'.repeat(300), 255).toString('utf8')).toBe(`${'a'.repeat(252)}...`)
})

test('the year of DateAndTime has two bytes', () => {
  expect(dateAndTime(0).subarray(0, 4).toString('hex')).toBe('07b20101')
})

test('a wide gauge has a Gauge32 beside it in a larger unit, which stays at the end of its range', () => {
  const kib = narrowGauge({ ...base, type: 'long', role: 'gauge', unit: 'By' })!
  expect(kib).toMatchObject({ suffix: 'KiB', syntax: 'Gauge32', units: 'kibibytes' })
  expect(kib.encode(5 * 1024 + 1023)).toEqual({ type: 'gauge32', value: 5 })
  expect(kib.encode(2n ** 50n)).toEqual({ type: 'gauge32', value: 2 ** 32 - 1 })
  expect(kib.encode('5')).toBeUndefined()
  expect(narrowGauge({ ...base, type: 'long', role: 'gauge', unit: 'ms' })!.encode(90_999)).toEqual({ type: 'gauge32', value: 90 })
  expect(narrowGauge({ ...base, type: 'long', role: 'gauge', unit: '{span}' })).toBeUndefined()
})

test('every 64-bit gauge of the MIB has a Gauge32 beside it', () => {
  const columns = mibTables().flatMap(({ columns }) => columns)
  const wide = columns.filter(({ syntax }) => syntax === 'CounterBasedGauge64')
  expect(wide.length).toBeGreaterThan(5)
  for (const { attribute, descriptor } of wide) {
    const narrow = columns.filter(
      (column) => column.attribute === attribute && column.syntax === 'Gauge32' && column.descriptor.startsWith(descriptor),
    )
    expect([descriptor, narrow.length]).toEqual([descriptor, 1])
  }
})

test('the text of a counted column names what its UNITS count, and no text states another unit than its column', () => {
  const texts = mibTables().flatMap(({ columns }) => columns)
  const unnamed = texts.filter(({ units = '', description }) => isNoun(units) && !stem(units).test(description.toLowerCase()))
  expect(unnamed.map(({ descriptor, units, description }) => `${descriptor} (${units}): ${description}`)).toEqual([])
  expect(texts.filter(({ description }) => /\(1 is|in seconds|in milliseconds/.test(description))).toEqual([])
})

test('UNITS are words, never symbols of a system of units', () => {
  const units = mibTables().flatMap(({ columns }) => columns.flatMap((column) => column.units ?? []))
  expect(units.filter((each) => !/^(per mille|(thousand )?[a-z]{3,}s)$/.test(each))).toEqual([])
})

const isNoun = (units: string): boolean => /^[a-z]+s$/.test(units) && !TIME_OR_SIZE.has(units)

const TIME_OR_SIZE = new Set(['seconds', 'milliseconds', 'microseconds', 'bytes', 'kibibytes'])

/** The noun without its plural; `queries` also as `query`. */
const stem = (units: string): RegExp => new RegExp(units.endsWith('ies') ? `${units.slice(0, -3)}(y|ies)` : units.slice(0, -1))

test('no text of the MIB gives a number or a date for "not known"', () => {
  const texts = [...mibTables().flatMap(({ columns }) => columns), ...agentObjects].map(
    ({ descriptor, description }) => `${descriptor}: ${description}`,
  )
  expect(texts.filter((text) => /1970|4294967295|\b0 when there (is|was) none|-1/.test(text))).toEqual([])
})
