import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { paced } from '../../support/slowdown.ts'
import { newDataFolder, removeFolder, spawnStore, startStore, type StartOptions, type StoreProcess } from '../../support/store-process.ts'
import { until } from '../../support/until.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

let common: StoreProcess | undefined
/** A store for tests that only add rows, each under batches and segments of its own names. It starts once. */
const shared = async (): Promise<StoreProcess> => (common ??= await startStore())
afterAll(async () => {
  await common?.kill('SIGKILL')
  if (common) removeFolder(common.data)
})

async function started(options: StartOptions = {}): Promise<StoreProcess> {
  const store = await startStore(options)
  cleanups.push(async () => {
    await store.kill('SIGKILL')
    removeFolder(store.data)
  })
  return store
}

/** As stuck as an engine can be, on every machine. One that is stopped does not notice that its store is gone, so it is killed with the test. */
function freeze(engine: number): void {
  process.kill(engine, 'SIGSTOP')
  cleanups.push(() => {
    try {
      process.kill(engine, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // the store has replaced it
    }
  })
}

/** A Native block of `events`, made by the engine from the table's own types. */
async function eventsBlock(store: StoreProcess, batch: string, rows: number): Promise<Uint8Array<ArrayBuffer>> {
  const sql = `SELECT now64(3) AS Time, toLowCardinality('x') AS Name, toString(number) AS IncidentId, toLowCardinality('${batch}') AS Batch FROM numbers(${rows}) FORMAT Native`
  const response = await fetch(store.url, { method: 'POST', body: sql, headers: { 'x-spyglass-token': store.secrets.internal.token } })
  return new Uint8Array(await response.arrayBuffer())
}

function writeSegment(store: StoreProcess, segment: string, blocks: readonly Uint8Array[]): void {
  const folder = join(store.data, 'wal', segment)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'events.native'), Buffer.concat(blocks))
}

const INSERT = 'INSERT INTO events FORMAT Native'
const insertSegment = (store: StoreProcess, segment: string) => store.own(INSERT, { headers: { 'x-spyglass-segment': segment } })
/** How many rows each batch has; `of` is how the names of those that count begin. */
async function batches(store: StoreProcess, of = '') {
  const sql = `SELECT Batch, count() AS n FROM events WHERE startsWith(Batch, '${of}') GROUP BY Batch ORDER BY Batch FORMAT JSONCompactEachRow`
  return JSON.parse(`[${(await store.own(sql)).text.trim().replaceAll('\n', ',')}]`) as unknown
}

describe('segments', () => {
  test('are inserted by name, every block of the file, and once however often it is asked', async () => {
    const store = await shared()
    writeSegment(store, 'c1-b1-7', [await eventsBlock(store, 'one-a', 300), await eventsBlock(store, 'one-b', 200)])
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await insertSegment(store, 'c1-b1-7')
      expect(status).toBe(200)
      expect(JSON.parse(headers.get('x-clickhouse-summary')!)).toMatchObject({ written_rows: '500' })
    }
    expect(await batches(store, 'one')).toEqual([
      ['one-a', 300],
      ['one-b', 200],
    ])
  })

  test('are inserted together, and once for a token, also when they touch several partitions', async () => {
    const store = await shared()
    const months = ['2090-01-01 00:00:00', '2090-02-01 00:00:00'] // not past their retention
    const blockOf = async (batch: string, month: string): Promise<Uint8Array<ArrayBuffer>> => {
      const sql = `SELECT toDateTime64('${month}', 3) AS Time, toLowCardinality('${batch}') AS Batch FROM numbers(10) FORMAT Native`
      const response = await fetch(store.url, { method: 'POST', body: sql, headers: { 'x-spyglass-token': store.secrets.internal.token } })
      return new Uint8Array(await response.arrayBuffer())
    }
    for (const name of ['together1', 'together2', 'together3'])
      writeSegment(store, name, await Promise.all(months.map((month) => blockOf(name, month))))
    const headers = { 'x-spyglass-segment': 'together1,together2,together3' }
    for (let i = 0; i < 3; i++) {
      const { status } = await store.own(INSERT, { headers, parameters: { insert_deduplication_token: 'together' } })
      expect(status).toBe(200)
    }
    expect(await batches(store, 'together')).toEqual([
      ['together1', 20],
      ['together2', 20],
      ['together3', 20],
    ])
    expect((await store.own(INSERT, { headers: { 'x-spyglass-segment': 'together1,nosuch' } })).status).toBe(404)
  })

  test('are recognised after a kill and a restart', async () => {
    const store = await started()
    writeSegment(store, 's1', [await eventsBlock(store, 'a', 300)])
    expect((await insertSegment(store, 's1')).status).toBe(200)
    await store.kill('SIGKILL')
    const again = await startStore({ data: store.data, port: store.port })
    cleanups.push(() => again.kill('SIGKILL'))
    expect((await insertSegment(again, 's1')).status).toBe(200)
    expect(await batches(again)).toEqual([['a', 300]])
  })

  test('of a name that is none give 400, of one that is not there 404', async () => {
    const store = await shared()
    const named = ['../s1', 's1/../../x', '/etc', '', 'nosuch']
    const replies = await Promise.all(named.map((segment) => insertSegment(store, segment)))
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400, 400, 404])
    for (const { text } of replies) expect(text).toMatch(/^Code: \d+\. DB::Exception/)
  })

  test('with columns that the table has not are refused, and those it lacks take defaults', async () => {
    const store = await shared()
    writeSegment(store, 'defaults', [await eventsBlock(store, 'defaults', 3)])
    mkdirSync(join(store.data, 'wal', 'foreign'), { recursive: true })
    writeFileSync(join(store.data, 'wal', 'foreign', 'otel_logs.native'), await eventsBlock(store, 'defaults', 3))
    expect((await insertSegment(store, 'defaults')).status).toBe(200)
    const { status, text } = await store.own('INSERT INTO otel_logs FORMAT Native', { headers: { 'x-spyglass-segment': 'foreign' } })
    expect([status, text]).toEqual([400, expect.stringContaining('a column Time, which the table does not have')])
    const values = "SELECT DISTINCT Severity, Message FROM events WHERE Batch = 'defaults' FORMAT JSONCompactEachRow"
    expect((await store.own(values)).text).toBe('["", ""]\n')
  })

  test('that are broken are refused whole, and the next one is not touched by it', async () => {
    const store = await shared()
    const block = await eventsBlock(store, 'torn-a', 300)
    writeSegment(store, 'torn', [block, block.subarray(0, block.length - 40)])
    writeSegment(store, 'good', [await eventsBlock(store, 'torn-b', 10)])
    const torn = await insertSegment(store, 'torn')
    expect(torn.status).toBeGreaterThanOrEqual(400)
    expect((await insertSegment(store, 'good')).status).toBe(200)
    expect(await batches(store, 'torn')).toEqual([['torn-b', 10]])
  })
})

describe('bodies', () => {
  test('are written as Native and as JSON, once for a token', async () => {
    const store = await shared()
    const block = await eventsBlock(store, 'body-a', 5)
    const parameters = { insert_deduplication_token: 't1' }
    for (let i = 0; i < 2; i++) expect((await store.own(INSERT, { body: block, parameters })).status).toBe(200)
    const json = { Time: new Date().toISOString().slice(0, 23).replace('T', ' '), Name: 'n', Attributes: { k: 'v' }, Batch: 'body-json' }
    const { status } = await store.own('INSERT INTO spyglass.events FORMAT JSONEachRow', { body: JSON.stringify(json) })
    expect(status).toBe(200)
    expect(await batches(store, 'body')).toEqual([
      ['body-a', 5],
      ['body-json', 1],
    ])
    expect((await store.own("SELECT Attributes['k'] FROM events WHERE Batch = 'body-json'")).text).toBe('v\n')
  })

  test('without a token are written each time, alike or not', async () => {
    const store = await shared()
    const block = await eventsBlock(store, 'untold', 5)
    for (let i = 0; i < 2; i++) expect((await store.own(INSERT, { body: block })).status).toBe(200)
    expect(await batches(store, 'untold')).toEqual([['untold', 10]])
  })

  test('of another form or by the reader are refused', async () => {
    const store = await shared()
    expect((await store.own("INSERT INTO events SELECT * FROM file('/etc/hostname')", { body: '' })).status).toBe(400)
    expect((await store.own('INSERT INTO nosuch FORMAT Native', { body: '' })).status).toBe(404)
    expect((await store.own('INSERT INTO system.tables FORMAT Native', { body: '' })).status).toBe(400)
    expect((await store.ask(INSERT)).status).toBe(403)
    const { user, password } = store.secrets.clickhouse.reader
    const byUrl = await fetch(`${store.url}?query=${encodeURIComponent(INSERT)}&user=${user}&password=${password}`, {
      method: 'POST',
      body: 'x',
    })
    expect(byUrl.status).toBe(403)
  })
})

describe('acknowledged rows', () => {
  test('are there after kill -9 at any moment of a stream of inserts', async () => {
    let store = await started()
    const acknowledged: string[] = []
    for (let round = 0; round < 3; round++) {
      const block = await eventsBlock(store, `r${round}`, 100)
      const victim = store
      const inserting = (async () => {
        for (let i = 0; ; i++) {
          const token = `r${round}-${i}`
          const sent = await victim.own(INSERT, { body: block, parameters: { insert_deduplication_token: token } }).catch(() => undefined)
          if (sent?.status !== 200) return
          acknowledged.push(token)
        }
      })()
      await until(() => acknowledged.filter((token) => token.startsWith(`r${round}`)).length > 5 + round * 3)
      await victim.kill('SIGKILL')
      await inserting
      store = await startStore({ data: victim.data, port: victim.port })
      const alive = store
      cleanups.push(() => alive.kill('SIGKILL'))
    }
    const counted = (await batches(store)) as [string, number][]
    for (const [batch, rows] of counted) {
      const sent = acknowledged.filter((token) => token.startsWith(batch)).length * 100
      expect([sent, sent + 100]).toContain(rows) // the last one may have been stored without an answer
    }
    expect(counted).toHaveLength(3)
  })
})

const SLOW = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1'

/** A streamed answer that nobody reads, from a store with one session whose time for a query is long enough for the answer to begin. */
async function begunWithin(ms: number): Promise<{ readonly store: StoreProcess; readonly response: IncomingMessage }> {
  const store = await started({ store: { readers: 1, queryTimeoutMs: ms } })
  const response = await unread(store, 'TSV')
  if (response.statusCode === 200) return { store, response }
  await store.kill('SIGKILL')
  return begunWithin(2 * ms)
}

/** A long answer of which only the headers are read. */
async function unread(store: StoreProcess, format: string): Promise<IncomingMessage> {
  const { user, password } = store.secrets.clickhouse.reader
  const asking = request(`${store.url}?default_format=${format}`, { method: 'POST', auth: `${user}:${password}` })
  asking.end("SELECT repeat('x', 1000) FROM numbers(30000)")
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  return response
}

test('pages of other sites and names that are not ours are refused before the statement is looked at; a wrong password in the form of ClickHouse', async () => {
  const store = await shared()
  const foreign = [
    [{ origin: 'https://evil.example' }, 'SPY_FOREIGN_ORIGIN'],
    [{ 'sec-fetch-site': 'cross-site' }, 'SPY_FOREIGN_ORIGIN'],
    [{ host: 'evil.example' }, 'SPY_FOREIGN_HOST'],
  ] as const
  for (const [headers, code] of foreign) {
    const asking = request(`${store.url}?query=SELECT%201`, { headers: { ...headers, 'x-spyglass-token': store.secrets.internal.token } })
    asking.end()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    expect([response.statusCode, await textOf(response)]).toEqual([403, expect.stringContaining(code)])
  }
  const wrong = await store.ask('SELECT 1', { headers: { 'x-clickhouse-key': 'wrong' } })
  expect([wrong.status, wrong.headers.get('x-clickhouse-exception-code')]).toEqual([403, '516'])
  expect((await store.ask('SELECT 1')).text).toBe('1\n')
})

describe('readers', () => {
  test('beyond the sessions wait, beyond the queue get 503 with Retry-After, and those who hang up are ended', async () => {
    const store = await started({ store: { readers: 2, maxQueueLength: 2 } })
    const leave = new AbortController()
    const slow = Array.from({ length: 3 }, () => store.ask(SLOW, { signal: leave.signal }).catch(() => 'gone'))
    const refused = await until(async () => {
      const reply = await store.ask('SELECT 1', { signal: AbortSignal.timeout(300) }).catch(() => undefined)
      return reply?.status === 503 ? reply : undefined
    })
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.text).toMatch(/^Code: 202\./)
    leave.abort()
    expect(await Promise.all(slow)).toEqual(['gone', 'gone', 'gone'])
    await until(async () => (await store.ask('SELECT 1')).text === '1\n')
  })

  test('that do not read a streamed answer lose it when the time is over, and the session is free again', async () => {
    const { store, response } = await begunWithin(1500)
    const closed = new Promise((resolve) => response.once('error', () => {}).once('close', resolve))
    await until(async () => (await store.ask('SELECT 1')).text === '1\n')
    response.resume()
    await closed
    expect(response.complete).toBe(false)
  })

  test('that do not read a whole answer hold no session', async () => {
    const store = await started({ store: { readers: 1 } })
    const response = await unread(store, 'TSVWithNames')
    expect((await store.ask('SELECT 1')).text).toBe('1\n')
    response.destroy()
  })

  test('that all run long keep neither inserts nor our own queries from ending first', async () => {
    const store = await started({ store: { readers: 4, queueTimeoutMs: 240_000, queryTimeoutMs: 240_000 } })
    const block = await eventsBlock(store, 'a', 100)
    const leave = new AbortController()
    let ended = 0
    const slow = Array.from({ length: 4 }, () =>
      store
        .ask(SLOW, { signal: leave.signal })
        .catch(() => 'gone')
        .finally(() => ended++),
    )
    for (let i = 0; i < 10; i++)
      expect((await store.own(INSERT, { body: block, parameters: { insert_deduplication_token: `t${i}` } })).status).toBe(200)
    expect((await store.own('SELECT count() FROM events')).text).toBe('1000\n')
    expect(ended).toBe(0)
    leave.abort()
    await Promise.all(slow)
  })
})

/** Asks from another address of this machine, which makes another client of it. */
async function askFrom(store: StoreProcess, localAddress: string, sql: string) {
  const { user, password } = store.secrets.clickhouse.reader
  const asking = request(store.url, { method: 'POST', auth: `${user}:${password}`, localAddress })
  asking.end(sql)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, text: await textOf(response) }
}

describe.runIf(process.platform === 'linux')('clients', () => {
  test('with ten heavy statements keep no other from its answer', async () => {
    const store = await started()
    const leave = new AbortController()
    let ended = 0
    const heavy = Array.from({ length: 10 }, () =>
      store
        .ask(SLOW, { signal: leave.signal })
        .catch(() => 'gone')
        .finally(() => ended++),
    )
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.2']) expect((await askFrom(store, address, 'SELECT 1')).text).toBe('1\n')
    expect(ended).toBe(0)
    leave.abort()
    await Promise.all(heavy)
  })

  /** Ten heavy statements, each for another client if its header is believed; then what `other` is answered, and how many of them ended before. */
  async function besideHeavy(store: StoreProcess, addressOf: (at: number) => string, other: () => Promise<{ readonly text: string }>) {
    const leave = new AbortController()
    let ended = 0
    const heavy = Array.from({ length: 10 }, (_, at) =>
      store
        .ask(SLOW, { signal: leave.signal, headers: { 'x-forwarded-for': addressOf(at) } })
        .catch(() => 'gone')
        .finally(() => ended++),
    )
    const { text } = await other()
    const found = [text, ended]
    leave.abort()
    await Promise.all(heavy)
    return found
  }

  test('with many addresses in one network of IPv6 are one, also behind a trusted proxy', async () => {
    const store = await started({ store: { trustedProxies: ['127.0.0.1'] } })
    const other = () => store.ask('SELECT 1', { headers: { 'x-forwarded-for': '2001:db8:0:2::1' } })
    expect(await besideHeavy(store, (at) => `2001:db8:0:1:${at}::${at}`, other)).toEqual(['1\n', 0])
  })

  test('that name other addresses are believed by nobody who does not trust them', async () => {
    const store = await started()
    const other = () => askFrom(store, '127.0.0.2', 'SELECT 1')
    expect(await besideHeavy(store, (at) => `203.0.113.${at}`, other)).toEqual(['1\n', 0])
  })

  /** One call over 30 MB: the engine does not look whether it was cancelled before it is done, which takes seconds on any machine. */
  const STUCK = (text: string): string => `SELECT sum(length(replaceRegexpAll(${text}, '(a|b|c|d|e|f|g|h)*?(a|b|c|d)', '')))`

  test('are answered in time even if the engine does not come back; it is replaced, and who caused it is kept away', async () => {
    const store = await started({ store: { queryTimeoutMs: paced(500), queryGraceMs: paced(300), queryPatienceMs: paced(700) } })
    const block = await eventsBlock(store, 'a', 100)
    const [first = ''] = childrenOf(store.child.pid!)
    freeze(Number(first))
    const stuck = await store.ask('SELECT 1')
    expect([stuck.status, stuck.text]).toEqual([408, expect.stringMatching(/^Code: 159\. DB::Exception: Timeout exceeded/)])
    const inserting = store.own(INSERT, { body: block, parameters: { insert_deduplication_token: 't' } })
    const away = await until(async () => {
      const reply = await askFrom(store, '127.0.0.2', 'SELECT 1')
      return reply.status === 503 ? reply : undefined
    })
    expect([away.headers['retry-after'], away.text]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^Code: 20[23]\./)])
    expect((await inserting).status).toBe(503)
    await until(async () => (await fetch(`${store.url}ready`)).ok)
    expect(childrenOf(store.child.pid!)).not.toContain(first)
    await until(async () => (await askFrom(store, '127.0.0.3', 'SELECT 1')).text === '1\n') // the first may take longer than its limit
    expect((await store.own(INSERT, { body: block, parameters: { insert_deduplication_token: 't' } })).status).toBe(200)
    expect(await batches(store)).toEqual([['a', 100]])
    const refused = await store.ask('SELECT 1')
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('Queries of this client are refused for')])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  /** Its first rows come at once, the others a few hundred in a second. */
  const STREAMED =
    "SELECT if(number < 4000, 0, sleepEachRow(0.004)), repeat('x', 1000) FROM numbers(1000000) SETTINGS max_block_size = 500, max_threads = 1"

  test.each([
    ['that goes on', () => {}],
    ['of an engine that is stuck', freeze],
  ])('that end at their time in the middle of an answer %s say so at its end', async (_, hinder) => {
    const store = await started({ store: { queryTimeoutMs: paced(4000), queryGraceMs: paced(300), queryPatienceMs: paced(700) } })
    const [engine = ''] = childrenOf(store.child.pid!)
    const { user, password } = store.secrets.clickhouse.reader
    const asking = request(store.url, { method: 'POST', auth: `${user}:${password}` })
    asking.end(STREAMED)
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    hinder(Number(engine))
    const text = await textOf(response)
    const tag = String(response.headers['x-clickhouse-exception-tag'])
    expect([response.statusCode, response.complete]).toEqual([200, true])
    expect(text.slice(-400)).toMatch(
      new RegExp(
        `x\\n\\r\\n__exception__\\r\\n${tag}\\r\\nCode: 159\\. DB::Exception: Timeout exceeded.*\\n\\d+ ${tag}\\r\\n__exception__\\r\\n$`,
      ),
    )
  })

  /** Where the gate cannot see how long a value gets. */
  test.each([
    ['a count in a column', `${STUCK("repeat(repeat('a', 1000), toUInt32(number))")} FROM numbers(30000, 1)`],
    ['a column that is joined', STUCK(`(SELECT arrayStringConcat(groupArray('${'a'.repeat(40)}')) FROM numbers(750000))`)],
    ['a list of lists', STUCK(`arrayStringConcat(arrayMap(i -> '${'a'.repeat(5000)}', range(6000)))`)],
  ])('are answered in time by an engine that works and does not listen: %s', async (_, stuck) => {
    const store = await started({ store: { queryGraceMs: paced(300), queryPatienceMs: 60_000 } })
    const reply = await store.ask(stuck, { parameters: { max_execution_time: String(paced(300) / 1000) } })
    expect([reply.status, reply.text]).toEqual([408, expect.stringMatching(/^Code: 159\./)])
    expect((await store.ask('SELECT 1')).text).toBe('1\n')
  })

  test('see only a moment of a killed engine, and connections stay', async () => {
    const store = await started()
    const [first = ''] = childrenOf(store.child.pid!)
    const running = store.ask(SLOW)
    await until(async () => (await store.own('SELECT 1')).status === 200)
    process.kill(Number(first), 'SIGKILL')
    const { status, headers } = await running
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    await until(async () => (await store.ask('SELECT 1')).text === '1\n')
    expect(store.child.exitCode).toBeNull()
  })
})

const childrenOf = (pid: number): string[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')

describe('the command', () => {
  test('says in one line that the data folder is in use, and by whom', async () => {
    const store = await shared()
    const second = await spawnStore({ data: store.data })
    const [code] = (await once(second.child, 'exit')) as [number]
    expect(code).not.toBe(0)
    expect(second.output()).toContain(
      `SPY_STORE_IN_USE: the store in ${join(store.data, 'store', 'clickhouse')} is in use by process ${store.child.pid}.`,
    )
  })

  test('says in one line that the port is taken', async () => {
    const store = await shared()
    const data = newDataFolder()
    cleanups.push(() => removeFolder(data))
    const second = await spawnStore({ data, port: store.port })
    const [code] = (await once(second.child, 'exit')) as [number]
    expect(code).not.toBe(0)
    expect(second.output()).toContain(`SPY_PORT_TAKEN: port ${store.port} (store.port) on 127.0.0.1 is in use`)
  })

  test('ends at SIGTERM with code 0', async () => {
    const store = await started()
    await store.kill('SIGTERM')
    expect(store.child.exitCode).toBe(0)
  })
})
