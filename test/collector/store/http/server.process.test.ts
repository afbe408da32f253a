import { once } from 'node:events'
import { brotliDecompressSync, deflateSync, gunzipSync, gzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentTypeOf, formatNamed, refusedFormats } from '../../../../collector/src/store/gate/formats.ts'
import { receiveRegistry } from '../../../support/kept-process.ts'
import { removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'
import { until } from '../../../support/until.ts'

let store: StoreProcess
beforeAll(async () => {
  store = await startStore()
})
afterAll(async () => {
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

describe('access', () => {
  const count = '?query=SELECT+count()+FROM+spyglass.otel_traces'
  const status = async (query: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${store.url}${query}`, { headers })).status

  test('takes the reader by Basic, by headers and by parameters', async () => {
    const { user, password } = store.secrets.clickhouse.reader
    expect(await status(count, { authorization: `Basic ${btoa(`${user}:${password}`)}` })).toBe(200)
    expect(await status(count, { 'x-clickhouse-user': user, 'x-clickhouse-key': password })).toBe(200)
    expect(await status(`${count}&user=${user}&password=${password}`)).toBe(200)
  })

  test('gives 401 when nothing is given and 403 when it is wrong', async () => {
    const { user, password } = store.secrets.clickhouse.reader
    expect(await status(count)).toBe(401)
    expect(await status(count, { 'x-clickhouse-user': user })).toBe(403)
    expect(await status(count, { 'x-clickhouse-user': 'default', 'x-clickhouse-key': '' })).toBe(403)
    expect(await status(count, { 'x-clickhouse-user': `${user}x`, 'x-clickhouse-key': password })).toBe(403)
    expect(await status(count, { 'x-spyglass-token': 'wrong' })).toBe(403)
  })

  test('needs nothing for ping and health', async () => {
    expect(await (await fetch(`${store.url}ping`)).text()).toBe('Ok.\n')
    expect(await (await fetch(store.url)).text()).toBe('Ok.\n')
    expect(await (await fetch(`${store.url}health`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${store.url}ready`)).json()).toEqual({ ready: true, reasons: [] })
  })
})

describe('the protocol', () => {
  test('takes bodies in gzip and deflate, and refuses a broken one', async () => {
    expect((await store.ask('', { headers: { 'content-encoding': 'gzip' } })).status).toBe(400)
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
    ] as const) {
      const { text } = await raw({ 'content-encoding': encoding }, pack('SELECT 7'))
      expect(text.toString()).toBe('7\n')
    }
  })

  test('refuses a body that is too large when it is inflated', async () => {
    const { status } = await raw({ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(50_000_000, ' ')))
    expect(status).toBe(413)
  })

  test.each([
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
    ['br', brotliDecompressSync],
    ['deflate', inflateSync],
  ] as const)('answers in %s when asked', async (coding, unpack) => {
    const { headers, text } = await raw({ 'accept-encoding': coding }, 'SELECT 7', '?enable_http_compression=1')
    expect(headers['content-encoding']).toBe(coding)
    expect(unpack(text).toString()).toBe('7\n')
    const failed = await raw({ 'accept-encoding': coding }, 'SELECT nosuch', '?enable_http_compression=1')
    expect(failed.headers['content-encoding']).toBe(coding)
    expect(unpack(failed.text).toString()).toMatch(/^Code: 47\./)
  })

  test('says that it is well at every path that clients ask, and which paths there are at others', async () => {
    for (const path of ['', 'ping', 'replicas_status']) expect(await (await fetch(store.url + path)).text()).toBe('Ok.\n')
    for (const [method, path] of [
      ['GET', 'nope'],
      ['PUT', '?query=SELECT+1'],
    ] as const) {
      const reply = await fetch(store.url + path, { method })
      expect([reply.status, reply.headers.get('content-type')]).toEqual([404, 'text/plain; charset=UTF-8'])
      expect(await reply.text()).toMatch(new RegExp(`^There is no handle ${method} /`))
    }
  })

  test.each([
    ['TabSeparated', '1\ta\n'],
    ['CSV', '1,"a"\n'],
    ['JSONEachRow', '{"n":1,"s":"a"}\n'],
    ['JSONCompactEachRow', '[1, "a"]\n'],
    ['JSONCompactEachRowWithNames', '["n", "s"]\n[1, "a"]\n'],
    ['Values', "(1,'a')"],
    ['Null', ''],
    ['Native', '\u0002\u0001\u0001n\u0005UInt8\u0001\u0001s\u0006String\u0001a'],
    ['RowBinary', '\u0001\u0001a'],
  ])('answers in %s, by FORMAT, default_format and header', async (format, expected) => {
    const sql = "SELECT 1 AS n, 'a' AS s"
    expect((await store.ask(`${sql} FORMAT ${format}`)).text).toBe(expected)
    expect((await store.ask(sql, { parameters: { default_format: format } })).text).toBe(expected)
    const { text, headers } = await store.ask(sql, { headers: { 'x-clickhouse-format': format } })
    expect([text, headers.get('x-clickhouse-format')]).toEqual([expected, format])
  })

  test('joins the chunks of a long answer without loss', async () => {
    const { text } = await store.ask('SELECT number FROM numbers(400000)')
    expect(text).toBe(Array.from({ length: 400_000 }, (_, i) => `${i}\n`).join(''))
  })

  test('frames an error in the middle of a stream with the tag of its header', async () => {
    const { status, text, headers } = await store.ask('SELECT intDiv(1, number - 1000000) FROM numbers(1200000)')
    const tag = headers.get('x-clickhouse-exception-tag')
    expect(status).toBe(200)
    const [, message = '', length] =
      new RegExp(`\\r\\n__exception__\\r\\n${tag}\\r\\n([^]*\\n)(\\d+) ${tag}\\r\\n__exception__\\r\\n$`).exec(text) ?? []
    expect(message).toMatch(/^Code: 153\. DB::Exception: Division by zero/)
    expect(Number(length)).toBe(Buffer.byteLength(message))
  })

  test('makes whole formats whole', async () => {
    const { text } = await store.ask('SELECT number FROM numbers(100000) FORMAT JSONCompact')
    expect(JSON.parse(text)).toMatchObject({ rows: 100_000, data: expect.toSatisfy((rows: unknown[]) => rows.length === 100_000) })
  })

  test('says who, what and when in headers', async () => {
    const { headers } = await store.ask('SELECT 1 FORMAT JSON', { parameters: { query_id: 'mine-1' } })
    expect(headers.get('x-clickhouse-query-id')).toBe('mine-1')
    for (const [given, right] of [
      ['Query DBeaver 24.0 - a/b [1]', 'Query DBeaver 24.0 - a/b [1]'],
      ['a\r\nX-Evil: 1', expect.stringMatching(/^[\da-f-]{36}$/)],
      ['连接池', expect.stringMatching(/^[\da-f-]{36}$/)],
    ]) {
      const answer = await store.ask('SELECT 1', { parameters: { query_id: String(given) } })
      expect([answer.headers.get('x-clickhouse-query-id'), answer.headers.get('x-evil')]).toEqual([right, null])
    }
    expect(headers.get('x-clickhouse-timezone')).not.toBe('')
    expect(JSON.parse(headers.get('x-clickhouse-summary')!)).toMatchObject({ result_rows: '1', written_rows: '0' })
  })

  test('names the reader, not the user of the engine', async () => {
    const { user } = store.secrets.clickhouse.reader
    const { text } = await store.ask('SELECT currentUser(), upper(user()), current_user() AS me FORMAT JSON')
    const { meta, data } = JSON.parse(text) as { meta: { name: string }[]; data: object[] }
    expect(meta.map(({ name }) => name)).toEqual(['currentUser()', 'upper(user())', 'me'])
    expect(Object.values(data[0]!)).toEqual([user, user.toUpperCase(), user])
    expect((await store.own('SELECT currentUser()')).text).toBe('spyglass\n')
  })

  test('answers the hello of clickhouse-go as a block of revision 54460 that names revision 0', async () => {
    const sql = 'SELECT displayName(), version(), revision(), timezone()'
    const { text } = await raw({}, sql, '?default_format=Native&client_protocol_version=54460')
    const block = readHello(text)
    expect(block).toMatchObject({ columns: 4, rows: 1, 'displayName()': 'spyglass', 'revision()': 0 })
    expect((await store.ask(sql)).text).toBe(`spyglass\t${block['version()']}\t0\t${block['timezone()']}\n`)
  })

  test('knows our database and that of the engine, in the URL and in the header', async () => {
    for (const database of ['default', 'system']) expect((await store.ask('SELECT 1', { parameters: { database } })).status).toBe(200)
    expect((await store.ask('SELECT count() FROM one', { headers: { 'x-clickhouse-database': 'system' } })).text).toBe('1\n')
    const { user: username, password } = store.secrets.clickhouse.reader
    const client = createClient({ url: store.url, username, password, database: 'system' }) // it adds FORMAT to each statement
    expect(await (await client.query({ query: 'SELECT * FROM numbers LIMIT 2', format: 'TabSeparated' })).text()).toBe('0\n1\n')
    await client.close()
    for (const reply of [
      await store.ask('SELECT 1', { parameters: { database: 'nope' } }),
      await store.ask('SELECT 1', { headers: { 'x-clickhouse-database': 'nope' } }),
    ])
      expect([reply.status, reply.headers.get('x-clickhouse-exception-code')]).toEqual([404, '81'])
  })

  test('knows every output format of the engine, or refuses it by name', async () => {
    const { text } = await store.ask('SELECT name FROM system.formats WHERE is_output FORMAT TSV')
    for (const format of text.trim().split('\n')) {
      const answer = await store.ask(`SELECT 'a' AS name, toFloat64(1) AS value, (1., 2.)::Point AS geometry FORMAT ${format}`)
      const isRefused = refusedFormats.some((each) => each === format)
      expect([format, answer.status === 404 && answer.text.includes('UNKNOWN_FORMAT')]).toEqual([format, isRefused])
    }
  })

  test('gives each format the content type that the engine lists for it', async () => {
    for (const setting of ['', ' SETTINGS output_format_json_array_of_rows = 1']) {
      const { text } = await store.ask(`SELECT name, content_type FROM system.formats WHERE is_output${setting} FORMAT TSV`)
      const listed = text
        .trim()
        .split('\n')
        .map((line) => line.split('\t'))
        .filter(([name = '']) => formatNamed(name) === name)
      expect(listed.length).toBeGreaterThan(60)
      const settings = new Map(setting === '' ? [] : [['output_format_json_array_of_rows', '1']])
      expect(listed.map(([name = '']) => [name, contentTypeOf(name, settings)])).toEqual(listed)
    }
  })

  test.each([
    ['foobar', 1],
    ['1', 1],
    ['SELEC 1', 1],
    ['SHOW', 5],
    ['SELECT 1 WHERE', 15],
    ['SELECT * FR FROM t', 13],
  ])('says where the syntax of %s is wrong', async (sql, position) => {
    const { status, text } = await store.ask(sql)
    expect([status, text]).toEqual([
      400,
      expect.stringMatching(new RegExp(`^Code: 62\\. DB::Exception: Syntax error: failed at position ${position} `)),
    ])
  })

  test('has the settings of a server where the library has others', async () => {
    expect((await store.ask('SELECT 1', { parameters: { allow_introspection_functions: '1' } })).status).toBe(403)
    expect((await store.ask('SELECT 1', { parameters: { allow_introspection_functions: '0', implicit_select: '0' } })).status).toBe(200)
  })

  test('reads the name of a format in any case, as the engine does', async () => {
    for (const reply of [
      await store.ask('SELECT 1 AS a FORMAT jsoneachrow'),
      await store.ask('SELECT 1 AS a', { parameters: { default_format: 'JSONEACHROW' } }),
      await store.ask('SELECT 1 AS a', { headers: { 'x-clickhouse-format': 'jsonEachRow' } }),
    ])
      expect([reply.text, reply.headers.get('x-clickhouse-format')]).toEqual(['{"a":1}\n', 'JSONEachRow'])
    expect((await store.ask('SHOW TABLES FORMAT null')).status).toBe(200)
    expect((await store.ask('SELECT 1 FORMAT template')).status).toBe(404)
  })

  test('a long array of rows is one array', async () => {
    const { text, headers } = await store.ask('SELECT number FROM numbers(200000) FORMAT JSONEachRow', {
      parameters: { output_format_json_array_of_rows: '1' },
    })
    expect(JSON.parse(text)).toHaveLength(200_000)
    expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
  })

  test.each(['JSON', 'JSONCompact', 'JSONStrings', 'JSONColumnsWithMetadata', 'XML', 'JSONEachRowWithProgress'])(
    'sums up what was read where the engine tells it: in %s',
    async (format) => {
      const summaryOf = async (sql: string, parameters = {}) =>
        JSON.parse((await store.ask(`${sql} FORMAT ${format}`, { parameters })).headers.get('x-clickhouse-summary')!) as unknown
      const read = { read_rows: '1000', read_bytes: '8000', result_rows: '1' }
      expect(await summaryOf('SELECT sum(number) AS "statistics" FROM numbers(1000)')).toMatchObject(read)
      expect(await summaryOf('SELECT sum(number) FROM numbers(1000)', { output_format_json_quote_64bit_integers: '1' })).toMatchObject(read)
    },
  )

  test('answers HEAD as GET, without a body', async () => {
    const { user, password } = store.secrets.clickhouse.reader
    const head = (query: string) => fetch(`${store.url}${query}`, { method: 'HEAD' })
    expect([(await head('')).status, (await head('ping')).status]).toEqual([200, 200])
    expect((await head('?query=SELECT+1')).status).toBe(401)
    const reply = await head(`?query=SELECT+1&user=${user}&password=${password}`)
    expect([reply.status, reply.headers.get('x-clickhouse-format'), await reply.text()]).toEqual([200, 'TabSeparated', ''])
  })

  test('reads the statement, its parameters and settings from a multipart form', async () => {
    const { user, password } = store.secrets.clickhouse.reader
    const send = async (fields: Record<string, string | Blob>, query = '') => {
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.set(name, value)
      const headers = { authorization: `Basic ${btoa(`${user}:${password}`)}` }
      const reply = await fetch(`${store.url}${query}`, { method: 'POST', body: form, headers })
      return [reply.status, await reply.text()]
    }
    const query = 'SELECT {a:String} AS a, toUInt64(1) AS n FORMAT JSONEachRow'
    const quoted = { output_format_json_quote_64bit_integers: '1' }
    expect(await send({ query, param_a: 'o"hara 连接池', ...quoted })).toEqual([200, '{"a":"o\\"hara 连接池","n":"1"}\n'])
    expect(await send({ param_a: 'x' }, `?query=${encodeURIComponent(query)}`)).toEqual([200, '{"a":"x","n":1}\n'])
    expect(await send({ query: "SELECT file('/etc/hostname')" })).toEqual([403, expect.stringMatching(/^Code: 392/)])
    expect(await send({ query, ext: new Blob(['1']) })).toEqual([501, expect.stringMatching(/^Code: 48/)])
    const { status } = await raw({ 'content-type': 'multipart/form-data; boundary=x' }, 'no form')
    expect(status).toBe(400)
  })

  const withoutStatistics = ['JSONEachRow', 'TSV', 'Native', 'RowBinary', 'CSV', 'CSVWithNames', 'Parquet', 'ArrowStream', 'Pretty']
  test.each(withoutStatistics)('sums up an answer in %s, without figures that the engine does not tell', async (format) => {
    const reply = await store.ask(`SELECT number FROM numbers(12340) WHERE number % 10 = 0 FORMAT ${format}`)
    expect(JSON.parse(reply.headers.get('x-clickhouse-summary')!)).toEqual({
      result_rows: '1234',
      result_bytes: reply.headers.get('content-length'),
      written_rows: '0',
      written_bytes: '0',
      elapsed_ns: expect.stringMatching(/^[1-9]\d*$/),
    })
  })

  test('does not say that an answer in a format without rows has none', async () => {
    const { headers } = await store.ask('SELECT number FROM numbers(10) FORMAT Null')
    expect(JSON.parse(headers.get('x-clickhouse-summary')!)).not.toHaveProperty('result_rows')
  })

  test('sends the headers of a long answer when its first MiB is there, or when all of it is if the client waits for that', async () => {
    const sql = "SELECT repeat('x', 99) FROM numbers(200000) FORMAT TSV"
    const part = await store.ask(sql)
    expect(JSON.parse(part.headers.get('x-clickhouse-summary')!)).toEqual({
      written_rows: '0',
      written_bytes: '0',
      elapsed_ns: expect.stringMatching(/^[1-9]\d*$/),
    })
    const whole = await store.ask(sql, { parameters: { wait_end_of_query: '1' } })
    expect(JSON.parse(whole.headers.get('x-clickhouse-summary')!)).toMatchObject({ result_rows: '200000', result_bytes: '20000000' })
    expect(whole.headers.get('content-length')).toBe('20000000')
    const failing = 'SELECT intDiv(1, number - 1000000) FROM numbers(1200000)'
    const { status, headers } = await store.ask(failing, { parameters: { wait_end_of_query: '1' } })
    expect([status, headers.get('x-clickhouse-exception-code')]).toEqual([500, '153'])
  })

  test.each([
    'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
    'SELECT sleep(3)',
    'SELECT sleepEachRow(0.01) FROM numbers(100000) SETTINGS max_block_size = 1',
  ])('ends a statement at the time the client allows: %s', async (sql) => {
    const { status, text } = await store.ask(sql, { parameters: { max_execution_time: '0.2' } })
    expect([status, text]).toEqual([408, expect.stringMatching(/^Code: 159\. DB::Exception: Timeout exceeded: elapsed .* maximum: 200 ms/)])
  })

  test('asks the client of a statement that spent its time waiting for a session to retry', async () => {
    const long = new AbortController()
    const running = Array.from({ length: 2 }, () =>
      store.ask('SELECT count() FROM numbers(1000000000000)', { signal: long.signal }).catch(() => undefined),
    )
    await until(async () => {
      const { status, headers, text } = await store.ask('SELECT 1', { parameters: { queue_max_wait_ms: '200' } })
      if (status === 200) return false // the two are not on their sessions yet
      expect({ status, retry: headers.get('retry-after') }).toEqual({ status: 503, retry: '1' })
      return text.includes('TOO_MANY_SIMULTANEOUS_QUERIES')
    })
    long.abort()
    await Promise.all(running)
  })

  test('an answer never begins with rows of a statement that failed before it', async () => {
    let wrong = 0
    for (let i = 0; i < 200; i++) {
      const format = i % 2 ? 'JSONCompactEachRowWithNames' : 'TSV'
      const failed = await store.ask(`SELECT number, intDiv(1, number - 65500) FROM numbers(65600) FORMAT ${format}`)
      expect(failed.text).toContain('Code: 153.')
      const next = await Promise.all([store.ask(`SELECT ${i} FORMAT TSV`), store.ask(`SELECT ${i} FORMAT CSVWithNames`)])
      if (next[0].text !== `${i}\n` || next[1].text !== `"${i}"\n${i}\n`) wrong++
    }
    expect(wrong).toBe(0)
  })
})

async function raw(headers: Record<string, string>, body: Buffer | string, query = '') {
  const { user, password } = store.secrets.clickhouse.reader
  const outgoing = request(`${store.url}${query}`, { method: 'POST', auth: `${user}:${password}`, headers })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, text: await buffer(response) }
}

/** Reads the block as clickhouse-go does: block info, then a byte on serialisation after each type. */
function readHello(bytes: Buffer): Record<string, string | number> {
  let at = 0
  const text = (): string => {
    const length = bytes[at++]!
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  expect([...bytes.subarray(0, 8)]).toEqual([1, 0, 2, 255, 255, 255, 255, 0])
  at = 8
  const found: Record<string, string | number> = { columns: bytes[at++]!, rows: bytes[at++]! }
  while (at < bytes.length) {
    const name = text()
    const type = text()
    expect(bytes[at++]).toBe(0)
    found[name] = type === 'String' ? text() : bytes.readUInt32LE((at += 4) - 4)
  }
  return found
}

describe('its figures', () => {
  test('count a statement as failed when it failed, at once or in the middle, and only then', async () => {
    let figures: Record<string, unknown> = {}
    const registry = await receiveRegistry((message) => {
      if (message.type !== 'registry') return
      figures = message.snapshot.resources.find(({ kind }) => kind === 'store')?.values ?? {}
    })
    const kept = await startStore({ registry })
    for (let i = 0; i < 5; i++) await kept.ask('SELECT number FROM numbers(100000)')
    for (let i = 0; i < 5; i++) await kept.ask('SELECT 1 FORMAT JSON')
    await kept.ask('SELECT nosuch')
    await kept.ask('SELECT intDiv(1, number - 1000000) FROM numbers(1200000)')
    await kept.ask("SELECT file('/etc/hostname')")
    await until(() => figures['queries'] === 13 && figures['queriesRefused'] === 1)
    expect(figures).toMatchObject({ queriesFailed: 2, queriesRefused: 1 })
    await kept.kill('SIGTERM')
    removeFolder(kept.data)
  })
})
