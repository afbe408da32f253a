import { expect, test } from 'vitest'
import { mibRevision } from '../../../snmp-bridge/src/mib/mib-revision.gen.ts'
import { revisionOf } from '../../../snmp-bridge/src/mib/mib-revision.ts'
import { mibText } from '../../../snmp-bridge/src/mib/module-text.ts'

const ROOT = [1, 3, 6, 1, 4, 1, 32_473]
const now = new Date('2027-03-04T05:06:07Z')

test('the same content keeps its date, another content gets that of its change', () => {
  const before = revisionOf('text', { lastUpdated: '202611210000Z', digest: '' }, now)
  expect(before.lastUpdated).toBe('202703040506Z')
  expect(revisionOf('text', before, new Date())).toBe(before)
  expect(revisionOf('text.', before, new Date('2028-01-01T00:00:00Z')).lastUpdated).toBe('202801010000Z')
})

test('a line of the module that changes, comes or goes gives it a new date, wherever it stands', () => {
  const lines = mibText(ROOT, '').split('\n')
  const before = revisionOf(lines.join('\n'), { lastUpdated: '202611210000Z', digest: '' }, new Date('2026-11-21T00:00:00Z'))
  const places = lines
    .keys()
    .toArray()
    .filter((at) => at % 97 === 0)
  expect(places.length).toBeGreaterThan(10)
  const dates = (changed: (line: string) => readonly string[]): Set<string> =>
    new Set(places.map((at) => revisionOf(lines.toSpliced(at, 1, ...changed(lines[at]!)).join('\n'), before, now).lastUpdated))
  for (const changed of [(line: string) => [`${line} -`], () => [], (line: string) => [line, '-- more']])
    expect(dates(changed)).toEqual(new Set(['202703040506Z']))
})

test('LAST-UPDATED and the newest REVISION of the module are that date', () => {
  const text = mibText(ROOT)
  expect([...text.matchAll(/(?:LAST-UPDATED|REVISION) "(\d+Z)"/g)].map(([, date]) => date)).toEqual([
    mibRevision.lastUpdated,
    mibRevision.lastUpdated,
  ])
})
