import { expect, test } from 'vitest'
import { explained, isExplainable } from '../../../agent/src/explain/explainable.ts'
import { StatementShapes } from '../../../agent/src/sql/statement-shapes.ts'

const shapes = new StatementShapes()
const isAsked = (text: string, system = 'postgresql'): boolean => isExplainable(text, shapes.of(text, system))

test.each([
  'SELECT 1',
  ' /* a comment; with a semicolon */ select * from orders where note = $1 ; ',
  "SELECT ';' AS semicolon, 'into' AS word",
  '(SELECT a FROM t) UNION (SELECT b FROM u)',
])('%s may be explained', (text) => expect(isAsked(text)).toBe(true))

test.each([
  'SELECT 1; DROP TABLE orders',
  'SELECT * INTO copy FROM orders',
  'SELECT * FROM orders FOR UPDATE',
  'SELECT * FROM orders FOR NO KEY UPDATE',
  'SELECT * FROM orders FOR KEY SHARE',
  'WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone',
  'DELETE FROM orders',
  'ANALYZE SELECT 1',
  '(ANALYZE) SELECT 1',
  'EXPLAIN ANALYZE SELECT 1',
  'CALL work()',
  '',
])('%s may not', (text) => expect(isAsked(text)).toBe(false))

test.each(['/*! ANALYZE */ SELECT 1', 'SELECT 1 /*M!100000 INTO OUTFILE "/tmp/x" */', 'SELECT * FROM orders LOCK IN SHARE MODE'])(
  'MySQL: %s may not',
  (text) => expect(isAsked(text, 'mysql')).toBe(false),
)

test('a very long one may not, nor one whose literals cannot be told apart', () => {
  expect(isAsked(`SELECT ${'a, '.repeat(40_000)}b`)).toBe(false)
  const doubtful = String.raw`SELECT 'a\', 'b; DROP TABLE orders --'`
  expect([shapes.of(doubtful, 'postgresql').text.includes('…'), isAsked(doubtful)]).toEqual([true, false])
})

test('its last semicolon is left out', () => expect(explained('SELECT 1 ;\n ; ')).toBe('SELECT 1'))
