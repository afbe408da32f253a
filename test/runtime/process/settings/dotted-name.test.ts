import { formatName, matcherOf, parseName } from '@spyglass/process/settings'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const part = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '\\', ':'), minLength: 1 })

test('a name is read back as its parts, whatever is in them, and matches itself', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), (parts) => {
      const name = formatName(parts)
      expect(parseName(name)).toEqual(parts)
      expect(matcherOf(name)(name)).toBe(true)
    }),
  )
})

test('an asterisk stands for any characters, an escaped one for itself', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', String.raw`\*`) })
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '*', '.', String.raw`\*`) }), text, (pattern, name) => {
      const source = pattern.replaceAll(/\\\*|\*|\./g, (token) => ({ '*': '.*', '.': String.raw`\.` })[token] ?? String.raw`\\\*`)
      expect(matcherOf(pattern)(name)).toBe(new RegExp(`^${source}$`).test(name))
    }),
  )
})

test.for(['', '.', 'a..b', '.a', 'a.', 'a\\'])('%j is no name', (name) => {
  expect(() => parseName(name)).toThrow(expect.objectContaining({ code: 'SPY_ADMIN_NAME_INVALID' }))
})

test.for([
  ['instance.*.state', 'instance.http-1.state', true],
  ['a*b*a', 'aba', true],
  ['a*b*a', 'ab', false],
  ['ab*ba', 'aba', false],
  ['instance.http-1', 'instance.http-10', false],
] as const)('%s against %s: %s', ([pattern, name, expected]) => {
  expect(matcherOf(pattern)(name)).toBe(expected)
})
