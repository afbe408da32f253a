import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnSyntax, dateAndTime, unitsOf, utf8Within } from '../../../snmp-bridge/src/mib/columns.ts'

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
  expect(bytes).toMatchObject({ syntax: 'SgGauge64', units: 'bytes' })
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
  expect(utf8Within('a'.repeat(300), 255).toString('utf8')).toBe(`${'a'.repeat(252)}…`)
})

test('the year of DateAndTime has two bytes', () => {
  expect(dateAndTime(0).subarray(0, 4).toString('hex')).toBe('07b20101')
})
