import { kinds } from '@spyglass/agent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dottedName, matches } from '../../../runtime/src/dotted-name/index.ts'

test('a dotted name is the kind and its keys, with dots escaped', () => {
  expect(dottedName(kinds.datasource, { instance: 'http-1', name: 'shop.v2' })).toBe(String.raw`datasource.http-1.shop\.v2`)
})

test.for([
  ['instance.*.state', 'instance.http-1.state', true],
  ['instance.*', 'instance.http-1.state', true],
  ['*', 'anything', true],
  ['a*b*a', 'aba', true],
  ['a*b*a', 'ab', false],
  ['ab*ba', 'aba', false],
  ['instance.http-1', 'instance.http-10', false],
] as const)('%s against %s: %s', ([pattern, name, expected]) => {
  expect(matches(pattern, name)).toBe(expected)
})

test('matching agrees with the regular expression of the same pattern', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.') })
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '*', '.') }), text, (pattern, name) => {
      const regex = new RegExp(
        `^${pattern
          .split('*')
          .map((part) => part.replaceAll('.', String.raw`\.`))
          .join('.*')}$`,
      )
      expect(matches(pattern, name)).toBe(regex.test(name))
    }),
  )
})
