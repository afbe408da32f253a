import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExact, sourceOf } from '../../../collector/src/decode/exact-json.ts'
import { doubleOf, integerOf } from '../../../collector/src/decode/json-numbers.ts'

test.for([
  ['0', 0n],
  ['-0', 0n],
  ['007', 7n],
  ['-12', -12n],
  ['1.0', 1n],
  ['1.50e1', 15n],
  ['1e3', 1000n],
  ['1E+3', 1000n],
  ['1200e-2', 12n],
  ['0.00', 0n],
  ['0e300', 0n],
  ['0.5e1', 5n],
  ['18446744073709551615', 2n ** 64n - 1n],
  ['1e19', 10n ** 19n],
  ['99999999999999999999', 10n ** 20n - 1n],
] as const)('the text %s is the whole number %s', ([text, value]) => {
  expect(integerOf(text)).toBe(value)
})

test.for([
  '',
  '-',
  '1.5',
  '15e-1',
  '1e-1',
  '1e20',
  '100000000000000000000',
  '1e999',
  '1e',
  'x',
  ' 1',
  '0x1',
  '1.',
  '.5',
  '12e-3',
  '1e1000',
])('the text %j is no whole number', (text) => {
  expect(integerOf(text)).toBeUndefined()
})

test('a number is whole when a double holds it exactly', () => {
  expect([integerOf(2 ** 53 - 1), integerOf(2 ** 53), integerOf(1.5), integerOf(Number.NaN)]).toEqual([
    2 ** 53 - 1,
    undefined,
    undefined,
    undefined,
  ])
  for (const value of [null, true, {}, [], undefined]) expect([integerOf(value), doubleOf(value)]).toEqual([undefined, undefined])
})

test('a double is a number, a text or a word', () => {
  expect([doubleOf(1.5), doubleOf('1.5'), doubleOf('-2e3'), doubleOf('NaN'), doubleOf('Infinity'), doubleOf('-Infinity')]).toEqual([
    1.5,
    1.5,
    -2000,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ])
  for (const bad of ['', 'nan', '1e999', '1.', 'toString', Number.NaN, Number.POSITIVE_INFINITY]) expect(doubleOf(bad)).toBeUndefined()
})

test('a number keeps its source from 16 digits on, or with an exponent, wherever a value may stand', () => {
  const source = (text: string): unknown => sourceOf((parseExact(`{"a":${text}}`) as { a: unknown }).a)
  expect(source('1234567890123456')).toBe('1234567890123456')
  expect(source('-1234567890123456')).toBe('-1234567890123456')
  expect(source('123456789012345')).toBeUndefined()
  expect(source('1e3')).toBe('1e3')
  expect(source('"1234567890123456"')).toBeUndefined()
  expect(parseExact('[1234567890123456, 1]')).toEqual([{ '\u0000number': '1234567890123456' }, 1])
  expect(parseExact('{"a":[1,12345678901234567,1e3],"b":9}')).toEqual({
    a: [1, { '\u0000number': '12345678901234567' }, { '\u0000number': '1e3' }],
    b: 9,
  })
})

test('what looks like a number within a text stays a text, whatever stands before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('"', '\\', ':', ',', ' ', '1234567890123456', ']', 'a'), { maxLength: 12 }),
      fc.string(),
      (parts, more) => {
        const value = { key: parts.join(''), [more]: [parts.join('') + more], number: 5 }
        expect(parseExact(JSON.stringify(value))).toEqual(value)
      },
    ),
  )
})

test('a number that JSON does not know is left for the parser to refuse', () => {
  for (const bad of ['[01234567890123456789]', '[1.2.34567890123456]', '[1e]', '[12345678901234567'])
    expect(() => parseExact(bad)).toThrow(SyntaxError)
})
