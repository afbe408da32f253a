import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAst } from '../../../../collector/src/store/gate/ast.ts'

test('nodes have kind, name, depth and parent', () => {
  const text = [
    'SelectWithUnionQuery (children 2)',
    ' ExpressionList (children 1)',
    '  SelectQuery (children 1)',
    '   Function plus (alias x) (children 1)',
    '    ExpressionList (children 1)',
    '     Identifier a',
    ' Identifier JSON',
  ].join('\n')
  expect(parseAst(text)).toEqual([
    { kind: 'SelectWithUnionQuery', name: '', depth: 0, parent: '' },
    { kind: 'ExpressionList', name: '', depth: 1, parent: 'SelectWithUnionQuery' },
    { kind: 'SelectQuery', name: '', depth: 2, parent: 'ExpressionList' },
    { kind: 'Function', name: 'plus', depth: 3, parent: 'SelectQuery' },
    { kind: 'ExpressionList', name: '', depth: 4, parent: 'Function' },
    { kind: 'Identifier', name: 'a', depth: 5, parent: 'ExpressionList' },
    { kind: 'Identifier', name: 'JSON', depth: 1, parent: 'SelectWithUnionQuery' },
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
