import { expect, test } from 'vitest'
import { matchMetadata } from '../../../../collector/src/store/gate/metadata.ts'

test.each([
  ['DESC otel_traces', undefined],
  ['describe table "spyglass"."otel_traces" format JSON ;', 'JSON'],
  ['DESCRIBE TABLE system.columns', undefined],
  ['EXISTS spyglass.events', undefined],
  ['SHOW TABLES', undefined],
  ["SHOW TABLES IN `spyglass` LIKE 'otel%' FORMAT TSV", 'TSV'],
  ['SHOW CREATE TABLE spyglass.events', undefined],
  ['SHOW DATABASES', undefined],
  ["SHOW TABLES FROM spyglass NOT LIKE 'x' LIMIT 1", undefined],
  ['SHOW COLUMNS FROM events FROM spyglass', undefined],
  ['SHOW COLUMNS FROM `spyglass`.`events` FORMAT JSON', 'JSON'],
  ["SHOW FULL COLUMNS IN events LIKE 'T%'", undefined],
  ['SHOW FIELDS FROM events', undefined],
])('%s passes', (sql, format) => expect(matchMetadata(sql)).toEqual({ format }))

test.each([
  'SELECT 1',
  "DESC file('/etc/passwd')",
  'DESC `/etc/passwd`',
  'DESC default.`x`',
  'DESC system.processes',
  'DESC (SELECT 1)',
  'DESC events; DROP TABLE events',
  "DESC events INTO OUTFILE 'x'",
  'DESC events SETTINGS x = 1',
  "SHOW TABLES FROM spyglass LIKE 'x' OR 1",
  'SHOW TABLES FROM system',
  'SHOW GRANTS',
  'SHOW COLUMNS FROM system.users',
  'SHOW COLUMNS FROM users FROM system',
  'SHOW COLUMNS FROM spyglass.events FROM system',
  'SHOW CREATE TABLE system.tables',
])('%s does not', (sql) => expect(matchMetadata(sql)).toBeUndefined())
