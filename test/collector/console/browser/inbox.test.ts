import { expect, test } from 'vitest'
import type { Incident } from '../../../../collector/src/console/browser/api-types.ts'
import { inboxOrder, inboxText } from '../../../../collector/src/console/browser/inbox.ts'

const acknowledged = { by: 'mara', at: 0, note: '' }
const page = (id: string, state: Incident['state'], since: number, over: Partial<Incident> = {}): Incident => ({
  id,
  open: [],
  rule: 'PoolExhausted',
  severity: 'critical',
  resource: '',
  state,
  summary: '',
  since,
  holders: [],
  changes: [],
  ...over,
})

test('what nobody has acknowledged stands first, then what fires, what may fire, and what is over; within each the newest', () => {
  const pages = [
    page('over', 'resolved', 9),
    page('pending', 'pending', 8),
    page('taken', 'firing', 7, { acknowledged }),
    page('older', 'firing', 1),
    page('newer', 'firing', 2),
  ]
  expect(inboxOrder(pages).map(({ id }) => id)).toEqual(['newer', 'older', 'taken', 'pending', 'over'])
  expect(inboxText(pages)).toBe('3 firing, 2 not acknowledged.')
  expect(inboxText(pages.slice(0, 2))).toBe('Nothing fires.')
})
