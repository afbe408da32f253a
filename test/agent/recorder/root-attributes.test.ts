import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RootAttributes, droppedRootAttributes } from '../../../agent/src/recorder/root-attributes.ts'

const safeOf = (entries: readonly (readonly [unknown, unknown])[]) => {
  const attributes = new RootAttributes()
  for (const [name, value] of entries) attributes.set(name, value)
  return attributes.safe
}

test('texts, numbers and booleans are taken, and a later value replaces an earlier one', () => {
  const entries = [
    ['tenant', 'acme'],
    ['cart.items', 3],
    ['trial', false],
    ['order', 12n],
    ['tenant', 'globex'],
  ] as const
  expect(safeOf(entries)).toEqual({ tenant: 'globex', 'cart.items': 3, trial: false, order: '12' })
})

test('the names and forms of secrets are redacted', () => {
  expect(safeOf([['password', 'hunter2']])).toEqual({ password: '[redacted]' })
  expect(JSON.stringify(safeOf([['note', 'Authorization: Bearer zqz.abc.def']]))).not.toContain('zqz')
})

test('what goes beyond the limits is counted and leaves the others as they are', () => {
  const before = droppedRootAttributes()
  const many = Array.from({ length: 40 }, (_, i) => [`a${i}`, i] as const)
  expect(Object.keys(safeOf(many))).toHaveLength(32)
  expect(safeOf([...many, ['a0', 'again']])['a0']).toBe('again')
  expect(safeOf([['x', 'y'.repeat(1000)]])['x']).toHaveLength(256)
  expect(droppedRootAttributes() - before).toBe(16)
})

test('a name of the suite, an empty or long one and a value of another type are refused', () => {
  const refused = [
    ['spyglass.keep.reason', 'slow'],
    ['', 'x'],
    ['n'.repeat(65), 'x'],
    ['object', {}],
    ['none', undefined],
    [Symbol('s'), 'x'],
  ] as const
  expect(safeOf(refused)).toEqual({})
})

test('whatever an application says stays within the bounds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.anything(), fc.anything()), { maxLength: 100 }), (entries) => {
      const safe = Object.entries(safeOf(entries))
      expect(safe.length).toBeLessThanOrEqual(32)
      for (const [name, value] of safe) {
        expect(name.length).toBeLessThanOrEqual(64)
        expect(['string', 'number', 'boolean']).toContain(typeof value)
      }
    }),
  )
})
