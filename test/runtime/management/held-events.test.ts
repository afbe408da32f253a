import { expect, test } from 'vitest'
import { HeldEvents } from '../../../runtime/src/management/held-events.ts'
import { eventOf } from './journal/events.ts'

const told = (phase: 'raise' | 'clear' | 'note', number: number) => ({ type: 'event', event: eventOf(phase, number) }) as const

test('without room nothing is held but the first end of each incident that is', () => {
  const held = new HeldEvents()
  const { incidentId } = eventOf('raise', 1)
  const added = [
    held.add(told('raise', 1), true),
    held.add(told('raise', 2), false),
    held.add(told('note', 1), false),
    held.add(told('clear', 1), false),
    held.add(told('clear', 1), true),
  ]
  expect([added, held.size, held.has(incidentId)]).toEqual([[true, false, false, true, false], 2, true])
  expect(held.take()).toEqual([told('raise', 1), told('clear', 1)])
  expect([held.size, held.has(incidentId), held.take()]).toEqual([0, false, []])
})
