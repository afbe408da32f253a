import { expect, test } from 'vitest'
import { incidentLines, type ListedIncident } from '../../../runtime/src/cli/incident.ts'

const one: ListedIncident = {
  id: '00112233aabbccdd',
  rule: 'PoolExhausted',
  state: 'firing',
  summary: 'Pool shop of shop-1\nis exhausted',
  since: Date.UTC(2026, 0, 2, 3, 4, 5),
}

test('an incident is one line: id, state, since when, rule, what is wrong, and who takes care of it', () => {
  expect(incidentLines([one, { ...one, rule: 'X', state: 'resolved', acknowledged: { by: 'mara' } }])).toEqual([
    '00112233aabbccdd  firing    2026-01-02T03:04:05.000Z  PoolExhausted  Pool shop of shop-1 is exhausted',
    '00112233aabbccdd  resolved  2026-01-02T03:04:05.000Z  X              Pool shop of shop-1 is exhausted  (mara takes care of it)',
  ])
  expect(incidentLines([])).toEqual(['No incident: no alert rule is pending or firing, and none has resolved recently.'])
})
