import { expect, test } from 'vitest'
import { bareStatement, matchMetadata } from '../../../../collector/src/store/gate/metadata.ts'

test.each([
  ['SHOW TABLES', { asks: 'names' }],
  ['SHOW TABLES FROM system', { asks: 'names', database: 'system' }],
  ["SHOW TABLES IN `spyglass` LIKE 'otel%' FORMAT TSV", { asks: 'names', database: 'spyglass', format: 'TSV' }],
  ["SHOW TABLES FROM nosuch NOT LIKE 'x' LIMIT 1", { asks: 'names', database: 'nosuch' }],
  ['SHOW DATABASES', { asks: 'names' }],
  ['SHOW CREATE TABLE spyglass.events', { asks: 'definition', database: 'spyglass', table: 'events' }],
  ['SHOW CREATE TABLE system.tables', { asks: 'definition', database: 'system', table: 'tables' }],
  ['SHOW COLUMNS FROM events FROM spyglass', { asks: 'definition', database: 'spyglass', table: 'events' }],
  ['SHOW COLUMNS FROM `spyglass`.`events` FORMAT JSON', { asks: 'definition', database: 'spyglass', table: 'events', format: 'JSON' }],
  ["SHOW FULL COLUMNS IN events LIKE 'T%'", { asks: 'definition', table: 'events' }],
  ['SHOW FIELDS FROM users FROM "system"', { asks: 'definition', database: 'system', table: 'users' }],
  ['EXISTS spyglass.events', { asks: 'exists', database: 'spyglass', table: 'events' }],
  ['exists table `system`."parts" FORMAT JSON', { asks: 'exists', database: 'system', table: 'parts', format: 'JSON' }],
  ['EXISTS events;;;', { asks: 'exists', table: 'events' }],
  ['/* ApplicationName=DBeaver */ SHOW DATABASES', { asks: 'names' }],
  ['-- Metabase; -- x\n/* a ; b */ show /**/ tables -- end', { asks: 'names' }],
  ["SHOW FUNCTIONS ILIKE 'to%'", { asks: 'names' }],
  ['SHOW EXTENDED FULL COLUMNS FROM events', { asks: 'definition', table: 'events' }],
  ["SHOW TABLES WHERE name LIKE 'a--b' LIMIT 3 -- all", { asks: 'names', where: "name LIKE 'a--b' LIMIT 3" }],
  ["SHOW TABLES FROM spyglass WHERE engine = 'x' FORMAT JSON;", { asks: 'names', database: 'spyglass', where: "engine = 'x' FORMAT JSON" }],
  ["SHOW COLUMNS FROM events WHERE field != 'a'", { asks: 'definition', table: 'events', where: "field != 'a'" }],
  ['SHOW INDEXES FROM events', { asks: 'definition', table: 'events' }],
  ['SHOW EXTENDED KEYS IN events FROM spyglass FORMAT CSV', { asks: 'definition', database: 'spyglass', table: 'events', format: 'CSV' }],
  [
    "SHOW INDEX FROM spyglass.events WHERE index_type = 'x'",
    { asks: 'definition', database: 'spyglass', table: 'events', where: "index_type = 'x'" },
  ],
  ["SHOW SETTINGS LIKE 'max_%'", { asks: 'names' }],
  ["SHOW CHANGED SETTINGS ILIKE '%JOIN%' FORMAT JSON", { asks: 'names', format: 'JSON' }],
  ['SHOW SETTING max_threads', { asks: 'names' }],
  ['SHOW ENGINES', { asks: 'names' }],
  ['SHOW DICTIONARIES FROM spyglass', { asks: 'nothing', database: 'spyglass' }],
  ['SHOW TEMPORARY TABLES FORMAT TSV', { asks: 'nothing', format: 'TSV' }],
  ['SHOW CREATE VIEW spyglass.events', { asks: 'definition', database: 'spyglass', table: 'events' }],
  ['EXISTS DATABASE `nosuch`', { asks: 'exists', database: 'nosuch' }],
])('%s is about names', (sql, right) => expect(matchMetadata(bareStatement(sql)!)).toEqual(right))

test.each([
  'SELECT 1',
  'EXISTS events; DROP TABLE events',
  "SHOW TABLES INTO OUTFILE 'x'",
  'SHOW TABLES SETTINGS x = 1',
  "SHOW TABLES FROM spyglass LIKE 'x' OR 1",
  'SHOW GRANTS',
  "EXISTS DATABASE file('x')",
  'SHOW CREATE TABLE a.b.c',
  'SHOW COLUMNS FROM spyglass.events FROM system',
  'SHOW TABLES /* ; */ ; DROP TABLE events',
  'SHOW TABLES -- x\nFROM spyglass; SELECT 1',
  "SHOW FUNCTIONS LIKE 'a' SETTINGS x = 1",
  "SHOW DATABASES WHERE file('x') = ''",
  "SHOW SETTING file('x')",
  "SHOW INDEXES FROM file('x')",
  'SHOW CLUSTERS',
  'SHOW USERS',
])('%s is not', (sql) => expect(matchMetadata(bareStatement(sql)!)).toBeUndefined())

test('a bare statement has nothing around it, and a comment without an end is none', () => {
  expect(bareStatement(' \n/* a */SHOW--x\nTABLES ;; -- y')).toBe('SHOW \nTABLES')
  expect(bareStatement('SHOW TABLES /* x')).toBe('SHOW TABLES')
  expect(bareStatement(`a '--\\'/*' "/*" \`--\` --'`)).toBe(`a '--\\'/*' "/*" \`--\``)
  expect(matchMetadata(bareStatement('/* SHOW TABLES')!)).toBeUndefined()
})

test('a text longer than any of these is not looked at: white space in it would take time with the square of its length', () => {
  expect(bareStatement(`SHOW TABLES${' '.repeat(262_000)}x`)).toBeUndefined()
})
