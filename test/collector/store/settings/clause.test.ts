import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { literalsOfMap, mayHaveClause, takeClauses } from '../../../../collector/src/store/settings/clause.ts'
import { stringLiteral } from '../../../../collector/src/store/sql-literal.ts'

describe('clauses are taken out of a formatted statement', () => {
  test.each([
    ['SELECT 1', 'SELECT 1', []],
    ['SELECT 1 SETTINGS a = 1', 'SELECT 1 ', [['a', '1']]],
    [
      "SELECT 1 SETTINGS a = 1, b = 'x, c = 2' FORMAT JSON",
      'SELECT 1  FORMAT JSON',
      [
        ['a', '1'],
        ['b', "'x, c = 2'"],
      ],
    ],
    [
      'SELECT 1 SETTINGS a = -1.5e3, b = true FORMAT TSV SETTINGS c = 0',
      'SELECT 1  FORMAT TSV ',
      [
        ['a', '-1.5e3'],
        ['b', 'true'],
        ['c', '0'],
      ],
    ],
    ['SELECT x FROM (SELECT 1 AS x SETTINGS a = 1) WHERE 1', 'SELECT x FROM (SELECT 1 AS x ) WHERE 1', [['a', '1']]],
    ["SELECT 1 SETTINGS m = {'t':'x > 1','u':'y'}", 'SELECT 1 ', [['m', "{'t':'x > 1','u':'y'}"]]],
    ["SELECT 'SETTINGS a = 1', `SETTINGS` FROM t", "SELECT 'SETTINGS a = 1', `SETTINGS` FROM t", []],
    ["SELECT '\\'' SETTINGS a = 1", "SELECT '\\'' ", [['a', '1']]],
    ['SELECT 1 AS SETTINGS', 'SELECT 1 AS SETTINGS', []],
  ] as const)('%s', (formatted, sql, assignments) => {
    expect(takeClauses(formatted)).toEqual({ sql, assignments })
  })

  test.each([
    'SELECT 1 SETTINGS a = DEFAULT',
    'SELECT 1 SETTINGS a = {p:UInt8}',
    'SELECT 1 SETTINGS a = [1]',
    'SELECT 1 SETTINGS a = b',
    'SELECT 1 SETTINGS a = 1, b',
    "SELECT 1 SETTINGS a = map('a', 'b')",
    "SELECT 1 SETTINGS a = {'a':1}",
    "SELECT 1 SETTINGS a = {'a':'b'",
    'SELECT 1 SETTINGS a = ',
  ])('%s is refused', (formatted) => {
    expect(() => takeClauses(formatted)).toThrow(expect.objectContaining({ number: 164 }))
  })

  test('whatever a text says, it stays one literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, other) => {
        const literal = stringLiteral(text)
        const taken = takeClauses(`SELECT ${stringLiteral(other)} SETTINGS a = ${literal}, b = 1`)
        expect(taken).toEqual({
          sql: `SELECT ${stringLiteral(other)} `,
          assignments: [
            ['a', literal],
            ['b', '1'],
          ],
        })
      }),
    )
  })

  test('any text is either read or refused with a code', () => {
    const piece = fc.constantFrom('SETTINGS ', 'a = ', '1', ', ', "'x'", '{', '}', ':', '(', ')', ' FORMAT TSV', "'", '`', 'DEFAULT', ' ')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          const { sql, assignments } = takeClauses(pieces.join(''))
          expect(sql.length + assignments.length).toBeLessThanOrEqual(pieces.join('').length)
        } catch (error) {
          expect(error).toMatchObject({ number: 164 })
        }
      }),
    )
  })
})

test.each([
  ["{'a':'b'}", ["'a'", "'b'"]],
  ["{ 'a' : 'b' , 'c':'d' }", ["'a'", "'b'", "'c'", "'d'"]],
  ['{}', []],
  ["{'a':'b'} x", undefined],
  ["{'a':f('b')}", undefined],
  ["{'a''b':'c'}", undefined],
  ["{'a':'b',}", undefined],
  ['x', undefined],
  ['', undefined],
])('the texts of the map %s', (text, literals) => {
  expect(literalsOfMap(text)).toEqual(literals)
})

test('a statement without the word has no clause', () => {
  expect([mayHaveClause('SELECT 1'), mayHaveClause('SELECT 1 SeTTings a=1')]).toEqual([false, true])
})
