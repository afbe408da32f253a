import { assert, array, constantFrom, property, string, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_SQL_LENGTH, normaliseSql, operationOf } from '../../../agent/src/sql/normalise.ts'
import { growthExponent } from '../../support/growth.ts'

const EVERY_SYSTEM = [
  'postgresql',
  'mysql',
  'sqlite',
  'mssql',
  'oracle',
  'db2',
  'clickhouse',
  'snowflake',
  'bigquery',
  'spark',
  'informix',
  'duckdb',
  'cassandra',
  'neo4j',
  'couchbase',
  'graphql',
  'influxdb',
  '',
]

test.each([
  // Literals.
  ["SELECT * FROM orders WHERE id = 42 AND name = 'O''Brien'", 'SELECT * FROM orders WHERE id = ? AND name = ?'],
  ['SELECT 1.5e-3, .5, 0xFF, 1_000, 12abc, 1e+5, 1., 192.168.0.1', 'SELECT ?, ?, ?, ?, ?, ?, ?, ?'],
  ['SELECT 0x1e-5', 'SELECT ?-?'],
  ['SELECT t.1, a .5', 'SELECT t.?, a ?'],
  ['SELECT $$it is $1 secret$$, $tag$ $$ $tag$, $1, $a', 'SELECT ?, ?, ?, $a'],
  ["SELECT E'a\\'b', X'1F', b'01', N'x', U&'d!0061', u&'x' UESCAPE '!'", 'SELECT ?, ?, ?, ?, ?, ? UESCAPE ?'],
  ["SELECT E'foo'\n 'bar\\'s secret', 'a'\n'b'", 'SELECT ?, ?'],
  ["SELECT E'foo' -- c\n 'bar\\'s secret'", 'SELECT ?'],
  ["SELECT E'a', 'C:\\', 'b'", 'SELECT ?, ?, ?'],
  ["SELECT 'never closed", 'SELECT ?'],
  ['SELECT "never closed', 'SELECT ?'],
  ['SELECT $t$ never closed', 'SELECT ?'],
  ["SELECT 'a\0b', c", 'SELECT ?'],
  ['SELECT a\0, b', 'SELECT a'],
  ['id = 550e8400-e29b-41d4-a716-446655440000 OR id = e50e8400-e29b-41d4-a716-446655440000', 'id = ? OR id = ?'],
  ["SELECT DATE '2020-01-01', INTERVAL '1 day', '{\"a\":1}'::jsonb", 'SELECT DATE ?, INTERVAL ?, ?::jsonb'],
  // Names and other words.
  ['SELECT "Quoted ""Name""" FROM `t`', 'SELECT "Quoted ""Name""" FROM `t`'],
  ['SELECT größe FROM straße2', 'SELECT größe FROM straße2'],
  ['SELECT :name, @other, :1, a[1:2]', 'SELECT :name, @other, ?, a[?:?]'],
  ["SELECT '{}'::jsonb ? 'key', a ?| b", 'SELECT ?::jsonb ? ?, a ?| b'],
  // White space and comments.
  ['select  a ,b\n\tfrom t1 -- trailing\nwhere x=$1', 'select a, b from t1 where x=?'],
  ['SELECT a /* nested /* comment */ here */ FROM t', 'SELECT a FROM t'],
  ['SELECT a-/**/-b', 'SELECT a- -b'],
  ['/* only a comment', ''],
  ['SELECT a -- c\rb', 'SELECT a…'],
  ['SELECT a -- c\r\nb', 'SELECT a b'],
  ['SELECT 1;', 'SELECT ?'],
  [' ; ;SELECT 1;; ; SELECT 2 ; ', 'SELECT ?; SELECT ?'],
  ['f ( a )', 'f (a)'],
  // Signs.
  ['SELECT -1, a - 1, a -1, (-1), a = -1, a*-1, NOT -1, - - 1', 'SELECT ?, a - ?, a -?, (?), a = ?, a*?, NOT ?, ?'],
  ['SELECT -a, +(1)', 'SELECT -a, +(?)'],
  ['SELECT a -', 'SELECT a -'],
  ['a > ALL(-1)', 'a > ALL(?)'],
  // Lists and rows.
  ['SELECT * FROM t WHERE id IN (1, 2,3)', 'SELECT * FROM t WHERE id IN (?)'],
  ['SELECT * FROM t WHERE id in ($1,$2)', 'SELECT * FROM t WHERE id in (?)'],
  ['id IN (-1, - 2, +3)', 'id IN (?)'],
  ["id IN ('a'::uuid, 'b'::uuid)", 'id IN (?::uuid)'],
  ['(a, b) IN ((1, 2), (3, 4))', '(a, b) IN ((?, ?))'],
  ['id IN (1, NULL, 2, 3, a)', 'id IN (?, NULL, ?, a)'],
  ['id NOT IN (1, 2) AND a IN (b)', 'id NOT IN (?) AND a IN (b)'],
  ['a IN (f(1, 2), f(3, 4))', 'a IN (f(?, ?))'],
  ['SELECT ARRAY[1,2,3], [[1,2],[3,4]]', 'SELECT ARRAY[?], [[?]]'],
  ['coalesce(1, 2)', 'coalesce(?, ?)'],
  ['INSERT INTO t (a, b) VALUES (1, 2), (3, 4), (5, 6)', 'INSERT INTO t (a, b) VALUES (?, ?)'],
  ['INSERT INTO t VALUES (1, now()), (DEFAULT, f((2)))\nRETURNING a', 'INSERT INTO t VALUES (?, now()) RETURNING a'],
  ['UPDATE a SET b = VALUES(b), c = VALUES(c)', 'UPDATE a SET b = VALUES(b), c = VALUES(c)'],
  ['SELECT * FROM (VALUES (1), (2)) v, w', 'SELECT * FROM (VALUES (?)) v, w'],
  ['INSERT INTO t VALUES ROW(1, 2), ROW(3, 4)', 'INSERT INTO t VALUES ROW(?, ?)'],
  // Statements with secrets that are no literals, and with data.
  ["ALTER ROLE bob PASSWORD 'x' VALID UNTIL 'y'", 'ALTER ROLE bob PASSWORD…'],
  ['CREATE TABLE users (id int, password text)', 'CREATE TABLE users (id int, password text)'],
  ["UPDATE users SET password = 'x' WHERE id = 1", 'UPDATE users SET password = ? WHERE id = ?'],
  ['COPY t (a) FROM stdin;\n1\tsecret\n', 'COPY t (a) FROM stdin…'],
  ["COPY t TO 's3://x' CREDENTIALS 'y'", 'COPY t TO ? CREDENTIALS ?'],
])('%j', (sql, expected) => {
  expect(normaliseSql(sql, 'postgresql')).toBe(expected)
})

test.each([
  // Backslashes: for MySQL, settings of the server that are unknown here decide.
  ['mysql', "SELECT 'it\\'s', 'x'", 'SELECT ?, ?'],
  ['mysql', "SELECT 'C:\\', 'secret'", 'SELECT ?…'],
  ['mysql', "SELECT 'a\\', 'b\\', 'c'", 'SELECT ?…'],
  ['mysql', "SELECT 'a\\\\', 'b'", 'SELECT ?, ?'],
  ['mariadb', 'SELECT "it\\"s", \'it\\\'s\' # secret\nFROM `t`', 'SELECT ?, ? FROM `t`'],
  ['postgresql', "SELECT 'C:\\', 'x'", 'SELECT ?, ?'],
  ['postgresql', "SELECT 'a\\' OR 'b\\'c'", 'SELECT ?…'],
  ['sqlite', "SELECT 'C:\\', 'x'", 'SELECT ?, ?'],
  ['oracle', "SELECT 'C:\\', 'x' FROM dual", 'SELECT ?, ? FROM dual'],
  ['clickhouse', "SELECT 'it\\'s', `a\\`b`", 'SELECT ?, `a\\`b`'],
  ['snowflake', "SELECT 'it\\'s', $$a'b$$ // c\n, 1", 'SELECT ?, ?, ?'],
  ['spark', "SELECT 'it\\'s', \"x\"", 'SELECT ?, ?'],
  // Double quotes.
  ['mysql', 'SELECT "a""b", N\'c\', _utf8mb4\'d\', _latin1"e"', 'SELECT ?, ?, ?, ?'],
  ['bigquery', 'SELECT \'\'\'it\'s\'\'\', """a "b" c""", r\'x\\\'\', b"y" FROM `p.d.t`', 'SELECT ?, ?, ?, ? FROM `p.d.t`'],
  ['sqlite', 'SELECT "id" FROM "t" WHERE "t"."a" = "secret"', 'SELECT ? FROM "t" WHERE "t"."a" = ?'],
  ['mssql', 'SELECT x AS "y" FROM "t" JOIN "u" ON "t" . "a" = N\'b\'', 'SELECT x AS "y" FROM "t" JOIN "u" ON "t" . "a" = ?'],
  ['informix', 'SELECT "x"', 'SELECT ?'],
  ['oracle', 'SELECT "x"', 'SELECT "x"'],
  // Brackets.
  ['sqlite', "SELECT [it's] FROM t WHERE a = 'x'", "SELECT [it's] FROM t WHERE a = ?"],
  ['microsoft.sql_server', "SELECT [a]]'b], c FROM t", "SELECT [a]]'b], c FROM t"],
  ['mssql', 'SELECT [never', 'SELECT ?'],
  // Comments.
  ['mysql', "SELECT 5--'x', 5-- 'y'", 'SELECT ?-?, ?'],
  ['mysql', "SELECT 5--\t'y'\n, 6 --", 'SELECT ?, ?'],
  ['mysql', "/*!40101 SET NAMES utf8 */ /*M! a = 'x' */ /*+ 'h' */", 'SET NAMES utf8 a = ?'],
  ['mysql', "/* a /* b */ 'x'", '?'],
  ['oracle', "/* a /* b */ 'x'", '?'],
  ['trino', "SELECT /* a /* b */ 'x'", 'SELECT…'],
  ['cassandra', "SELECT a // it's\nFROM t", 'SELECT a FROM t'],
  ['duckdb', 'SELECT a // b', 'SELECT a // b'],
  ['neo4j', 'MATCH (a)--(b {x: "it\'s"}) RETURN a // c', 'MATCH (a)- -(b {x: ?}) RETURN a'],
  ['graphql', '{ user(id: 7, name: "x") { id } } # it\'s', '{ user(id: ?, name: ?) { id } }'],
  // Oracle's quotes.
  ['oracle', "SELECT q'[it's]', Q'{a}', nq'!it's!', q'<>' FROM dual", 'SELECT ?, ?, ?, ? FROM dual'],
  ['oracle', "SELECT q'[it's", 'SELECT ?'],
  ['postgresql', "SELECT q'a'", 'SELECT q?'],
  [
    'influxdb',
    'SELECT a FROM cpu WHERE host =~ /web\\/1/ AND b !~/x/ AND c / 2 > 1',
    'SELECT a FROM cpu WHERE host =~ ? AND b !~? AND c / ? > ?',
  ],
  ['mysql', "SELECT 1 --\u00A0'\n secret'", 'SELECT ?…'],
  // Passwords and data.
  ['postgresql', 'SET app.user_token = abc', 'SET app.user_token…'],
  ['postgresql', 'SET search_path TO tenant', 'SET search_path TO tenant'],
  ['oracle', 'CREATE USER bob IDENTIFIED BY tiger', 'CREATE USER bob IDENTIFIED…'],
  ['oracle', 'ALTER USER bob IDENTIFIED BY "Tiger"', 'ALTER USER bob IDENTIFIED…'],
  ['oracle', 'CONNECT scott/tiger@db', 'CONNECT…'],
  ['mysql', "SET PASSWORD FOR bob = 'x'", 'SET PASSWORD…'],
  ['mssql', "CREATE LOGIN bob WITH PASSWORD = 'x'", 'CREATE LOGIN bob WITH PASSWORD…'],
  ['sqlite', 'PRAGMA key = "x"', 'PRAGMA key…'],
  ['sqlite', "ATTACH 'a.db' AS b KEY 'x'", 'ATTACH ? AS b KEY…'],
  ['snowflake', "CREATE STAGE s CREDENTIALS=(AWS_KEY_ID='x')", 'CREATE STAGE s CREDENTIALS…'],
  ['clickhouse', 'INSERT INTO t (format, a) FORMAT CSV\n1,secret', 'INSERT INTO t (format, a) FORMAT CSV…'],
  ['clickhouse', 'INSERT INTO t VALUES (1, 2) (3, 4)', 'INSERT INTO t VALUES (?, ?)'],
  ['clickhouse', 'SELECT 1 FORMAT JSON SETTINGS a = 1', 'SELECT ? FORMAT JSON SETTINGS a = ?'],
  ['postgresql', 'SET app.api_key = abc', 'SET app.api_key…'],
  ['postgresql', 'SET LOCAL app.jwt TO abc', 'SET LOCAL app.jwt…'],
  ['postgresql', 'SELECT 1; ALTER ROLE bob PASSWORD tiger', 'SELECT ?; ALTER ROLE bob PASSWORD…'],
  ['mysql', 'SELECT 1; SET @@global.secret_key = abc', 'SELECT ?; SET @@global.secret_key…'],
  ['teradata', 'LOGON host/user,tiger', 'LOGON…'],
  // SQL Server takes words among the arguments of a procedure for strings.
  ['mssql', 'EXEC sp_addlogin anna, tiger', 'EXEC sp_addlogin ?, ?'],
  ['mssql', 'EXEC dbo.[p] tiger', 'EXEC dbo.[p] ?'],
  ['mssql', 'EXEC @rc = dbo.p @a = tiger, @b = @c OUTPUT, @d = DEFAULT', 'EXEC @rc = dbo.p @a = ?, @b = @c OUTPUT, @d = DEFAULT'],
  ['mssql', 'EXEC p 1 SELECT a, b FROM t', 'EXEC p ? SELECT a, b FROM t'],
  ['mssql', "SELECT 1; EXECUTE p 'x'; SELECT a, b", 'SELECT ?; EXECUTE p ?; SELECT a, b'],
  ['mssql', "EXEC ('SELECT 1') AT server2", 'EXEC (?) AT server2'],
  ['oracle', 'EXEC p a, b', 'EXEC p a, b'],
  // Quotes outside ASCII, and dollars.
  ['clickhouse', 'SELECT ‘it is’, “a b” FROM t', 'SELECT ?, “a b” FROM t'],
  ['clickhouse', 'SELECT a‘tiger’, 1‘tiger’', 'SELECT a?, ??'],
  ['clickhouse', 'SELECT ‘never closed', 'SELECT ?'],
  ['clickhouse', 'SELECT “never closed', 'SELECT ?'],
  ['postgresql', 'SELECT ‘a’ FROM t', 'SELECT ‘a’ FROM t'],
  ['h2', "SELECT $$it's$$, 'x'", 'SELECT ?, ?'],
  ['trino', "CREATE FUNCTION f() AS $$it's$$", 'CREATE FUNCTION f() AS ?'],
  ['mysql', "CREATE FUNCTION f() AS $js$ it's $js$", 'CREATE FUNCTION f() AS ?'],
  // An unknown system has the safest reading.
  ['', 'SELECT a FROM t WHERE b = \'x\' AND c = "y" AND d = $$z$$', 'SELECT a FROM t WHERE b = ? AND c = ? AND d = ?'],
  ['other_sql', "SELECT 'it\\'s', b", 'SELECT ?…'],
  ['other_sql', "SELECT [it's], b", 'SELECT…'],
  ['other_sql', 'SELECT [a], ARRAY[1, 2]', 'SELECT [a], ARRAY[?]'],
  ['other_sql', 'SELECT a --b', 'SELECT a…'],
  ['other_sql', 'SELECT a -- b\n, c', 'SELECT a, c'],
  ['other_sql', 'SELECT a # b', 'SELECT a…'],
  ['other_sql', 'SELECT a // b', 'SELECT a…'],
  ['other_sql', "SELECT q'[a]', b", 'SELECT ?, b'],
  ['other_sql', "SELECT q'[it's]', b", 'SELECT ?…'],
  ['other_sql', "SELECT '''a''', b", 'SELECT ?…'],
  ['other_sql', "/*! SELECT 'x' */ b", '…'],
  ['', 'SET user:1 hunter2', '?'],
  ['', 'hunter2', '?'],
  ['', '(select 1)', '(select ?)'],
])('%s: %j', (system, sql, expected) => {
  expect(normaliseSql(sql, system)).toBe(expected)
})

const fragment = constantFrom(
  'SELECT ',
  ' FROM t',
  ' WHERE a',
  '(',
  ')',
  ', ',
  ',',
  "'",
  '"',
  '$',
  '$$',
  '$t$',
  '--',
  '-',
  '- ',
  '+',
  '/*',
  '*/',
  '/*!',
  '//',
  '\n',
  ' ',
  '1',
  '.5',
  '.',
  '?',
  'IN (',
  'IN',
  'VALUES (',
  '), (',
  'ROW(',
  'x',
  ';',
  '::',
  ':1',
  'E',
  "E'",
  "q'[",
  "N'",
  '_utf8',
  '`',
  '[',
  ']',
  '\\',
  "\\'",
  '#',
  '…',
  '\0',
  '\r',
  'PASSWORD ',
  'CREATE USER ',
  'FORMAT ',
  'INSERT ',
  'e50e8400-e29b-41d4-a716-446655440000',
  'x'.repeat(1500),
  "'''",
  '"""',
)

test('normalising twice changes nothing more, in any dialect', () => {
  assert(
    property(
      tuple(array(fragment, { maxLength: 30 }), constantFrom(...EVERY_SYSTEM), constantFrom('', 'SELECT ')),
      ([parts, system, verb]) => {
        const once = normaliseSql(verb + parts.join(''), system)
        expect(normaliseSql(once, system)).toBe(once)
        expect(once.length).toBeLessThanOrEqual(4096)
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 20_000) },
  )
})

test('a bracket after a name in brackets stays apart from it', () => {
  expect(normaliseSql('[]\r]', 'sqlite')).toBe('[] ]')
  expect(normaliseSql('SELECT [a]/**/]', 'mssql')).toBe('SELECT [a] ]')
  expect(normaliseSql('SELECT ARRAY[ [1] ]', 'postgresql')).toBe('SELECT ARRAY[[?]]')
})

test('a number that begins with a dot makes no name of the quoted text before it', () => {
  expect(normaliseSql('SELECT "secret" .5', 'mssql')).toBe('SELECT ? ?')
  expect(normaliseSql('SELECT "t" .a, "t".a', 'mssql')).toBe('SELECT "t" .a, "t".a')
})

test('garbage of any kind is read, and no apostrophe is left outside of names', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 300 }), constantFrom(...EVERY_SYSTEM), (text, system) => {
      const normalised = normaliseSql(text, system)
      expect(normalised.replaceAll(/"[^"]*"|`[^`]*`|\[[^\]]*\]/g, '')).not.toContain("'")
    }),
    { numRuns: 2000 },
  )
})

test('a long statement is cut between two tokens', () => {
  const long = normaliseSql(`SELECT ${'column_name, '.repeat(10_000)}x`, 'postgresql')
  expect(long.length).toBeGreaterThan(4070)
  expect(long).toMatch(/^SELECT (column_name, )+column_name…$/)
  expect(normaliseSql(long, 'postgresql')).toBe(long)
})

test('what lies beyond the longest text is not read', () => {
  const list = '1,'.repeat(MAX_SQL_LENGTH / 2)
  expect(normaliseSql(`a IN (${list}1) AND b`, 'sqlite')).toBe('a IN (?,')
  expect(normaliseSql(`a IN (${list.slice(100)}1) AND b`, 'sqlite')).toBe('a IN (?) AND b')
})

const PART = 50_000
test.each([
  ['numbers of a list', 'SELECT a IN (', '1234, '],
  ['lists in a list', 'SELECT a IN (', '(1,2),'],
  ['rows', 'INSERT INTO t VALUES (1)', ', (1, f(2))'],
  ['semicolons', '', ' ;'],
  ['quotes', 'SELECT ', "'"],
  ['escaped quotes', "SELECT '", "\\'"],
  ['signs', 'SELECT ', '- '],
  ['comments', 'SELECT ', '--\n'],
  ['opened comments', 'SELECT ', '/*'],
  ['dollars', 'SELECT a IN (', '$a$,'],
  ['brackets', 'SELECT a IN (', '[1],'],
  ['strings that join', 'SELECT ', "'a' "],
  ['ends', 'SELECT ', '…  '],
])('many %s cost in proportion to their number', (_name, head, part) => {
  for (const system of ['mysql', 'bigquery', '']) {
    const exponent = growthExponent(PART, (length) => {
      const text = head + part.repeat(length / part.length)
      return () => normaliseSql(text, system)
    })
    expect(exponent, system).toBeLessThan(1.5)
  }
})

test.each([
  ['SELECT 1', 'SELECT'],
  ['(select ?) union (select ?)', 'SELECT'],
  ['with x as (?) select ?', 'WITH'],
  ['', ''],
])('the operation of %s is %s', (text, operation) => {
  expect(operationOf(text)).toBe(operation)
})
