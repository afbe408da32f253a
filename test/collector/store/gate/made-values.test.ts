import { expect, test } from 'vitest'
import { growthExponent } from '../../../support/growth.ts'
import { parseAst } from '../../../../collector/src/store/gate/ast.ts'
import { MAX_MADE_LENGTH, steepCallIn } from '../../../../collector/src/store/gate/made-values.ts'

/** A call as `EXPLAIN AST` prints it. */
const call = (name: string, ...given: readonly string[]): string =>
  [` Function ${name} (children 1)`, `  ExpressionList (children ${given.length})`, ...given.map((each) => `   ${each}`)].join('\n')
const ILIKE = call('ilike', 'Identifier a', 'Identifier b')
const HAS_ALL = call('hasAll', 'Identifier a', 'Identifier b')
const found = (...calls: readonly string[]): string | undefined =>
  steepCallIn(parseAst(['SelectWithUnionQuery', ...calls].join('\n')))?.maker

test('a constant count makes a long value, also one that is computed', () => {
  expect(found(ILIKE, call('repeat', "Literal 'a'", 'Literal UInt64_60000'))).toBe('repeat')
  expect(found(call('REPEAT', 'Identifier a', 'Literal UInt64_60000'), ILIKE)).toBe('REPEAT')
  expect(found(ILIKE, call('space', 'Literal UInt64_60000'))).toBe('space')
  expect(found(HAS_ALL, call('range', 'Literal UInt64_1', 'Literal UInt64_60000'))).toBe('range')
  const computed = 'Function toUInt32 (children 1)\n    ExpressionList (children 1)\n     Literal Float64_60000'
  expect(found(ILIKE, call('repeat', "Literal 'a'", computed))).toBe('repeat')
})

test('a count under an alias is a constant, also through another alias; a column is none', () => {
  const repeated = (count: string): string => call('repeat', "Literal 'a'", `Identifier ${count}`)
  expect(found(ILIKE, ' Literal UInt64_60000 (alias n)', repeated('n'))).toBe('repeat')
  expect(found(ILIKE, repeated('n'), ' Literal UInt64_60000 (alias n)')).toBe('repeat')
  const sum = ' Function multiply (alias m) (children 1)\n  ExpressionList (children 2)\n   Identifier n\n   Literal UInt64_2'
  expect(found(ILIKE, ' Literal UInt64_60000 (alias n)', sum, repeated('m'))).toBe('repeat')
  const product = 'Function multiply (children 1)\n    ExpressionList (children 2)\n     Literal UInt64_200\n     Literal UInt64_300'
  expect(found(ILIKE, call('repeat', "Literal 'a'", product))).toBe('repeat')
  expect(found(ILIKE, ' Literal UInt64_60 (alias n)', repeated('n'))).toBeUndefined()
  expect(found(ILIKE, ' Literal UInt64_60000 (alias n)', repeated('number'))).toBeUndefined()
  expect(
    found(ILIKE, ' Function plus (alias n) (children 1)\n  ExpressionList (children 1)\n   Identifier n', repeated('n')),
  ).toBeUndefined()
})

test('a text that is joined from a long list is a long text', () => {
  const joined = call('arrayStringConcat', 'Function range (children 1)\n    ExpressionList (children 1)\n     Literal UInt64_60000')
  expect(found(ILIKE, joined)).toBe('range')
  const shown = call('toString', 'Function range (children 1)\n    ExpressionList (children 1)\n     Literal UInt64_60000')
  expect(found(ILIKE, shown)).toBe('range')
  expect(found(ILIKE, call('range', 'Literal UInt64_60000'), call('toString', 'Identifier a'))).toBeUndefined()
  expect(found(ILIKE, call('arrayStringConcat', 'Identifier list'))).toBeUndefined()
})

test.each([
  'JSON_EXISTS',
  'JSON_QUERY',
  'JSON_VALUE',
  'regexp_replace',
  'extractTextFromHTML',
  'position',
  'replaceAll',
  'countSubstringsCaseInsensitive',
])('%s is steep for a text', (name) => {
  expect(found(call(name, 'Identifier a', "Literal '$[*].a'"), call('repeat', "Literal 'a'", 'Literal UInt64_60000'))).toBe('repeat')
})

test('short values, counts of columns, other numbers, and makers or steep functions alone are ordinary', () => {
  expect(found(ILIKE, call('repeat', "Literal 'a'", `Literal UInt64_${MAX_MADE_LENGTH}`))).toBeUndefined()
  expect(found(ILIKE, call('repeat', "Literal 'a'", 'Identifier n'))).toBeUndefined()
  expect(found(ILIKE, call('repeat', 'Literal UInt64_60000', 'Literal UInt64_2'))).toBeUndefined()
  expect(found(ILIKE, call('range', 'Literal UInt64_0', 'Literal UInt64_86400'))).toBeUndefined()
  expect(found(ILIKE, call('plus', 'Literal UInt64_60000', 'Literal UInt64_60000'))).toBeUndefined()
  expect(found(call('repeat', "Literal 'a'", 'Literal UInt64_60000'))).toBeUndefined()
  expect(found(ILIKE, call('constructor', 'Literal UInt64_60000'))).toBeUndefined()
})

test('thousands of steep calls, of lists and of aliases take time in proportion to their number', () => {
  const prepare = (size: number) => {
    const calls = [ILIKE, HAS_ALL, call('range', 'Identifier a')].flatMap((each) => Array.from({ length: size }, () => each))
    const aliases = Array.from({ length: size }, (_, i) => ` Literal UInt64_1 (alias a${i})`)
    const many = call('range', ...aliases.map((_, i) => `Identifier a${i}`))
    const nodes = parseAst(['SelectWithUnionQuery', ...calls, ...aliases, many].join('\n'))
    return () => steepCallIn(nodes)
  }
  expect(steepCallIn(parseAst(`SelectWithUnionQuery\n${ILIKE}`))).toBeUndefined()
  expect(growthExponent(60, prepare)).toBeLessThan(1.5)
})
