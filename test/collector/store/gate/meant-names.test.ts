import { expect, test } from 'vitest'
import { parseAst } from '../../../../collector/src/store/gate/ast.ts'
import { hasOddName, namesOfFunctions, namesOfTables } from '../../../../collector/src/store/gate/meant-names.ts'

/** A call as `EXPLAIN AST` prints it. */
const call = (name: string, ...given: readonly string[]): string =>
  [` Function ${name} (children 1)`, `  ExpressionList (children ${given.length})`, ...given.map((each) => `   ${each}`)].join('\n')
const nodes = (...calls: readonly string[]) => parseAst(['SelectWithUnionQuery', ...calls].join('\n'))
const rules = { takesFunction: (name: string) => name === 'arrayMap' }
const functions = (...calls: readonly string[]) => [...namesOfFunctions(nodes(...calls), rules)]
const tables = (...calls: readonly string[]) => [...namesOfTables(nodes(...calls))]

test('a function can be named as the first of several arguments of one that takes it', () => {
  expect(functions(call('arrayMap', 'Identifier f', 'Identifier list'))).toEqual(['f'])
  expect(functions(call('arrayMap', 'Identifier list'))).toEqual([])
  expect(functions(call('concat', 'Identifier f', 'Identifier g'), ' Identifier h')).toEqual([])
})

test('a table can be named on the right of IN in all its kinds', () => {
  for (const name of ['in', 'notIn', 'globalIn', 'globalNotIn', 'nullIn', 'notNullIn', 'IN', 'inIgnoreSet'])
    expect([name, tables(call(name, 'Identifier a', 'Identifier t'))]).toEqual([name, ['t']])
  expect(tables(call('minus', 'Identifier a', 'Identifier t'))).toEqual([])
})

test('what is behind an alias, and behind that, counts wherever it stands', () => {
  const place = call('arrayMap', 'Identifier f', 'Identifier list')
  expect(functions(' Identifier g (alias f)', place, ' Identifier file (alias g)', ' Identifier x (alias y)')).toEqual(['f', 'g', 'file'])
  expect(functions(' Identifier f (alias f)', place)).toEqual(['f'])
})

test.each(['SELECT 1 AS `a\\nb`', 'SELECT `a\nb`', 'SELECT 1 AS "x (alias y"', 'SELECT `f) (children 1`'])('%s has an odd name', (sql) =>
  expect(hasOddName(sql)).toBe(true),
)

test.each(["SELECT 'a\\nb (alias x)'", 'SELECT 1 AS `count()`, 2 AS `a (b)`', 'SELECT 1'])('%s has none', (sql) =>
  expect(hasOddName(sql)).toBe(false),
)
