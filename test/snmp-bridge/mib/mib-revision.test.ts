import { expect, test } from 'vitest'
import { mibRevision } from '../../../snmp-bridge/src/mib/mib-revision.gen.ts'
import { revisionOf } from '../../../snmp-bridge/src/mib/mib-revision.ts'
import { mibText } from '../../../snmp-bridge/src/mib/module-text.ts'

const now = new Date('2027-03-04T05:06:07Z')

test('the same content keeps its date, another content gets that of its change', () => {
  const before = revisionOf('text', { lastUpdated: '202611210000Z', digest: '' }, now)
  expect(before.lastUpdated).toBe('202703040506Z')
  expect(revisionOf('text', before, new Date())).toBe(before)
  expect(revisionOf('text.', before, new Date('2028-01-01T00:00:00Z')).lastUpdated).toBe('202801010000Z')
})

test('LAST-UPDATED and the newest REVISION of the module are that date', () => {
  const text = mibText([1, 3, 6, 1, 4, 1, 32_473])
  expect([...text.matchAll(/(?:LAST-UPDATED|REVISION) "(\d+Z)"/g)].map(([, date]) => date)).toEqual([
    mibRevision.lastUpdated,
    mibRevision.lastUpdated,
  ])
})
