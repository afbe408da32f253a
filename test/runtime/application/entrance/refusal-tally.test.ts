import { expect, test } from 'vitest'
import { RefusalTally } from '../../../../runtime/src/application/entrance/refusal-tally.ts'

test('it counts by reason', () => {
  const counting = new RefusalTally()
  for (const reason of ['rate_limited', 'queue_full', 'rate_limited']) counting.count(reason)
  expect(counting.rows()).toEqual([
    { reason: 'rate_limited', count: 2 },
    { reason: 'queue_full', count: 1 },
  ])
})
