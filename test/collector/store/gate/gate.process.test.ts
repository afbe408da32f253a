import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'

const SECRET = 'k9-very-secret-canary-41'

let store: StoreProcess
let canary: http.Server
let calls = 0
let folder = ''
let tables = ''
beforeAll(async () => {
  folder = newDataFolder()
  mkdirSync(join(folder, 'out'))
  writeFileSync(join(folder, 'secret.txt'), `${SECRET}\n`)
  canary = http.createServer((_request, response) => {
    calls++
    response.end(SECRET)
  })
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  store = await startStore()
  tables = (await store.ask('SHOW TABLES FORMAT TSV')).text
})
afterAll(async () => {
  await store.kill('SIGTERM')
  canary.close()
  removeFolder(store.data)
  removeFolder(folder)
})

/** `@S` is a file with a secret, `@O` a folder that could be written, `@U` an address that counts calls. */
const hostile = [
  // files through scalar functions, wherever an expression may stand
  "SELECT file('@S')",
  "SELECT FILE('@S')",
  "SELECT `file`('@S')",
  "SELECT/**/file/**/('@S')",
  "SELECT 1 WHERE file('@S') != ''",
  "SELECT 1 ORDER BY file('@S')",
  "SELECT 1 GROUP BY file('@S')",
  "SELECT count() HAVING file('@S') != ''",
  "WITH file('@S') AS f SELECT f",
  "WITH (SELECT file('@S')) AS f SELECT f",
  "WITH f AS (SELECT file('@S') AS x) SELECT x FROM f",
  "SELECT * APPLY(file) FROM (SELECT '@S' AS a)",
  "SELECT * APPLY(x -> file(x)) FROM (SELECT '@S' AS a)",
  "SELECT COLUMNS('a') APPLY(file) FROM (SELECT '@S' AS a)",
  "SELECT * REPLACE(file(a) AS a) FROM (SELECT '@S' AS a)",
  "SELECT arrayMap(x -> file(x), ['@S'])",
  "SELECT arrayMap(file, ['@S'])",
  "SELECT arrayMap(FILE, ['@S'])",
  "WITH file AS f SELECT arrayMap(f, ['@S'])",
  "SELECT file AS f, arrayMap(f, ['@S'])",
  "SELECT arrayFold(file, ['@S'], '')",
  "SELECT arrayMap(`file`, ['@S'])",
  "SELECT arrayMap(file AS f, ['@S'])",
  "SELECT mapApply(file, map('@S', 1))",
  "SELECT arrayFilter((file), ['@S'])",
  "WITH file AS lower SELECT lower('@S') || arrayMap(lower, ['@S'])[1]",
  "SELECT file FROM (SELECT '@S' AS x)",
  "SELECT 1 AS file, arrayMap(f, ['@S']) FROM (SELECT file AS f)",
  "SELECT (SELECT 'a' AS file) AS x, arrayMap(file, ['@S'])",
  "WITH (f, x) -> arrayMap(f, x) AS concat SELECT concat(file, ['@S'])",
  "WITH x -> arrayMap(x, ['@S']) AS lower SELECT lower(file)",
  "SELECT arrayMap(f -> arrayMap(f, ['@S']), [file])",
  "SELECT arrayMap(if(1, file, lower), ['@S'])",
  // a name that reads like a part of the syntax tree
  "SELECT arrayMap(file, ['@S']) AS `x)\n    Function plus (children 1`",
  "SELECT arrayMap(file, ['@S']) AS `x)\\n    Function plus (children 1`",
  'SELECT 1 IN system.processes AS `x)\n    Function plus (children 1`',
  "WITH file AS `f) (children 1` SELECT arrayMap(`f) (children 1`, ['@S'])",
  "SELECT fileIf('@S', 1)",
  "SELECT sum(length(file('@S'))) OVER ()",
  "SELECT sum(a) OVER w FROM (SELECT 1 AS a) WINDOW w AS (PARTITION BY file('@S'))",
  "SELECT n FROM (SELECT number AS n, '' AS a FROM numbers(2)) ORDER BY n WITH FILL INTERPOLATE (a AS file('@S'))",
  "SELECT 1 LIMIT 1 BY file('@S')",
  "SELECT 1 UNION ALL SELECT length(file('@S'))",
  "SELECT 1 INTERSECT SELECT length(file('@S'))",
  "SELECT if(1, file('@S'), '')",
  "SELECT CASE WHEN 1 THEN file('@S') END",
  "SELECT (SELECT file('@S'))",
  "SELECT 1 IN (SELECT length(file('@S')))",
  "SELECT 1 FROM (SELECT 1 AS a) AS x JOIN (SELECT 1 AS a) AS y ON x.a = length(file('@S'))",
  "SELECT 1 ARRAY JOIN [file('@S')] AS x",
  "SELECT toTypeName(file('@S')), 'file'",
  // files and addresses through table functions and tables
  "SELECT * FROM file('@S', 'LineAsString')",
  "SELECT * FROM file('@S', LineAsString) AS f, numbers(1)",
  'SELECT * FROM `default`.`@S`',
  'SELECT * FROM "default"."@S"',
  'SELECT * FROM `@S`',
  'SELECT 1 IN `default`.`@S`',
  "SELECT * FROM url('@U', LineAsString)",
  "SELECT * FROM url('@U', LineAsString, 'x String')",
  "SELECT * FROM urlCluster('c', '@U', LineAsString)",
  "SELECT * FROM s3('@U/x', LineAsString)",
  "SELECT * FROM gcs('@U/x', LineAsString)",
  "SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', LineAsString)",
  "SELECT * FROM azureBlobStorage('@U', 'c', 'p')",
  "SELECT * FROM iceberg('@U/x')",
  "SELECT * FROM deltaLake('@U/x')",
  "SELECT * FROM remote('127.0.0.1', system.one)",
  "SELECT * FROM remoteSecure('127.0.0.1', system.one)",
  "SELECT * FROM cluster('default', system.one)",
  "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
  "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
  "SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a String')",
  "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
  "SELECT * FROM sqlite('@O/x.db', 't')",
  "SELECT * FROM odbc('DSN=x', 't')",
  "SELECT * FROM jdbc('x', 't')",
  "SELECT * FROM executable('cat @S', TSV, 'x String')",
  "SELECT * FROM input('x String')",
  "SELECT * FROM merge('system', '.*')",
  "SELECT * FROM dictionary('d')",
  "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))",
  "SELECT * FROM view(SELECT file('@S'))",
  'SELECT * FROM loop(system.one)',
  "SELECT * FROM format(Template, 'x')",
  // what the engine knows of itself and its machine
  'SELECT * FROM system.processes',
  'SELECT * FROM system.parts',
  'SELECT * FROM system.server_settings',
  'SELECT * FROM system.stack_trace',
  'SELECT * FROM system.disks',
  'SELECT * FROM system.users',
  'SELECT 1 IN system.processes',
  'SELECT 1 NOT IN (system.processes)',
  'SELECT arrayMap(x -> x IN system.processes, [1])',
  'WITH system.processes AS p SELECT 1 IN p',
  'WITH x -> 1 IN x AS lower SELECT lower(system.processes)',
  'SELECT 1 IN system.processes.user',
  'SELECT hostname',
  'SELECT uptime AS u, hostName FROM numbers(1)',
  'SELECT * FROM information_schema.users',
  'SELECT 1 IN information_schema.nosuch',
  'SELECT * FROM information_schema.`tables`.x',
  "SELECT getServerPort('tcp_port')",
  "SELECT getSetting('readonly')",
  'SELECT hostName()',
  'SELECT filesystemAvailable()',
  'SELECT addressToLine(1)',
  // writing, files as output, more than one statement, settings
  "SELECT 1 INTO OUTFILE '@O/x.csv'",
  "SELECT 1 INTO OUTFILE '@O/x.csv' FORMAT CSV",
  "SELECT 1; SELECT file('@S')",
  'SELECT 1;;SELECT 2',
  'SELECT 1 /* ; */; DROP TABLE spyglass.events',
  'INSERT INTO spyglass.events (Name) VALUES (1)',
  "INSERT INTO FUNCTION file('@O/x.csv', CSV) SELECT 1",
  "INSERT INTO spyglass.events FROM INFILE '@S' FORMAT LineAsString",
  'DROP TABLE spyglass.events',
  'TRUNCATE TABLE spyglass.events',
  'ALTER TABLE spyglass.events DELETE WHERE 1',
  'CREATE TABLE spyglass.x (a String) ENGINE = Memory',
  "CREATE TABLE spyglass.x (a String) ENGINE = File(CSV, '@S')",
  "CREATE VIEW spyglass.x AS SELECT * FROM file('@S', LineAsString)",
  'CREATE FUNCTION f AS (x) -> file(x)',
  "CREATE DICTIONARY spyglass.d (k UInt64) PRIMARY KEY k SOURCE(HTTP(URL '@U' FORMAT TSV)) LAYOUT(FLAT())",
  'CREATE USER x',
  'GRANT ALL ON *.* TO default',
  'SET ROLE spyglass_owner',
  'SET readonly = 0',
  'SELECT 1 SETTINGS readonly = 0',
  'SELECT 1 SETTINGS max_execution_time = 0',
  'USE system',
  'SYSTEM STOP MERGES',
  'SYSTEM SHUTDOWN',
  'KILL QUERY WHERE 1',
  "BACKUP TABLE spyglass.events TO File('@O/b')",
  "ATTACH TABLE spyglass.x FROM '@O' (a String) ENGINE = Log",
  // what EXPLAIN explains, and other things that it can be asked
  "EXPLAIN SELECT file('@S')",
  "EXPLAIN PLAN actions = 1 SELECT length(file('@S'))",
  "EXPLAIN QUERY TREE run_passes = 1 SELECT file('@S')",
  "EXPLAIN SYNTAX run_query_tree_passes = 1 SELECT (SELECT file('@S'))",
  "EXPLAIN AST optimize = 1 SELECT * FROM file('@S', LineAsString)",
  "EXPLAIN ESTIMATE SELECT * FROM url('@U', LineAsString)",
  "EXPLAIN SELECT 1 INTO OUTFILE '@O/x.csv'",
  "EXPLAIN SELECT 1 INTO OUTFILE '@O/x.csv' FORMAT CSV",
  'EXPLAIN SELECT 1 FORMAT Template',
  'EXPLAIN SELECT 1 SETTINGS readonly = 0',
  'EXPLAIN SELECT 1 FORMAT TSV SETTINGS readonly = 0',
  'EXPLAIN readonly = 0 SELECT 1 SETTINGS readonly = 0',
  'EXPLAIN readonly = 0 SELECT 1',
  "EXPLAIN SELECT arrayMap(file AS f, ['@S'])",
  'EXPLAIN SELECT * FROM system.processes',
  'EXPLAIN SELECT 1 IN system.processes',
  "EXPLAIN SELECT 1; SELECT file('@S')",
  'EXPLAIN INSERT INTO spyglass.events (Name) SELECT 1',
  "EXPLAIN INSERT INTO FUNCTION file('@O/x.csv') SELECT 1",
  'EXPLAIN CREATE TABLE spyglass.x (a String) ENGINE = Log',
  'EXPLAIN SYSTEM SHUTDOWN',
  'EXPLAIN AST EXPLAIN SELECT 1',
  'EXPLAIN CURRENT TRANSACTION',
  "EXPLAIN TABLE OVERRIDE file('@S', LineAsString) COLUMNS (a String)",
  'SELECT * FROM (EXPLAIN SELECT 1)',
  'SHOW PROCESSLIST',
  'SHOW GRANTS',
  'SHOW USERS',
  'SHOW CLUSTERS',
  "SHOW TABLES WHERE file('@S') != ''",
  "SHOW TABLES WHERE name = 'a--' OR file('@S') != ''",
  "SHOW TABLES WHERE `--` = file('@S')",
  'SHOW TABLES WHERE name IN system.processes',
  "SHOW TABLES WHERE name IN (SELECT * FROM file('@S', LineAsString))",
  "SHOW TABLES WHERE 1 INTO OUTFILE '@O/x.csv'",
  'SHOW TABLES WHERE 1; DROP TABLE spyglass.events',
  'SHOW TABLES WHERE 1 SETTINGS readonly = 0',
  'SHOW TABLES WHERE 1 FORMAT Template',
  'SHOW TABLES WHERE hostName() = name',
  "SHOW COLUMNS FROM events WHERE field = file('@S')",
  'SHOW INDEXES FROM system.processes',
  "SHOW INDEXES FROM spyglass.events WHERE key_name = file('@S')",
  "SHOW CHANGED SETTINGS LIKE '%' INTO OUTFILE '@O/x.csv'",
  "DESCRIBE TABLE file('@S', LineAsString)",
  "DESCRIBE TABLE url('@U', LineAsString)",
  "DESCRIBE (SELECT file('@S'))",
  'DESCRIBE default.`@S`',
  'DESCRIBE `@S`',
  'DESCRIBE system.processes',
  'DESCRIBE (DESCRIBE (SELECT 1))',
  "DESCRIBE events INTO OUTFILE '@O/x.csv'",
  'DESCRIBE events; DROP TABLE spyglass.events',
  'DESCRIBE events SETTINGS readonly = 0',
  'SHOW TABLES FROM `default`',
  'SHOW CREATE TABLE system.processes',
  "SELECT fuzzQuery('SELECT 1')",
  'EXECUTE AS default SELECT 1',
  "EXECUTE IMMEDIATE 'SELECT 1'",
  'PARALLEL WITH SELECT 1 PARALLEL WITH SELECT 2',
  'SELECT 1 FORMAT Template',
  'SELECT 1 FORMAT Protobuf',
  'graph = 1 SELECT 1',
  "SELECT dictGet('d', 'a', 1)",
  "SELECT joinGet('spyglass.events', 'Name', 1)",
  "SELECT catboostEvaluate('@S', 1)",
  "SELECT '\0'",
  // one value that would keep the engine busy for as long as somebody wants
  "SELECT levenshteinDistance(repeat('a', 60000), repeat('b', 60000))",
  "SELECT editDistance('a', 'b')",
  "SELECT damerauLevenshteinDistance('a', 'b')",
  "SELECT jaroWinklerSimilarity('a', 'b')",
  "SELECT arrayMap(levenshteinDistance, ['a'], ['b'])",
  'SELECT displayName()',
]

const fill = (sql: string): string =>
  sql
    .replaceAll('@S', join(folder, 'secret.txt'))
    .replaceAll('@O', join(folder, 'out'))
    .replaceAll('@U', `http://127.0.0.1:${(canary.address() as AddressInfo).port}`)

describe('hostile statements', () => {
  test('are more than sixty', () => expect(hostile.length).toBeGreaterThan(60))

  test.each(hostile)('%s is refused', async (sql) => {
    for (const ask of [store.ask, store.own]) {
      const { status, text, headers } = await ask(fill(sql))
      expect.soft(text).not.toContain(SECRET)
      expect.soft(status).toBeGreaterThanOrEqual(400)
      expect.soft(status).toBeLessThan(500)
      expect.soft(text).toMatch(/^Code: \d+\. DB::Exception: /)
      expect.soft(headers.get('x-clickhouse-exception-code')).toMatch(/^\d+$/)
    }
  })

  /** Without those that only print names as they are: of `hostName` without brackets the engine says elsewhere that there is no such column. */
  const explainKinds = ['', 'PLAN actions = 1', 'SYNTAX run_query_tree_passes = 1', 'QUERY TREE', 'PIPELINE graph = 1', 'ESTIMATE']

  /** The same statement in other clothes: each of these means the same to the engine. */
  const disguises: Readonly<Record<string, (sql: string) => string>> = {
    'comments between the words': (sql) => sql.replaceAll(' ', ' /* ; -- */ '),
    'comments that end with the line': (sql) => sql.replaceAll(' ', ' -- x\n'),
    'capitals changed': (sql) => sql.replaceAll(/\b(select|from|where|union|all|as|in|settings)\b/gi, (word) => word.toLowerCase()),
    'white space of Unicode': (sql) => sql.replaceAll(' ', '\u00A0\u2003 '),
    'a CTE around it': (sql) => `WITH x AS (${sql}) SELECT * FROM x`,
    'a subquery around it': (sql) => `SELECT * FROM (SELECT * FROM (${sql}))`,
    'a scalar subquery around it': (sql) => `SELECT (${sql})`,
    'a condition around it': (sql) => `SELECT 1 WHERE 1 IN (${sql})`,
    'an EXISTS around it': (sql) => `SELECT 1 WHERE EXISTS (${sql})`,
    'a UNION before it': (sql) => `SELECT '' UNION ALL ${sql}`,
    'a DESCRIBE around it': (sql) => `DESCRIBE TABLE (${sql})`,
    'a view around it': (sql) => `SELECT * FROM view(${sql})`,
    'an EXPLAIN before it': (sql) => `EXPLAIN ${explainKinds[sql.length % explainKinds.length]} ${sql}`,
    'a FORMAT and settings after it': (sql) => `${sql} FORMAT TSV SETTINGS max_block_size = 1000`,
    'settings after it': (sql) => `${sql} SETTINGS limit = 1, additional_result_filter = '1'`,
    'a parameter beside it': (sql) => `WITH {p:String} AS p ${sql}`,
    'a byte order mark before it': (sql) => `\u{FEFF}${sql}`,
  }
  const cores = hostile.filter((sql) => sql.startsWith('SELECT') && !/;|OUTFILE|FORMAT|SETTINGS|\0/.test(sql))

  test.each(Object.keys(disguises))('in disguise are refused: %s', async (name) => {
    const passed: string[] = []
    for (const core of cores) {
      const sql = fill(disguises[name]!(core))
      const { status, text } = await store.ask(sql, { parameters: { param_p: 'x' } })
      expect(text).not.toContain(SECRET)
      if (status < 400 || status >= 500) passed.push(`${status} ${sql}`)
    }
    expect(passed).toEqual([])
  })

  test('in the conditions of settings are refused', async () => {
    for (const sql of cores) {
      const condition = `1 IN (${fill(sql)})`
      for (const parameters of [
        { additional_result_filter: condition },
        { additional_table_filters: `{'spyglass.events':'${condition.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'}` },
      ]) {
        const { status, text } = await store.ask('SELECT * FROM events', { parameters })
        expect.soft([sql, status >= 400 && status < 500]).toEqual([sql, true])
        expect(text).not.toContain(SECRET)
      }
    }
  })

  test('hidden in a parameter stay a value', async () => {
    for (const value of [
      "x') FROM file('@S', LineAsString) --",
      "'; DROP TABLE spyglass.events; --",
      "\\'); SELECT file('@S')",
      '{a:String}',
    ]) {
      const { text } = await store.ask('SELECT {v:String} AS v FORMAT JSONEachRow', {
        parameters: { param_v: fill(value).replaceAll('\\', '\\\\') },
      })
      expect(JSON.parse(text)).toEqual({ v: fill(value) })
    }
    const { status, text } = await store.ask('SELECT * FROM {t:Identifier}', { parameters: { param_t: 'system.processes' } })
    expect([status, text]).toEqual([expect.toSatisfy((code: number) => code >= 400), expect.not.stringContaining('query_id')])
  })

  test('wrote no file, made no call, and left the tables as they were', async () => {
    expect(readdirSync(join(folder, 'out'))).toEqual([])
    expect(calls).toBe(0)
    expect((await store.ask('SHOW TABLES FORMAT TSV')).text).toBe(tables)
  })
})

describe('names like those of refused functions and tables', () => {
  test.each([
    ["SELECT 'a' AS hostname, count() FROM numbers(3) GROUP BY hostname", 'a\t3\n'],
    ["SELECT hostname FROM (SELECT 'a' AS hostname) WHERE hostname = 'a' AND lower(hostname) IN (hostname, 'b') ORDER BY hostname", 'a\n'],
    ['SELECT uptime, max(uptime) OVER fqdn FROM (SELECT 1 AS uptime) WINDOW fqdn AS (PARTITION BY uptime)', '1\t1\n'],
    ['SELECT uptime AS u, u + 1 AS buildId, buildId FROM (SELECT 1 AS uptime)', '1\t2\t2\n'],
    ["WITH (SELECT 'a') AS getSetting SELECT getSetting", 'a\n'],
    ["WITH 'a' AS file, [file] AS dictGet SELECT dictGet[1]", 'a\n'],
    ["WITH file AS (SELECT 'a' AS x) SELECT file.x FROM file", 'a\n'],
    ["SELECT t.file, system.x, file.x FROM (SELECT 'a' AS file) AS t, (SELECT 'b' AS x) AS system, (SELECT 'c' AS x) AS file", 'a\tb\tc\n'],
    ["SELECT system.file FROM (SELECT tuple('a')::Tuple(file String) AS system)", 'a\n'],
    ["SELECT arrayMap(file -> concat(file, '!'), ['a']), arrayMap((file, uptime) -> file, ['a'], [1])", "['a!']\t['a']\n"],
    [
      "SELECT arrayMap(x -> concat(x, hostname), file), arraySum(uptime), length(file) FROM (SELECT 'h' AS hostname, ['a'] AS file, [1, 2] AS uptime)",
      "['ah']\t3\t1\n",
    ],
    ['SELECT uptime FROM numbers(1) ARRAY JOIN [7] AS uptime', '7\n'],
    ["SELECT 'file(1)', 'system.processes' AS `system.processes` WHERE `system.processes` LIKE 'system.%'", 'file(1)\tsystem.processes\n'],
    ['SELECT * EXCEPT file FROM (SELECT 1 AS file, 2 AS b)', '2\n'],
    ['SELECT n FROM (SELECT number AS n, 0 AS uptime FROM numbers(2)) ORDER BY n WITH FILL INTERPOLATE (uptime AS uptime)', undefined],
    ['SELECT system.one.dummy, one.dummy FROM system.one WHERE system.one.dummy = 0', '0\t0\n'],
    [
      "SELECT t.name, d.engine FROM system.tables AS t JOIN system.databases AS d ON system.tables.database = system.databases.name WHERE t.name = 'events'",
      'events\tAtomic\n',
    ],
    ["SELECT c.name FROM system.columns AS c WHERE system.columns.table = 'events' ORDER BY system.columns.position LIMIT 0", ''],
  ])('%s', async (sql, right) => {
    const { status, text } = await store.ask(sql)
    if (right === undefined) expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' })
    else expect(text).toBe(right)
  })

  test('of the functions of lists and maps, only those that are said to take a function read a name as one', async () => {
    const others = "NOT higher_order AND match(name, '(?i)array|map|apply|filter|sort|fold')"
    const { text } = await store.ask(`SELECT name FROM system.functions WHERE ${others} FORMAT TSV`)
    const names = text.trim().split('\n')
    expect(names.length).toBeGreaterThan(100)
    for (const name of names) {
      const { status } = await store.ask(fill(`SELECT \`${name}\`(file, ['@S'])`))
      expect.soft([name, status]).toEqual([name, expect.toSatisfy((code: number) => code >= 400 && code < 500)])
    }
  })
})

describe('long values made by the statement itself', () => {
  test.each([
    "SELECT ilike(repeat('[', 60000), repeat(']', 60000))",
    "SELECT repeat('ab', 60000) ILIKE '%b%a%'",
    "WITH repeat('a', toUInt32(60000)) AS v SELECT replaceRegexpAll(v, v, v)",
    "SELECT REGEXP_REPLACE(leftPad('a', 60000), 'a', 'b')",
    'SELECT positionCaseInsensitiveUTF8(v, reverse(v)) FROM (SELECT space(60000) AS v)',
    'SELECT hasAll(range(60000), range(60000))',
    "WITH 60000 AS n SELECT ilike(repeat('[', n), ']')",
    "WITH 6 AS m, m * 10000 AS n SELECT repeat('a', n) ILIKE '%b%'",
    "SELECT 60000 AS n, replaceRegexpAll(v, v, v) FROM (SELECT repeat('a', n) AS v)",
    "SELECT ilike(arrayStringConcat(arrayMap(i -> 'ab', range(60000))), '%b%a%')",
    "SELECT toString(arrayWithConstant(60000, 'a')) ILIKE '%b%'",
  ])('%s is refused with its reason', async (sql) => {
    const { status, text } = await store.ask(sql)
    expect([status, text]).toEqual([
      expect.any(Number),
      expect.stringMatching(/Code: 392.* makes a value longer than 10000 by \w+: its cost grows/),
    ])
  })

  test.each([
    "SELECT repeat('-', 60) ILIKE '%--%'",
    "SELECT arrayJoin(range(0, 86400, 300)) AS t, count() FROM numbers(3) WHERE toString(number) ILIKE '%1%' GROUP BY t LIMIT 1",
    'SELECT hasAll([1, 2, 3], [1, 2])',
    "SELECT length(repeat('a', 60000))",
    'SELECT sum(arraySum(range(100000)))',
    "SELECT repeat('█', toUInt32(number)) FROM numbers(3) WHERE toString(number) ILIKE '%1%'",
  ])('%s is ordinary', async (sql) => {
    expect(await store.ask(`${sql} FORMAT Null`)).toMatchObject({ status: 200 })
  })
})

test('a statement that is nested too deeply or is too big is told so in a sentence, without the statement', async () => {
  const deep = [
    `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`,
    `SELECT ${'plus('.repeat(500)}1${',1)'.repeat(500)}`,
    `SELECT ${'['.repeat(5000)}1${']'.repeat(5000)}`,
    `${'SELECT * FROM ('.repeat(500)}SELECT 1${')'.repeat(500)}`,
    `SELECT 1${' + 1'.repeat(5000)}`,
    `SELECT ${'NOT '.repeat(5000)}1`,
  ]
  for (const sql of deep)
    expect((await store.ask(sql)).text).toMatch(
      /^Code: (?:167|306)\. DB::Exception: The statement is nested too deeply\..{50,150} \(TOO_DEEP_(?:AST|RECURSION)\)/,
    )
  expect((await store.ask(`SELECT ${Array.from({ length: 9000 }, () => 'number = 1').join(' OR ')} FROM numbers(1)`)).text).toMatch(
    /^Code: 168\. DB::Exception: The statement has more than 20000 parts\./,
  )
})
