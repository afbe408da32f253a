import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dueEntries,
  isStale,
  joinWaiting,
  nextDueAt,
  OFFER_END_MS,
  type OutboxEntry,
  retryDelayMs,
} from '../../../collector/src/notify/outbox.ts'
import type { PageStatus } from '../../../collector/src/notify/index.ts'
import { pageFor } from './pages.ts'

const entry = (sequence: number, over: Partial<OutboxEntry> & { incidentId?: string; status?: PageStatus } = {}): OutboxEntry => {
  const { incidentId = 'a', status = 'firing', ...rest } = over
  return { sequence, receiver: 'r', page: pageFor({ incidentId, status }), attempts: 0, nextAttemptAt: 0, ...rest }
}

test('waits double from a second to five minutes', () => {
  const waits = Array.from({ length: 2000 }, (_, i) => retryDelayMs(i + 1))
  expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
  expect([waits[9], waits.at(-1)]).toEqual([300_000, 300_000])
})

test('only the end of an incident becomes stale, after a day', () => {
  const ended = { ...entry(1), page: pageFor({ status: 'resolved', endsAt: new Date(1000).toISOString() }) }
  expect([isStale(ended, 1000 + OFFER_END_MS), isStale(ended, 1001 + OFFER_END_MS), isStale(entry(2), 1e15)]).toEqual([false, true, false])
})

test('a notice is offered for ten minutes', () => {
  const notice = { ...entry(1), page: pageFor({ status: 'notice', startsAt: new Date(1000).toISOString() }) }
  expect([isStale(notice, 601_000), isStale(notice, 601_001)]).toEqual([false, true])
})

test('one message about an incident whose page nobody accepted says what it was', () => {
  const ended = { ...entry(2), page: pageFor({ incidentId: 'a', status: 'resolved', summary: 'It recovered after 4 min.' }) }
  const [joined] = joinWaiting([entry(1), ended], () => false)
  expect(joined?.page.summary).toBe(
    'It recovered after 4 min. It began while this receiver accepted nothing: Pool shop of http-1 is exhausted',
  )
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

test('what waits becomes one message with the newest news, which does not shorten the pause', () => {
  const tried = entry(1, { attempts: 3, nextAttemptAt: 9 })
  const [reminded] = joinWaiting([tried, entry(2, { status: 'reminder' })], () => false)
  expect(reminded).toMatchObject({ sequence: 2, attempts: 3, nextAttemptAt: 9, page: { status: 'firing' } })
  const [ended] = joinWaiting([reminded!, entry(3, { status: 'resolved' })], () => false)
  expect(ended).toMatchObject({ sequence: 3, attempts: 3, page: { status: 'resolved', wasMissed: true } })
  const [told] = joinWaiting([entry(4, { status: 'reminder' }), entry(5, { status: 'resolved' })], () => false)
  expect([told?.sequence, told?.page.status, told?.page.wasMissed]).toEqual([5, 'resolved', undefined])
})

test('what is being sent, and what is for others, is not joined', () => {
  const entries = [entry(1), entry(2, { status: 'resolved' }), entry(3, { receiver: 's' }), entry(4, { incidentId: 'b' })]
  expect(joinWaiting(entries, ({ sequence }) => sequence === 1)).toEqual(entries)
})

test('joined or not, each receiver ends with the true state of each incident', () => {
  const step = fc.record({
    receiver: fc.constantFrom('r', 's'),
    incidentId: fc.constantFrom('a', 'b'),
    status: fc.constantFrom<PageStatus>('firing', 'reminder', 'resolved'),
    isUnderway: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const entries = steps.map((one, i) => entry(i, one))
      const joined = joinWaiting(entries, ({ sequence }) => steps[sequence]!.isUnderway)
      const lastOf = (all: readonly OutboxEntry[]): string[] =>
        [...new Map(all.map((one) => [`${one.receiver} ${one.page.incidentId}`, one.page.status === 'resolved'])).entries()]
          .map(String)
          .sort()
      expect(lastOf(joined.toSorted((a, b) => a.sequence - b.sequence))).toEqual(lastOf(entries))
    }),
  )
})
