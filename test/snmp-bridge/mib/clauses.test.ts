import { expect, test } from 'vitest'
import { objectType, quoted } from '../../../snmp-bridge/src/mib/clauses.ts'

test('texts are quoted, wrapped, and plain ASCII without double quotes', () => {
  const text = quoted(`He said "so" … ${'word '.repeat(30)}é`)
  expect(text).toContain("He said 'so' ...")
  expect(text).toMatch(/^ +"[\x20-\x21\x23-\x7e\n]*"$/)
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(78)
})

test('an object type without units has no UNITS clause', () => {
  const clause = objectType({ descriptor: 'sgX', syntax: 'Gauge32', access: 'read-only', description: 'X.', at: 'sgObjects 1' })
  expect(clause).not.toContain('UNITS')
  expect(clause).toContain('::= { sgObjects 1 }')
})
