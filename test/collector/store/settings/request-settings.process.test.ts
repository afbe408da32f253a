import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'

let store: StoreProcess
beforeAll(async () => {
  store = await startStore()
})
afterAll(async () => {
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

/** The code of the answer, or its text. */
async function ask(sql: string, parameters: Record<string, string> = {}): Promise<string | number> {
  const { status, text, headers } = await store.ask(sql, { parameters })
  const code = headers.get('x-clickhouse-exception-code')
  if (code === null) return text
  expect(status).toBeGreaterThanOrEqual(400)
  expect(text).toContain(`Code: ${code}.`)
  return Number(code)
}

const THREE = 'SELECT number FROM system.numbers LIMIT 3'
const NUMBERS = "{'system.numbers':'number % 2 = 1'}"

describe('settings take effect, in the URL and in the clause', () => {
  test.each([
    ['SELECT toUInt64(1) AS n FORMAT JSONEachRow', 'output_format_json_quote_64bit_integers', '1', '{"n":"1"}\n'],
    ['SELECT number FROM numbers(5)', 'limit', '2', '0\n1\n'],
    ['SELECT number FROM numbers(5)', 'offset', '3', '3\n4\n'],
    ['SELECT 1, true FORMAT CSV', 'format_csv_delimiter', ';', '1;true\n'],
    ['SELECT true', 'bool_true_representation', 'да', 'да\n'],
    ["SELECT toDateTime('2026-01-01 00:00:00')::String", 'session_timezone', 'Asia/Shanghai', '2026-01-01 00:00:00\n'],
    ['SELECT b FROM (SELECT 1 AS a) x LEFT JOIN (SELECT 2 AS a, 3 AS b) y ON x.a = y.a', 'join_use_nulls', '1', '\\N\n'],
    [THREE, 'additional_table_filters', NUMBERS, '1\n3\n5\n'],
    ['SELECT number FROM numbers(5)', 'additional_result_filter', 'number > 3', '4\n'],
    ['SELECT number FROM numbers(5)', 'max_block_size', '2', '0\n1\n2\n3\n4\n'],
    ['SELECT 1', 'use_query_cache', '1', '1\n'],
    ['SELECT 1', 'readonly', '1', '1\n'],
  ])('%s with %s=%s', async (sql, name, value, expected) => {
    expect(await ask(sql, { [name]: value })).toBe(expected)
    const literal = /^\{|^\d+$/.test(value) ? value : `'${value}'`
    const [select = '', format] = sql.split(' FORMAT ')
    expect(await ask(`${select} SETTINGS ${name} = ${literal}${format === undefined ? '' : ` FORMAT ${format}`}`)).toBe(expected)
    expect(await ask(`${sql}\nsettings/**/${name}=${literal} -- and so on`)).toBe(expected)
    expect(await ask(sql)).not.toBe(name.startsWith('max_') || value === '1' || name === 'session_timezone' ? '' : expected)
  })

  test('limits can be lowered', async () => {
    expect(await ask('SELECT number FROM numbers(1000)', { max_result_rows: '10' })).toBe(396)
    expect(await ask('SELECT number FROM numbers(1000) SETTINGS max_rows_to_read = 10')).toBe(158)
    expect(await ask('SELECT groupArray(number) FROM numbers(10000000)', { max_memory_usage: '1000000' })).toBe(241)
    expect(await ask('SELECT count() FROM numbers(1000000000000) SETTINGS max_execution_time = 1')).toBe(159)
  })

  test('several, in nested selects and beside parameters', async () => {
    const sql = "SELECT {n:UInt8} AS n, * FROM (SELECT true SETTINGS bool_true_representation = 'yes') SETTINGS limit = 1, offset = 0"
    expect(await ask(sql, { param_n: '7' })).toBe('7\tyes\n')
  })

  test('and nothing of them is left for the next statement', async () => {
    for (let i = 0; i < 8; i++) {
      await ask('SELECT number FROM numbers(5)', { limit: '1', additional_result_filter: '0', bool_true_representation: 'x' })
      expect(await ask('SELECT number, true FROM numbers(2)')).toBe('0\ttrue\n1\ttrue\n')
    }
  })
})

describe('settings are refused', () => {
  test.each([
    ['nosuch', '1', 115],
    ['readonly', '0', 164],
    ['readonly', '2', 164],
    ['allow_ddl', '0', 164],
    ['max_query_size', '1', 164],
    ['allow_introspection_functions', '1', 164],
    ['format_schema', 'x', 164],
    ['format_template_row', '/etc/hostname', 164],
    ['output_format_schema', 'x', 164],
    ['user_files_path', '/', 115],
    ['timeout_overflow_mode', 'break', 164],
    ['max_result_rows', '0', 452],
    ['max_result_rows', '5000001', 452],
    ['max_threads', '2', 452],
    ['max_memory_usage', '999999999999', 452],
    ['max_result_rows', 'x', 36],
    ['limit', '-1', 36],
    ['max_execution_time', '-1', 36],
    ['max_execution_time', 'x', 36],
    ['queue_max_wait_ms', '-1', 36],
    ['join_use_nulls', '2', 36],
    ['date_time_output_format', 'nosuch', 36],
    ['additional_table_filters', 'x', 36],
    ['additional_table_filters', "{'a':file('/etc/hostname')}", 36],
    ['additional_table_filters', "{'a':'1'} , {'b':'1'}", 36],
    ['additional_table_filters', "{'events':'file(''/etc/hostname'') != 1'}", 36],
    ['additional_table_filters', "{'events':'1 IN (SELECT file(\\'/etc/hostname\\'))'}", 392],
    ['additional_table_filters', "{'events':'1 IN (SELECT 1 FROM system.processes)'}", 392],
    ['additional_table_filters', "{'events':'1) UNION ALL SELECT (1'}", 62],
    ['additional_table_filters', "{'events':'1 /* '}", 62],
    ['additional_table_filters', "{'events':'1; SELECT 1'}", 62],
    ['additional_result_filter', "file('/etc/hostname') != ''", 392],
    ['additional_result_filter', "arrayMap(file, ['/etc/hostname']) = []", 392],
    ['additional_result_filter', '1 IN (SELECT 1 SETTINGS readonly = 0)', 164],
    ['additional_result_filter', "levenshteinDistance('a', 'b') = 1", 392],
  ])('%s=%s gives %d', async (name, value, code) => {
    const codes = [await ask('SELECT 1 FROM events', { [name]: value })]
    const literal =
      value.startsWith('{') && !value.includes("file('/") && !value.includes(' , ') ? value : `'${value.replaceAll("'", "\\'")}'`
    codes.push(await ask(`SELECT 1 FROM events SETTINGS ${name} = ${literal}`))
    for (const each of codes) expect([code, 62, 392, 164, 36]).toContain(each)
    expect(codes[0]).toBe(code)
  })

  test.each([
    'SELECT 1 SETTINGS max_result_rows = DEFAULT',
    'SELECT 1 SETTINGS readonly = DEFAULT, limit = 1',
    'SELECT 1 SETTINGS limit = {n:UInt64}',
    "SELECT 1 SETTINGS limit = 1, param_n = '2'",
    'SELECT (SELECT 1 SETTINGS readonly = 0)',
    'SELECT 1 FROM (SELECT 1 SETTINGS limit = 5) SETTINGS limit = 6',
    'WITH (SELECT 1 SETTINGS max_threads = 64) AS x SELECT x',
    'SELECT 1 SETTINGS `limit` = 1, readonly = 0',
    "SELECT '1 SETTINGS limit = 1' SETTINGS readonly = 0",
    'SELECT 1 AS SETTINGS SETTINGS readonly = 0',
    'SELECT 1 FORMAT TSV SETTINGS readonly = 0',
    'SELECT 1 SETTINGS limit = 1 FORMAT TSV SETTINGS readonly = 0',
  ])('%s', async (sql) => {
    expect([164, 115, 452]).toContain(await ask(sql, { param_n: '1' }))
  })

  test('what there is not in the protocol', async () => {
    expect(await ask('SELECT 1', { decompress: '1' })).toBe(117) // the text is no block
    expect(await ask('SELECT 1', { stacktrace: '1' })).toBe(48)
    expect(await ask('SELECT 1', { role: 'spyglass_owner' })).toBe(512)
    expect(await ask('SELECT 1', { session_id: 'a', session_check: '1' })).toBe(372)
    expect(await ask('SELECT 1', { session_id: 'a', session_timeout: '60', quota_key: 'x' })).toBe('1\n')
  })

  test('and a word that only looks like a clause is none', async () => {
    expect(await ask("SELECT 'SETTINGS readonly = 0' AS settings")).toBe('SETTINGS readonly = 0\n')
    expect(await ask('SELECT 1 AS `SETTINGS` -- SETTINGS readonly = 0')).toBe('1\n')
  })
})

test.each([
  ["SELECT value FROM system.settings WHERE name = 'readonly'", '1\n'],
  ["SELECT value, readonly FROM system.settings WHERE name = 'cloud_mode'", '0\t1\n'],
  ["SELECT count(), min(readonly) FROM system.settings WHERE name IN ('readonly', 'limit')", '2\t1\n'],
  [
    "SELECT toInt8(ifNull((SELECT value FROM system.settings WHERE name = 'readonly'), '0')), (SELECT value FROM system.settings WHERE name = 'nosuch')",
    '1\t\\N\n',
  ],
  ["SELECT name, readonly FROM system.settings WHERE name = 'limit'", 'limit\t0\n'],
])('a client that asks for a setting by its name gets it: %s', async (sql, right) => expect(await ask(sql)).toBe(right))

test('system.settings shows those that may be changed, as such', async () => {
  const { text } = await store.ask('SELECT name, value, readonly FROM system.settings LIMIT 10000 FORMAT JSONCompactEachRow')
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [string, string, number])
  const names = rows.map(([name]) => name)
  expect(names).toEqual(expect.arrayContaining(['max_result_rows', 'join_use_nulls', 'additional_table_filters', 'max_execution_time']))
  expect(names).not.toContain('allow_introspection_functions')
  expect(new Set(rows.filter(([name]) => name !== 'readonly').map(([, , readonly]) => readonly))).toEqual(new Set([0]))
  const joined = 'SELECT count() FROM system.settings AS a, system.one AS b'
  expect(Number(await ask(joined))).toBeGreaterThan(rows.length) // only a statement that reads nothing else is let look so
  expect(await ask('SELECT name FROM system.settings SETTINGS limit = 1')).toMatch(/^\w+\n$/)
})

test('every setting that is shown can be sent back as it is', async () => {
  const { text } = await store.ask('SELECT name, value FROM system.settings FORMAT JSONCompactEachRow')
  const refused: unknown[] = []
  for (const line of text.trim().split('\n')) {
    const [name, value] = JSON.parse(line) as [string, string]
    const answer = await ask('SELECT 1', { [name]: value })
    if (answer !== '1\n') refused.push([name, value, answer])
  }
  expect(refused).toEqual([])
})

test('nothing reveals the machine', async () => {
  for (const sql of [
    'SELECT * FROM system.tables',
    'SELECT * FROM system.databases',
    'SELECT * FROM system.settings',
    'SHOW CREATE TABLE events',
  ])
    expect(await ask(sql)).not.toContain(store.data)
  for (const sql of ['SELECT displayName()', 'SELECT hostName()', 'SELECT FQDN()', 'SELECT tcpPort()', 'SELECT serverUUID()'])
    expect(await ask(sql)).toBe(392)
})
