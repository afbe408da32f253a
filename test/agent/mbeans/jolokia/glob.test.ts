import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob } from '../../../../agent/mbeans/src/jolokia/glob.ts'

describe('compileGlob', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['a.c', 'abc', false],
    [String.raw`"a\*"`, String.raw`"a\*"`, true],
    [String.raw`"a\*"`, '"ab"', false],
    ['"a*"', String.raw`"a\"b"`, true],
    ['', '', true],
    ['', 'a', false],
  ])('%s on %s: %s', (pattern, text, expected) => expect(compileGlob(pattern)(text)).toBe(expected))

  it('agrees with a regular expression on small texts', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(compileGlob(pattern)(text)).toBe(expression.test(text))
      }),
    )
  })

  it('answers a hostile pattern at once', () => {
    const matches = compileGlob(`${'*a'.repeat(1000)}b`)
    expect(matches('a'.repeat(2000))).toBe(false) // backtracking would not end in the time of this test
  })
})
