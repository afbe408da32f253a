import { expect, test } from 'vitest'
import { checkParameters } from '../../../collector/src/store/parameters.ts'

test.each([
  ['a name that is none', new Map([['a b', '1']]), 36],
  ['too many', new Map(Array.from({ length: 101 }, (_, i) => [`p${i}`, ''])), 36],
  ['too long', new Map([['a', 'x'.repeat(262_145)]]), 218],
])('%s is refused', (_, parameters, number) => {
  expect(() => checkParameters(parameters)).toThrow(expect.objectContaining({ number }))
})

test('as many and as long as are allowed pass', () => {
  expect(() => checkParameters(new Map(Array.from({ length: 100 }, (_, i) => [`p${i}`, ''])))).not.toThrow()
  expect(() => checkParameters(new Map([['a', 'x'.repeat(262_144)]]))).not.toThrow()
})
