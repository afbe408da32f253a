import { expect, test } from 'vitest'
import { MAX_EVENT_CHARACTERS, withinLimit } from '../../../runtime/src/management/event-length.ts'
import { eventOf } from './journal/events.ts'

const raise = eventOf('raise', 1)
const LIMIT = 65_536
const holder = { connection: 1, heldMs: 1, route: '', traceId: '', statement: 'x'.repeat(3000), location: '', leaked: false, stack: [] }
const holders = Array.from({ length: 50 }, (_, connection) => ({ ...holder, connection }))

test('an event that is too long has fewer holders, the first ones, or none', () => {
  expect(withinLimit({ ...raise, holders: holders.slice(0, 10) }, LIMIT)?.holders).toHaveLength(10)
  expect(withinLimit({ ...raise, holders }, LIMIT)).toEqual({ ...raise, holders: holders.slice(0, 12) })
  expect(withinLimit({ ...raise, holders: [{ ...holder, statement: 'x'.repeat(70_000) }] }, LIMIT)).toEqual(raise)
})

test('its texts are cut before it is lost: a raise of more than a mebibyte is told', () => {
  const told = withinLimit({ ...raise, message: '😀'.repeat(600_000), attributes: { why: 'y'.repeat(2_000_000), max: 3 }, holders })
  expect(told).toMatchObject({ incidentId: raise.incidentId, phase: 'raise', attributes: { max: 3 } })
  expect(told?.message).toMatch(/^(😀)+.?…$/u)
  expect(JSON.stringify(told).length).toBeLessThanOrEqual(MAX_EVENT_CHARACTERS)
})

test('one whose names alone are too long is none', () => {
  expect(withinLimit({ ...raise, resource: 'x'.repeat(70_000) }, LIMIT)).toBeUndefined()
})
