import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addEntry, dueEntries, MAX_ATTEMPTS, nextDueAt, type OutboxEntry, retryDelayMs } from '../../../collector/src/notify/outbox.ts'
import { pageFor } from './pages.ts'

const entry = (
  sequence: number,
  over: Partial<OutboxEntry> & { incidentId?: string; status?: 'firing' | 'resolved' } = {},
): OutboxEntry => {
  const { incidentId = 'a', status = 'firing', ...rest } = over
  return { sequence, receiver: 'r', page: pageFor({ incidentId, status }), attempts: 0, nextAttemptAt: 0, ...rest }
}

test('waits double from a second to five minutes; all attempts together are about an hour and a half', () => {
  const waits = Array.from({ length: MAX_ATTEMPTS }, (_, i) => retryDelayMs(i + 1))
  expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
  expect(Math.max(...waits)).toBe(300_000)
  expect(waits.reduce((sum, ms) => sum + ms, 0) / 60_000).toBeCloseTo(83, -1)
})

test('of one incident and receiver only the oldest page may leave: no resolve overtakes its page', () => {
  const orders = fc.array(
    fc.record({ receiver: fc.constantFrom('r', 's'), incidentId: fc.constantFrom('a', 'b'), nextAttemptAt: fc.nat(10) }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(orders, fc.nat(10), (orders, now) => {
      const entries = orders.map((one, i) => entry(i, one))
      for (const due of dueEntries(entries, now)) {
        expect(due.nextAttemptAt).toBeLessThanOrEqual(now)
        const older = entries.filter(
          (one) => one.receiver === due.receiver && one.page.incidentId === due.page.incidentId && one.sequence < due.sequence,
        )
        expect(older).toEqual([])
      }
      expect(nextDueAt(entries) === undefined).toBe(entries.length === 0)
    }),
  )
})

test('a page that waits unsent is replaced by a newer one of the same status; one that was tried is not', () => {
  const entries = [entry(1)]
  addEntry(entries, entry(2))
  expect(entries.map(({ sequence }) => sequence)).toEqual([2])
  entries[0]!.attempts = 1
  addEntry(entries, entry(3))
  addEntry(entries, entry(4, { status: 'resolved' }))
  expect(entries.map(({ sequence }) => sequence)).toEqual([2, 3, 4])
})
