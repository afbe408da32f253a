import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isEvent } from '../../../runtime/src/management/event-shape.ts'
import { eventOf } from './journal/events.ts'

test('an event has a declared name with its phase, texts, a time and flat attributes', () => {
  const good = { ...eventOf('raise', 1), attributes: { pool: 'a', max: 1, isFull: true } }
  expect([isEvent(good), isEvent({ ...good, holders: [] })]).toEqual([true, true])
  for (const wrong of [
    { name: 'toString' },
    { name: 'spyglass.no.such' },
    { phase: 'clear' },
    { severity: 'loud' },
    { incidentId: 7 },
    { time: 'now' },
    { time: Number.NaN },
    { attributes: { nested: {} } },
    { attributes: undefined },
    { holders: 'all' },
    { holders: [null] },
    { incidentId: 'a\r\nBcc: b@c.example' },
    { time: 1e300 },
  ])
    expect([wrong, isEvent({ ...good, ...wrong })]).toEqual([wrong, false])
})

test('garbage is no event', () => {
  fc.assert(fc.property(fc.anything(), (value) => !isEvent(value)))
})
