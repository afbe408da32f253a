import { expect, test } from 'vitest'
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

test('short values, counts of columns, other numbers, and makers or steep functions alone are ordinary', () => {
  expect(found(ILIKE, call('repeat', "Literal 'a'", `Literal UInt64_${MAX_MADE_LENGTH}`))).toBeUndefined()
  expect(found(ILIKE, call('repeat', "Literal 'a'", 'Identifier n'))).toBeUndefined()
  expect(found(ILIKE, call('repeat', 'Literal UInt64_60000', 'Literal UInt64_2'))).toBeUndefined()
  expect(found(ILIKE, call('range', 'Literal UInt64_0', 'Literal UInt64_86400'))).toBeUndefined()
  expect(found(ILIKE, call('plus', 'Literal UInt64_60000', 'Literal UInt64_60000'))).toBeUndefined()
  expect(found(call('repeat', "Literal 'a'", 'Literal UInt64_60000'))).toBeUndefined()
  expect(found(ILIKE, call('constructor', 'Literal UInt64_60000'))).toBeUndefined()
})
