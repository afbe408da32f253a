import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { growthExponent } from '../../../support/growth.ts'
import { parseAst } from '../../../../collector/src/store/gate/ast.ts'

test('nodes have kind, name, depth and parent', () => {
  const text = [
    'SelectWithUnionQuery (children 2)',
    ' ExpressionList (children 1)',
    '  SelectQuery (children 1)',
    '   Function plus (alias x) (children 1)',
    '    ExpressionList (children 2)',
    '     Identifier a',
    '     Literal 1',
    ' Identifier JSON',
  ].join('\n')
  expect(parseAst(text)).toEqual([
    { kind: 'SelectWithUnionQuery', name: '', alias: '', depth: 0, parent: '' },
    { kind: 'ExpressionList', name: '', alias: '', depth: 1, parent: 'SelectWithUnionQuery' },
    { kind: 'SelectQuery', name: '', alias: '', depth: 2, parent: 'ExpressionList' },
    { kind: 'Function', name: 'plus', alias: 'x', depth: 3, parent: 'SelectQuery' },
    { kind: 'ExpressionList', name: '', alias: '', depth: 4, parent: 'Function' },
    { kind: 'Identifier', name: 'a', alias: '', depth: 5, parent: 'ExpressionList', call: { name: 'plus', argument: 0, count: 2 } },
    { kind: 'Literal', name: '1', alias: '', depth: 5, parent: 'ExpressionList', call: { name: 'plus', argument: 1, count: 2 } },
    { kind: 'Identifier', name: 'JSON', alias: '', depth: 1, parent: 'SelectWithUnionQuery' },
  ])
})

test('a name with line breaks in it cannot hide a node: every line is one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(' ', '\n', 'a', '(', ')', '(alias ', '(children 1)') }), (name) => {
      const nodes = parseAst(` Identifier ${name}\n  Function file (children 1)`)
      expect(nodes).toContainEqual(expect.objectContaining({ kind: 'Function', name: 'file' }))
    }),
  )
})

test.each([
  ['x (alias y)', 'y'],
  ['x (alias y) (children 1)', 'y'],
  ['x (alias y) (children 1) (children 2)', 'y) (children 1'],
  ['x (alias y (children 1)', 'y (children 1'],
  ['(alias a (alias b)', 'a (alias b'],
  ['x (alias y', ''],
  ['x(alias y)', ''],
])('the alias in %j is %j', (rest, alias) => expect(parseAst(`Identifier ${rest}`)[0]).toMatchObject({ alias }))

test('a literal full of what looks like notes takes time in proportion to its length', () => {
  const prepare = (size: number) => {
    const text = ` Literal '${' (alias x (children 1'.repeat(size)}'`
    return () => parseAst(text)
  }
  expect(growthExponent(500, prepare)).toBeLessThan(1.5)
})
