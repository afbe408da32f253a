import { assert, constantFrom, array, integer, property, string, stringMatching } from 'fast-check'
import { expect, test } from 'vitest'
import { normaliseSql, operationOf } from '../../../agent/src/sql/normalise.ts'

test.each([
  ["SELECT * FROM orders WHERE id = 42 AND name = 'O''Brien'", 'SELECT * FROM orders WHERE id = ? AND name = ?'],
  ['select  a ,b\n\tfrom t1 -- trailing\nwhere x=$1', 'select a, b from t1 where x=?'],
  ['SELECT a /* nested /* comment */ here */ FROM t', 'SELECT a FROM t'],
  ['SELECT 1.5e-3, .5, 0xFF, 1_000, 12abc', 'SELECT ?, ?, ?, ?, ?'],
  ['SELECT $$it is $1 secret$$, $tag$ $$ $tag$', 'SELECT ?, ?'],
  ["SELECT E'a\\'b', X'1F', b'01', N'x', U&'d!0061'", 'SELECT ?, ?, ?, ?, ?'],
  ['SELECT "Quoted ""Name""" FROM `t`', 'SELECT "Quoted ""Name""" FROM `t`'],
  ['SELECT * FROM t WHERE id IN (1, 2,3)', 'SELECT * FROM t WHERE id IN (?)'],
  ['SELECT * FROM t WHERE id in ($1,$2)', 'SELECT * FROM t WHERE id in (?)'],
  ['SELECT ARRAY[1,2,3]', 'SELECT ARRAY[?]'],
  ['INSERT INTO t (a, b) VALUES (1, 2), (3, 4), (5, 6)', 'INSERT INTO t (a, b) VALUES (?, ?)'],
  ["SELECT '{}'::jsonb ? 'key'", 'SELECT ?::jsonb ? ?'],
  ['SELECT :name, @other', 'SELECT :name, @other'],
  ['SELECT 1;', 'SELECT ?'],
  ["SELECT 'never closed", 'SELECT ?'],
  ['SELECT "never closed', 'SELECT ?'],
  ['/* only a comment', ''],
  ['SELECT größe FROM straße2', 'SELECT größe FROM straße2'],
])('%s', (sql, expected) => {
  expect(normaliseSql(sql)).toBe(expected)
})

test('in MySQL double quotes make strings, backslashes escape and # begins a comment', () => {
  expect(normaliseSql('SELECT "it\\"s", \'it\\\'s\' # secret\nFROM `t`', 'mysql')).toBe('SELECT ?, ? FROM `t`')
  expect(normaliseSql("SELECT 'C:\\', 'x'", 'standard')).toBe('SELECT ?, ?')
})

const fragment = constantFrom(
  'SELECT ',
  ' FROM t',
  ' WHERE a',
  '(',
  ')',
  ', ',
  "'",
  '"',
  '$',
  '$$',
  '--',
  '/*',
  '*/',
  '\n',
  ' ',
  '1',
  '.5',
  '?',
  'IN (',
  'x',
  ';',
  '::',
  'E',
  '`',
  '[',
  ']',
)

test('normalising twice changes nothing more', () => {
  assert(
    property(array(fragment), (parts) => {
      const once = normaliseSql(parts.join(''))
      expect(normaliseSql(once)).toBe(once)
    }),
    { numRuns: 2000 },
  )
})

test('no literal comes out', () => {
  const secret = stringMatching(/^zq[a-z'\\]{0,6}qz$/)
  assert(
    property(secret, integer({ min: 1_000_000 }), (text, number) => {
      const quoted = text.replaceAll("'", "''")
      const normalised = normaliseSql(`SELECT '${quoted}', ${number}, $s$${text.replaceAll('$', '')}$s$ FROM t WHERE a = '${quoted}'`)
      expect(normalised).toBe('SELECT ?, ?, ? FROM t WHERE a = ?')
    }),
    { numRuns: 500 },
  )
})

test('garbage of any kind ends in time', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(typeof normaliseSql(text)).toBe('string')
    }),
    { numRuns: 500 },
  )
  const start = performance.now()
  for (const text of ['(?, '.repeat(20_000), "'".repeat(32_000), 'VALUES (1), '.repeat(3000), '/*'.repeat(16_000), '$a'.repeat(16_000)])
    normaliseSql(text)
  expect(performance.now() - start).toBeLessThan(2000)
})

test('a long statement is cut, not kept', () => {
  expect(normaliseSql(`SELECT ${'column_name, '.repeat(10_000)}x`).length).toBe(4096)
})

test.each([
  ['SELECT 1', 'SELECT'],
  ['(select ?) union (select ?)', 'SELECT'],
  ['with x as (?) select ?', 'WITH'],
  ['', ''],
])('the operation of %s is %s', (text, operation) => {
  expect(operationOf(text)).toBe(operation)
})
