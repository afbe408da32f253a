import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { emitEarly, emitWhenReady } from '../../../../runtime/process/src/keeper-link/early-events.ts'

test('events wait until the link is ready, and go at once from then on, each registry by itself', () => {
  const [registry, other] = [createRegistry({ kindNamed }), createRegistry({ kindNamed })]
  const seen: string[] = []
  registry.onEvent(({ message }) => seen.push(message))
  const note = (message: string) => ({ name: 'spyglass.state.damaged', resource: 'r', message }) as const
  emitWhenReady(registry, note('first'))
  emitWhenReady(registry, note('second'))
  emitEarly(other)
  expect(seen).toEqual([])
  emitEarly(registry)
  emitWhenReady(registry, note('third'))
  expect(seen).toEqual(['first', 'second', 'third'])
})
