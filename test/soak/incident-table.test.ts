import { expect, test } from 'vitest'
import { Heard, incidentTable, rowOf } from './incident-table.ts'

test('a row counts what is missing, what is believed to be open and what was heard again', () => {
  const heard = new Heard()
  for (const [id, phase] of [
    ['a', 'raise'],
    ['a', 'clear'],
    ['a', 'raise'],
    ['b', 'raise'],
    ['c', 'clear'],
    ['c', 'raise'],
    ['d', 'note'],
  ] as const)
    heard.note(id, phase)
  const row = rowOf('SNMP', heard, new Set(['a', 'b', 'c', 'e']))
  expect(row).toEqual({ receiver: 'SNMP', raises: 3, clears: 2, missing: 3, open: 3, repeats: 1 })
  expect(incidentTable([row]).split('\n').at(-1)).toBe('| SNMP | 3 | 2 | 3 | 3 | 1 |')
})
