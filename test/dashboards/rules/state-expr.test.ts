import { expect, test } from 'vitest'
import { inStates } from '../../../dashboards/src/rules/state-expr.ts'

test('a state counts now, or when the server was last scraped if it cannot be scraped now', () => {
  expect(inStates('m', 'state', ['down', 'failed'])).toBe(
    'max without (state) (m{state=~"down|failed"}) == 1 or (max without (state) (last_over_time(m{state=~"down|failed"}[5m])) == 1 unless on (job, instance) up == 1)',
  )
})
