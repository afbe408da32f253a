import { expect, test } from 'vitest'
import { events, incidentId } from '@spyglass/agent/contract'

test('an incident id is 16 hexadecimal digits, the same for the same event, resource and start', () => {
  const id = incidentId('spyglass.instance.down', 'spyglass:type=Instance,name=http-1', 1)
  expect(id).toMatch(/^[0-9a-f]{16}$/)
  expect(incidentId('spyglass.instance.down', 'spyglass:type=Instance,name=http-1', 1)).toBe(id)
  expect(incidentId('spyglass.instance.down', 'spyglass:type=Instance,name=http-1', 2)).not.toBe(id)
})

test('every clear names a raise, and no trap number is used twice', () => {
  const all = Object.values(events) as { phase: string; clears?: keyof typeof events; trap?: number }[]
  const cleared = all.filter(({ phase }) => phase === 'clear').map(({ clears }) => clears && events[clears].phase)
  expect(new Set(cleared)).toEqual(new Set(['raise']))
  const traps = all.flatMap(({ trap }) => trap ?? [])
  expect(new Set(traps).size).toBe(traps.length)
})
