import { shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { reportOf } from '../../../collector/src/replay/report.ts'

const [rule, other] = shippedRules()
const good = { rule: rule!.name, it: 'it burns', fires: '1m..2m', problems: [], cannot: ['not in Grafana: states are not in the store'] }

test('each recording has a line, and what is otherwise stands below it', () => {
  const tested = [
    { rule: rule!, recordings: [{} as never] },
    { rule: other!, recordings: [] },
  ]
  const { text, isGood } = reportOf(tested, [good, { ...good, it: 'it rains', fires: 'never', problems: ['Grafana fires 1m..'] }])
  expect(isGood).toBe(false)
  expect(text.split('\n')).toEqual([
    rule!.name,
    '  good   1m..2m: it burns',
    '  wrong  never: it rains',
    '         Grafana fires 1m..',
    '  not in Grafana: states are not in the store',
    other!.name,
    '  not tested: nothing is recorded',
    '',
    '1 of 2 recordings of 1 rules fire and clear as they should, in every engine that can have the rule',
    '',
  ])
  expect(reportOf(tested, [good]).isGood).toBe(true)
})
