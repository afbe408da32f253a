import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRead, mayCommit, namesSchema } from '../../../runtime/src/datasource/statement-class.ts'

const PG = 'postgresql'

test.for([
  ['SELECT * FROM orders', true],
  ['  (select 1) union (select 2)', true],
  ['WITH n AS (SELECT 1) SELECT * FROM n;', true],
  ["SELECT 'insert into x' AS text", true],
  ['SHOW server_version', true],
  ['EXPLAIN SELECT 1', true],
  ['EXPLAIN ANALYZE INSERT INTO a VALUES (1)', false],
  ['SELECT * FROM orders FOR UPDATE', false],
  ['SELECT * FROM orders FOR NO KEY UPDATE', false],
  ['SELECT * FROM orders FOR SHARE', false],
  ['SELECT * FROM a LOCK IN SHARE MODE', false],
  ['SELECT 1 INTO x', false],
  ["SELECT nextval('seq')", false],
  ['SELECT pg_advisory_xact_lock(7)', false],
  ['WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d', false],
  ['SELECT 1; DROP TABLE a', false],
  ['INSERT INTO a VALUES (1)', false],
  ['CALL pay(1)', false],
  ['', false],
] as const)('%s is a read: %s', ([text, expected]) => {
  expect(isRead(text, PG)).toBe(expected)
})

test.for([
  ['COMMIT', true, true],
  ['commit;', true, true],
  ['END', true, true],
  ['BEGIN; INSERT INTO a VALUES (1); COMMIT', false, true],
  ["PREPARE TRANSACTION 'x'", true, true],
  ['INSERT INTO a VALUES (1)', false, true],
  ['INSERT INTO a VALUES (1)', true, false],
  ['SELECT pay(1)', false, false],
  ["SELECT nextval('seq')", false, true],
  ['ROLLBACK', true, false],
  ['BEGIN', false, false],
  ["SET TIME ZONE 'UTC'", false, false],
  ["SELECT 'commit'", true, false],
] as const)('%s in a transaction: %s; it may commit: %s', ([text, isInTransaction, expected]) => {
  expect(mayCommit(text, PG, isInTransaction)).toBe(expected)
})

test.for([
  ['SELECT * FROM reporting.orders', true],
  ['SELECT * FROM "reporting"."orders"', true],
  ['SELECT * FROM Reporting . orders', true],
  ['SELECT * FROM my_reporting.orders', false],
  ['SELECT a.reporting.x FROM b', false],
  ["SELECT 'reporting.orders'", false],
] as const)('%s names the schema reporting: %s', ([text, expected]) => {
  expect(namesSchema(text, PG, 'reporting')).toBe(expected)
})

test('whatever text there is gets a class', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('postgresql', 'mysql'), fc.string({ minLength: 1 }), (text, system, schema) => {
      expect([typeof isRead(text, system), typeof mayCommit(text, system, true), typeof namesSchema(text, system, schema)]).toEqual(
        Array.from({ length: 3 }, () => 'boolean'),
      )
    }),
  )
})

test('a statement with a word that changes something is never a read', () => {
  const verb = fc.constantFrom('INSERT INTO', 'UPDATE', 'DELETE FROM', 'MERGE INTO', 'TRUNCATE', 'DROP TABLE')
  fc.assert(
    fc.property(fc.constantFrom('', 'WITH x AS (', 'EXPLAIN ', 'SELECT 1; '), verb, fc.constantFrom('t', 'a.t'), (before, word, table) => {
      expect(isRead(`${before}${word} ${table}`, PG)).toBe(false)
    }),
  )
})
