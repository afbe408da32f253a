/** What the gate allows: statements of client tools, and their answers about databases, tables and names. */
import { everyRawSql } from '@spyglass/dashboards'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INFORMATION_SCHEMA_VIEWS } from '../../../../collector/src/store/gate/gate.ts'
import { expandMacros } from '../../../../dashboards/src/sql/expand-macros.ts'
import { removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'

let store: StoreProcess
beforeAll(async () => {
  store = await startStore()
})
afterAll(async () => {
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

describe('statements of real clients', () => {
  test.each([
    'SELECT 1',
    'SELECT version()',
    'SELECT currentDatabase(), currentUser(), timezone(), now()',
    'SELECT displayName(), version(), revision(), timezone()',
    'DESC TABLE "spyglass"."otel_traces"',
    'DESCRIBE TABLE otel_traces FORMAT JSON',
    'describe table "spyglass"."otel_traces" format JSON ;',
    'DESCRIBE TABLE system.columns',
    'DESCRIBE (SELECT 1 AS a, Name FROM events)',
    'DESCRIBE TABLE (SELECT * FROM otel_traces) SETTINGS describe_compact_output = 1 FORMAT JSON',
    'DESC numbers(3)',
    'EXPLAIN SELECT Name FROM events',
    'explain plan indexes = 1, actions = 1 select SpanName from otel_traces where Timestamp > now() format TSVRaw',
    'EXPLAIN json = 1, description = 0 SELECT count() FROM otel_traces FORMAT TSVRaw',
    'EXPLAIN AST SELECT 1 FORMAT JSON',
    "EXPLAIN SYNTAX SELECT * FROM red_1m WHERE SpanName LIKE 'GET %'",
    'EXPLAIN QUERY TREE run_passes = 0 WITH 1 AS file SELECT file',
    'EXPLAIN PIPELINE graph = 1 (SELECT number FROM numbers(3)) UNION ALL SELECT 1',
    'EXPLAIN ESTIMATE SELECT count() FROM spyglass.otel_logs SETTINGS max_threads = 1',
    'EXPLAIN SELECT 1 FORMAT JSON SETTINGS max_threads = 1;',
    'SHOW TABLES FROM system',
    'SHOW DATABASES',
    '/* ApplicationName=DBeaver */ SHOW DATABASES',
    '-- Metabase\nSHOW TABLES -- all',
    "SHOW FUNCTIONS LIKE 'toDateT%'",
    "SHOW TABLES WHERE engine != 'View' AND name NOT LIKE '.inner%' LIMIT 5",
    "SHOW TABLES FROM spyglass WHERE name ILIKE '%--%' FORMAT JSON",
    "SHOW FULL COLUMNS FROM events WHERE field LIKE 'T%'",
    'SHOW INDEXES FROM otel_traces',
    "SHOW KEYS IN spyglass.otel_traces WHERE index_type = 'minmax'",
    "SHOW SETTINGS LIKE 'max_thr%'",
    "SHOW CHANGED SETTINGS ILIKE '%'",
    'SHOW SETTING max_threads',
    'SHOW ENGINES FORMAT JSON',
    'SHOW DICTIONARIES',
    'SHOW TEMPORARY TABLES',
    "SELECT name, type, expr FROM system.data_skipping_indices WHERE table = 'otel_traces'",
    'SHOW EXTENDED FULL COLUMNS FROM events',
    "SHOW TABLES FROM spyglass LIKE 'otel_%'",
    'SHOW CREATE TABLE spyglass.red_1m',
    'EXISTS TABLE spyglass.otel_traces_trace_id_ts',
    'EXISTS system.query_log',
    'SELECT throwIf(number = 3) FROM numbers(2)',
    'SELECT sleep(0.01), sleepEachRow(0.01)',
    'SELECT name FROM system.databases',
    "SELECT name FROM system.tables WHERE database = 'spyglass'",
    "SELECT name, type FROM system.columns WHERE database = 'spyglass' AND table = 'otel_traces'",
    'SELECT name FROM system.functions',
    'SELECT name FROM system.table_engines',
    ...INFORMATION_SCHEMA_VIEWS.flatMap((name) => [
      `SELECT * FROM information_schema.${name}`,
      `SELECT count() FROM INFORMATION_SCHEMA.${name.toUpperCase()}`,
    ]),
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t",
    'SELECT name FROM system.functions UNION ALL SELECT name FROM system.table_functions',
    'SELECT keyword FROM system.keywords UNION ALL SELECT time_zone FROM system.time_zones UNION ALL SELECT name FROM system.collations',
    "SELECT value = '1' FROM system.settings WHERE name = 'cloud_mode'",
    "SELECT t.name, CAST(NULL AS Nullable(String)) AS c, if(t.is_temporary = 1, concat('x', t.engine), t.engine), d.engine FROM system.tables t INNER JOIN system.databases d ON system.tables.database = system.databases.name WHERE t.database LIKE '%' AND NOT t.engine LIKE 'System%'",
    "SELECT system.tables.name, trim(c.1), c.2::Int16 FROM system.tables ARRAY JOIN arrayZip(splitByChar(',', primary_key), arrayEnumerate(splitByChar(',', primary_key))) AS c WHERE system.tables.primary_key <> ''",
    "SELECT dt.name, a.c2 FROM system.data_type_families dt LEFT JOIN (SELECT * FROM VALUES (('Int8', 3), ('Int16', 5))) AS a ON dt.name = a.c1 WHERE alias_to == ''",
    'SELECT DISTINCT arrayJoin(mapKeys(SpanAttributes)) AS key FROM (SELECT SpanAttributes FROM otel_traces LIMIT 1000)',
    'SELECT DISTINCT SpanName FROM spyglass.otel_traces LIMIT 1000',
    "SELECT count() FROM otel_traces WHERE StatusCode IN ('Error', 'STATUS_CODE_ERROR') AND SpanKind = 'Server'",
    'WITH t AS (SELECT min(Start) AS a, max(End) + 1 AS b FROM otel_traces_trace_id_ts) SELECT * FROM otel_traces, t WHERE Timestamp >= t.a',
    'SELECT toStartOfInterval(Minute, INTERVAL 60 second) AS time, sum(Requests), sumMap(Buckets) FROM red_1m GROUP BY time ORDER BY time WITH FILL STEP 60',
    'SELECT quantile(0.95)(Duration), quantiles(0.5, 0.99)(Duration), argMax(TraceId, Duration) FROM otel_traces',
    'SELECT sum(Requests) OVER (ORDER BY Minute ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM red_1m',
    "SELECT Events.Name, SpanAttributes['http.route']::String, -1, NOT 1, [1, 2][1], tuple(1, 'a').2, a -> a FROM otel_traces LIMIT 0".replace(
      ', a -> a',
      '',
    ),
    'SELECT * EXCEPT(Batch) FROM red_1m FINAL LIMIT 1',
    '-- a comment\nSELECT /* another */ 1;',
    'SELECT number FROM numbers(3) UNION ALL SELECT 1',
  ])('%s passes', async (sql) => {
    const { status, text } = await store.ask(sql)
    expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' })
  })

  test.each(everyRawSql())('$place passes', async ({ rawSql }) => {
    const sql = expandMacros(rawSql, {
      fromMs: 1_700_000_000_000,
      toMs: 1_700_000_600_000,
      intervalSeconds: 60,
      variables: { service: ['shop'], instance: ["o'hara"], pool: [], search: '连接池', traceId: 't1' },
    })
    const { status, text } = await store.ask(sql)
    expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' })
  })
})

describe('what there is not', () => {
  test.each([
    ['SELECT nosuch(1)', 46, 404],
    ['SELECT nosuch.x FROM (SELECT 1 AS a)', 47, 404],
    ['SELECT * FROM nosuch', 60, 404],
    ['SHOW TABLES FROM nosuch', 81, 404],
    ['SHOW CREATE TABLE nosuch.events', 81, 404],
    ['SHOW COLUMNS FROM events FROM `default`', 81, 404],
    ['SHOW CREATE DATABASE information_schema', 81, 404],
    ['SHOW COLUMNS FROM system.users', 392, 403],
    ["SELECT dictGet('d', 'a', 1)", 392, 403],
  ])('%s is answered with code %i and status %i', async (sql, code, status) => {
    const answer = await store.ask(sql)
    expect([answer.headers.get('x-clickhouse-exception-code'), answer.status]).toEqual([String(code), status])
    expect(answer.text).toContain(`Code: ${code}. DB::Exception: `)
  })

  test.each([
    ['EXISTS DATABASE spyglass', '1\n'],
    ['EXISTS DATABASE system', '1\n'],
    ['EXISTS DATABASE nosuch', '0\n'],
    ['EXISTS DATABASE `default`', '0\n'],
    ['EXISTS nosuch.events', '0\n'],
    ['EXISTS TABLE spyglass.nosuch', '0\n'],
    ['EXISTS TABLE events FORMAT JSONEachRow', '{"result":1}\n'],
  ])('%s gives %j', async (sql, right) => expect((await store.ask(sql)).text).toBe(right))
})

describe('what SHOW lists', () => {
  test.each([
    ["SHOW TABLES WHERE name LIKE 'red%' AND engine != 'View'", 'red_1m\n'],
    ["SHOW TABLES FROM system WHERE name LIKE 'o%' FORMAT CSV", '"one"\n'],
    ["SHOW COLUMNS FROM events WHERE field = 'Name'", expect.stringMatching(/^Name\t/)],
    ["SHOW INDEXES FROM otel_traces WHERE key_name = 'PRIMARY'", expect.stringMatching(/^otel_traces\t/)],
    ["SHOW SETTINGS LIKE 'max_threads'", expect.stringMatching(/^max_threads\tMaxThreads\t/)],
    ['SHOW SETTING max_ast_depth', expect.stringMatching(/^\d+\n$/)],
    ['SHOW DICTIONARIES', ''],
    ['SHOW TEMPORARY TABLES FORMAT JSONCompactEachRowWithNames', '["name"]\n'],
  ])('%s', async (sql, right) => expect((await store.ask(sql)).text).toEqual(right))
})

test('information_schema lists the tables that a reader may read, and nothing of where they lie', async () => {
  const listed = async (sql: string): Promise<string[]> => (await store.ask(sql)).text.trim().split('\n').sort()
  const names = await listed("SELECT table_name FROM information_schema.tables WHERE table_schema = 'spyglass'")
  expect(names).toEqual(await listed('SHOW TABLES'))
  expect(await listed("SELECT DISTINCT table_schema FROM information_schema.columns WHERE table_schema != 'spyglass'")).toEqual(['system'])
  for (const name of ['tables', 'schemata'])
    expect((await store.ask(`SELECT * FROM information_schema.${name}`)).text).not.toContain(store.data)
})

test('the name of the user is the reader, called with brackets and without', async () => {
  const { user } = store.secrets.clickhouse.reader
  const { text } = await store.ask(
    'SELECT currentUser(), current_user, CURRENT_USER AS me, session_user, user FORMAT JSONCompactEachRowWithNames',
  )
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    ['currentUser()', 'current_user', 'me', 'session_user', 'user'],
    [user, user, user, user, user],
  ])
  // Otherwise `user` would have to be the column.
  expect((await store.ask("SELECT count() FROM system.columns WHERE lower(name) = 'user'")).text).toBe('0\n')
})

describe('with the database system', () => {
  const parameters = { database: 'system' }

  test.each([
    ['SELECT currentDatabase()', 'system\n'],
    ['SELECT * FROM one', '0\n'],
    ['SELECT dummy IN one FROM one', '1\n'],
    ["SELECT count() FROM tables WHERE name = 'events'", '1\n'],
    ['SELECT count() FROM spyglass.events', '0\n'],
    ['WITH parts AS (SELECT 7 AS a) SELECT a FROM parts', '7\n'],
    ['SELECT 1 IN parts FROM (SELECT [1] AS parts)', undefined],
    ['DESCRIBE one SETTINGS describe_compact_output = 1', 'dummy\tUInt8\n'],
    ["SHOW TABLES LIKE 'o%'", 'one\n'],
    ['EXISTS one', '1\n'],
    ['EXISTS parts', '0\n'],
    ['EXISTS nosuch;;;', '0\n'],
    ['EXISTS spyglass.events', '1\n'],
    ['SELECT dummy FROM one FORMAT CSV', '0\n'],
    ['SELECT 1 IN one FORMAT TabSeparatedWithNames', expect.stringMatching(/\n0\n$/)],
  ])('%s', async (sql, right) => {
    const { text, status } = await store.ask(sql, { parameters })
    if (right === undefined) expect(status).toBe(403)
    else expect(text).toEqual(right)
  })

  test.each([
    'SELECT count() FROM parts',
    'SELECT * FROM processes',
    'SELECT 1 IN parts',
    'SELECT 1 NOT IN users',
    'SELECT count() FROM one, parts',
    'WITH x AS (SELECT 1) SELECT count() FROM parts, x',
    'DESCRIBE parts',
    'SHOW CREATE TABLE parts',
    'SELECT count() FROM {t:Identifier}',
  ])('%s is refused', async (sql) => {
    const { status } = await store.ask(sql, { parameters: { ...parameters, param_t: 'parts' } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })

  test('the next statement of the session is about our tables again', async () => {
    await store.ask('SELECT 1', { parameters })
    for (let i = 0; i < 8; i++) expect((await store.ask('SELECT currentDatabase()')).text).toBe('spyglass\n')
  })
})
