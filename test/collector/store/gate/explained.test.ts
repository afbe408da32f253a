import { describe, expect, test } from 'vitest'
import { parseAst } from '../../../../collector/src/store/gate/ast.ts'
import { explainedNodes } from '../../../../collector/src/store/gate/explained.ts'

const SELECT = ' SelectWithUnionQuery (children 1)\n  ExpressionList (children 1)\n'
const explained = (text: string) => explainedNodes(parseAst(text))?.map(({ kind, depth }) => `${depth} ${kind}`)

describe('the nodes that EXPLAIN explains', () => {
  test('stand where they would without it, with FORMAT and what else follows', () => {
    expect(explained(`Explain EXPLAIN (children 1)\n${SELECT}`)).toEqual(['0 SelectWithUnionQuery', '1 ExpressionList'])
    expect(explained(`Explain EXPLAIN PIPELINE (children 2)\n${SELECT} Identifier JSON\n`)?.at(-1)).toBe('0 Identifier')
  })

  test('leave the options of EXPLAIN out, and no later node of that kind', () => {
    const nodes = explained(`Explain EXPLAIN QUERY TREE (children 3)\n Set\n${SELECT} Set\n`)
    expect(nodes).toEqual(['0 SelectWithUnionQuery', '1 ExpressionList', '0 Set'])
  })

  test.each([
    SELECT.replaceAll(/^ /gm, ''),
    'Explain EXPLAIN CURRENT TRANSACTION\n',
    'Explain EXPLAIN TABLE OVERRIDE (children 2)\n Function numbers (children 1)\n',
    `Explain EXPLAIN TABLE OVERRIDE (children 1)\n${SELECT}`,
    'Explain EXPLAIN (children 1)\n InsertQuery   (children 2)\n  Identifier x\n',
    `Explain EXPLAIN (children 1)\n Explain EXPLAIN (children 1)\n${SELECT}`,
    `Explain EXPLAIN (children 2)\n Set\n Set\n${SELECT}`,
    'Explain EXPLAIN (children 1)\n Set\n',
    'Explain EXPLAIN\n',
    '',
  ])('are none of %j', (text) => expect(explainedNodes(parseAst(text))).toBeUndefined())
})
