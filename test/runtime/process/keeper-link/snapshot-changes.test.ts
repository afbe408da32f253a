import type { RegistrySnapshot } from '@spyglass/agent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesOf, withChanges } from '../../../../runtime/process/src/keeper-link/snapshot-changes.ts'

const value = fc.oneof(
  fc.integer({ min: 0, max: 2 }),
  fc.constantFrom('', 'ready', Number.NaN, -0, true),
  fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }),
  fc.record({ used: fc.integer({ min: 0, max: 1 }) }),
)
const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
const values = fc.array(fc.tuple(name, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
const resource = fc.record({ kind: fc.constantFrom('listener', 'server'), keys: fc.record({ name: fc.constantFrom('x', 'y') }), values })
const snapshot: fc.Arbitrary<RegistrySnapshot> = fc.record({ time: fc.nat(), resources: fc.array(resource, { maxLength: 3 }) })

test('what changed, applied to the snapshot before, is the snapshot after it, whatever both are', () => {
  fc.assert(
    fc.property(snapshot, snapshot, (before, now) => {
      const said = changesOf(before, now)
      expect('changes' in said ? withChanges(before, said) : said).toEqual(now)
    }),
    { numRuns: 3000 },
  )
})

const resourceOf = (state: string, requests: number) => ({ kind: 'listener', keys: { name: 'http' }, values: { state, requests } })

test('of resources that stay only changed values are said, and the others are the same objects afterwards', () => {
  const before = { time: 1, resources: [resourceOf('ready', 1), resourceOf('ready', 7)] }
  const said = changesOf(before, { time: 2, resources: [resourceOf('ready', 2), resourceOf('ready', 7)] })
  expect(said).toEqual({ time: 2, changes: [{ at: 0, values: { requests: 2 } }] })
  const after = withChanges(before, said as never)
  expect(after.resources[1]).toBe(before.resources[1])
  expect(after.resources[0]).toEqual(resourceOf('ready', 2))
})

test('a value that is gone is said as such', () => {
  const before = { time: 1, resources: [resourceOf('ready', 1)] }
  const now = { time: 2, resources: [{ kind: 'listener', keys: { name: 'http' }, values: { state: 'ready' } }] }
  expect(changesOf(before, now)).toEqual({ time: 2, changes: [{ at: 0, values: {}, without: ['requests'] }] })
})

test('another resource, or one more, is said whole', () => {
  const before = { time: 1, resources: [resourceOf('ready', 1)] }
  const more = { time: 2, resources: [resourceOf('ready', 1), resourceOf('ready', 1)] }
  const other = { time: 2, resources: [{ kind: 'server', keys: {}, values: {} }] }
  expect(changesOf(before, more)).toBe(more)
  expect(changesOf(before, other)).toBe(other)
  expect(changesOf(undefined, before)).toBe(before)
})

test('changes of unknown resources are ignored', () => {
  const before = { time: 1, resources: [resourceOf('ready', 1)] }
  expect(withChanges(before, { time: 2, changes: [{ at: 5, values: { requests: 2 } }] })).toEqual({ ...before, time: 2 })
})
