/**
 * The embedded store by itself: CPU of an insert by segment, delay of the console's queries over the last hour beside a writer, and CPU
 * and memory at rest. There are 2 million spans, all of that hour; with `--full` 10 million of the last day.
 * `node --conditions=spyglass-source bench/store.bench.ts [--full]`
 */
import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { attr } from '@spyglass/agent/contract'
import { type ApiQueryName, apiSql, parametersOf } from '@spyglass/dashboards'
import { removeFolder, startStore, type StoreProcess } from '../test/support/store-process.ts'
import { memoryOf, processTree, treeCpuSeconds } from './process-usage.ts'
import { type Figure, printResult } from './result.ts'
import { interval, ratios } from './statistics.ts'

const startedMs = performance.now()
const ROWS_PER_SEGMENT = 200_000
const isFull = process.argv.includes('--full')
const SEGMENTS = isFull ? 50 : 10
const RANGE_SECONDS = isFull ? 86_400 : 3600
const SMALL_ROWS = 10_000
const QUERY_ROUNDS = 20
const COST_ROUNDS = 8
/** Statements of a round: the kernel counts CPU time in hundredths of a second. */
const PER_ROUND = 4
const SMALL_INSERTS = COST_ROUNDS * PER_ROUND
/** The yardstick of this run: pure computation in the same engine. */
const HASHES = 'SELECT max(sipHash64(number)) FROM numbers(20000000)'
const QUERIES = [
  'services',
  'red-series',
  'red-totals',
  'slow-requests',
  'kept-routes',
  'slow-statements',
  'trace-spans',
] as const satisfies ApiQueryName[]
const IDLE_MS = 10_000
/** Of a core: more than the store uses at rest, less than a merge. */
const RESTING_CPU = 0.1
const WRITER_PAUSE_MS = 250
const QUERY_BAR_MS = 300

/** Spans of the range, eight in a trace, as the collector writes them; the engine itself makes the block. */
const spans = (rows: number, first = 0): string => `
  SELECT now64(9) - INTERVAL (intDiv(number, 8) % ${RANGE_SECONDS}) second AS Timestamp, lower(hex(sipHash128(intDiv(number, 8)))) AS TraceId,
    lower(hex(sipHash64(number))) AS SpanId, if(number % 8 = 0, '', lower(hex(sipHash64(number - 1)))) AS ParentSpanId,
    toLowCardinality(concat('GET /route-', toString(number % 40))) AS SpanName,
    toLowCardinality(if(number % 8 = 0, 'Server', 'Client')) AS SpanKind, toLowCardinality('shop') AS ServiceName,
    CAST(map('service.name', 'shop', 'service.instance.id', 'http-1', 'host.name', 'a'), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
    CAST(if(number % 8 = 0,
      map('http.route', concat('/route-', toString(number % 40)), 'http.response.status_code', '200', 'url.path', concat('/route/', toString(number))),
      map('db.system.name', 'sqlite', 'db.query.text', concat('SELECT ', toString(number % 40)), '${attr.sqlDigest}', toString(number % 40))),
      'Map(LowCardinality(String), String)') AS SpanAttributes,
    toUInt64(1000000 + sipHash64(number) % 200000000) AS Duration, toLowCardinality(if(number % 97 = 0, 'Error', 'Unset')) AS StatusCode,
    toLowCardinality('bench') AS Batch
  FROM numbers(${first}, ${rows}) FORMAT Native`

/** When each of those traces was. */
const traceTimes = (rows: number, first: number): string => `
  SELECT lower(hex(sipHash128(intDiv(number, 8)))) AS TraceId, now() - INTERVAL (intDiv(number, 8) % ${RANGE_SECONDS}) second AS Start, Start AS End, toLowCardinality('bench') AS Batch
  FROM numbers(${first}, ${rows}) WHERE number % 8 = 0 FORMAT Native`

const requestMinutes = `
  SELECT toStartOfMinute(now()) - INTERVAL (number % 60) minute AS Minute, toLowCardinality('shop') AS ServiceName, toLowCardinality('http-1') AS Instance,
    toLowCardinality(concat('GET /route-', toString(intDiv(number, 60) % 40))) AS SpanName, toLowCardinality('Server') AS SpanKind,
    toLowCardinality('Unset') AS StatusCode, toLowCardinality(toString(number % 6)) AS Batch, toUInt64(100) AS Requests, toUInt64(1) AS Errors,
    toUInt64(1000000000) AS DurationSum, toUInt64(200000000) AS DurationMax,
    CAST(map(-60, 40, -50, 40, -40, 20), 'Map(Int16, UInt64)') AS Buckets
  FROM numbers(14400) FORMAT Native`

const statementMinutes = `
  SELECT toStartOfMinute(now()) - INTERVAL (number % 60) minute AS Minute, toLowCardinality('shop') AS ServiceName, toLowCardinality('http-1') AS Instance,
    toLowCardinality('shop') AS Pool, toLowCardinality('sqlite') AS DbSystem, toLowCardinality('SELECT') AS Operation,
    toString(intDiv(number, 60) % 40) AS Digest, 'SELECT ?' AS Statement, toLowCardinality(toString(number % 6)) AS Batch, toUInt64(100) AS Calls,
    toUInt64(1) AS Errors, toUInt64(1000000000) AS DurationSum, toUInt64(200000000) AS DurationMax,
    CAST(map(-60, 40, -50, 40, -40, 20), 'Map(Int16, UInt64)') AS Buckets
  FROM numbers(14400) FORMAT Native`

const parameters = {
  from: String(Date.now() / 1000 - 3600),
  to: String(Date.now() / 1000 + 60),
  step: '60',
  service: 'shop',
  pool: '',
  search: '',
  limit: '50',
  offset: '0',
} as const satisfies Record<string, string>

const store = await startStore({ store: { readers: 2 } })
try {
  const rest = await atRest(store)
  const small = await smallInserts(store)
  await fill(store)
  await merged(store)
  const alone = await queryCosts(store)
  const queries = await queriesBesideWriter(store)
  printResult('store', { ...rest, ...small, ...alone, ...queries }, startedMs)
} finally {
  await store.kill('SIGTERM')
  removeFolder(store.data)
}

/** Of the store's process and its engine's. */
function cpuSeconds({ child }: StoreProcess): number {
  return treeCpuSeconds(child.pid ?? 0)
}

function rssMiB({ child }: StoreProcess): number {
  return Math.round(processTree(child.pid ?? 0).reduce((sum, pid) => sum + memoryOf(pid).rssMiB, 0))
}

async function atRest(store: StoreProcess): Promise<Record<string, Figure>> {
  await delay(2000)
  const before = cpuSeconds(store)
  await delay(IDLE_MS)
  const used = ((cpuSeconds(store) - before) / (IDLE_MS / 1000)) * 100
  return {
    idleCpu: { value: Math.round(used * 100) / 100, unit: '% of a core', better: 'lower', bar: 2 },
    idleRss: { value: rssMiB(store), unit: 'MiB', better: 'lower', bar: 450 },
  }
}

async function makeFile(store: StoreProcess, path: string, sql: string): Promise<void> {
  const response = await fetch(store.url, { method: 'POST', body: sql, headers: { 'x-spyglass-token': store.secrets.internal.token } })
  if (!response.ok) throw new Error(await response.text())
  await writeFile(path, response.body!)
}

/** A segment that holds `file` under the name of its table. */
async function segment(store: StoreProcess, name: string, table: string, file: string): Promise<void> {
  await mkdir(join(store.data, 'wal', name), { recursive: true })
  await link(file, join(store.data, 'wal', name, `${table}.native`))
}

async function insert(store: StoreProcess, name: string, table: string): Promise<void> {
  const { status, text } = await store.own(`INSERT INTO ${table} FORMAT Native`, { headers: { 'x-spyglass-segment': name } })
  if (status !== 200) throw new Error(text)
}

async function smallInserts(store: StoreProcess): Promise<Record<string, Figure>> {
  const file = join(store.data, 'small.native')
  await makeFile(store, file, spans(SMALL_ROWS))
  for (let i = 0; i < SMALL_INSERTS; i++) await segment(store, `small-${i}`, 'otel_traces', file)
  let next = 0
  const { seconds, cost } = await costBeside(store, async () => {
    for (const end = next + PER_ROUND; next < end; next++) await insert(store, `small-${next}`, 'otel_traces')
  })
  return { rowsPerCpuSecond: { value: Math.round(SMALL_ROWS / seconds), unit: 'spans/s', better: 'higher' }, insertCost: cost }
}

async function fill(store: StoreProcess): Promise<void> {
  await put(store, 'requests', 'red_1m', requestMinutes)
  await put(store, 'statements', 'sql_1m', statementMinutes)
  for (let i = 0; i < SEGMENTS; i++) {
    const first = i * ROWS_PER_SEGMENT
    await put(store, `large-${i}`, 'otel_traces', spans(ROWS_PER_SEGMENT, first))
    await put(store, `times-${i}`, 'otel_traces_trace_id_ts', traceTimes(ROWS_PER_SEGMENT, first))
  }
}

/** Rows that the engine itself makes, as a segment. */
async function put(store: StoreProcess, name: string, table: string, sql: string): Promise<void> {
  const file = join(store.data, `${name}.native`)
  await makeFile(store, file, sql)
  await segment(store, name, table, file)
  await insert(store, name, table)
  await rm(file)
}

/** The console's queries, one after the other, while a writer inserts 10,000 spans every quarter of a second. */
async function queriesBesideWriter(store: StoreProcess): Promise<Record<string, Figure>> {
  let writing = true
  const inserts: number[] = []
  const writer = (async () => {
    for (let i = 0; writing; i++) {
      await segment(store, `beside-${i}`, 'otel_traces', join(store.data, 'small.native'))
      const start = performance.now()
      await insert(store, `beside-${i}`, 'otel_traces')
      inserts.push(performance.now() - start)
      await delay(WRITER_PAUSE_MS)
    }
  })()
  try {
    const figures = await queryDelays(store)
    const fullRss: Figure = { value: rssMiB(store), unit: 'MiB', better: 'lower' }
    return { ...figures, insertMedian: { value: quantile(inserts, 0.5), unit: 'ms', better: 'lower' }, fullRss }
  } finally {
    writing = false
    await writer
  }
}

/** Waits until the store has merged what was inserted: the CPU of a merge must not count as that of a query. */
async function merged(store: StoreProcess): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    const before = cpuSeconds(store)
    await delay(1000)
    quiet = cpuSeconds(store) - before < RESTING_CPU ? quiet + 1 : 0
  }
}

/** CPU of each query by itself, and beside the yardstick, in turns. */
async function queryCosts(store: StoreProcess): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  for (const name of QUERIES) {
    const { seconds, cost } = await costBeside(store, () => delays(store, name, PER_ROUND))
    figures[`${name}Cpu`] = { value: Math.round(seconds * 1000), unit: 'ms', better: 'lower' }
    figures[`${name}Cost`] = cost
  }
  return figures
}

/** CPU of a statement of which `work` runs {@link PER_ROUND}, by itself and as a multiple of the yardstick's, measured in turns. */
async function costBeside(store: StoreProcess, work: () => Promise<unknown>): Promise<{ readonly seconds: number; readonly cost: Figure }> {
  const [costs, yards]: [number[], number[]] = [[], []]
  for (let round = 0; round < COST_ROUNDS; round++) {
    costs.push((await cpuOf(store, work)) / PER_ROUND)
    yards.push(await cpuOf(store, () => hashes(store)))
  }
  const cost: Figure = { ...interval(ratios(costs, yards)), unit: '× 20 M hashes', better: 'lower', isRatio: true }
  return { seconds: sum(costs) / costs.length, cost }
}

async function hashes(store: StoreProcess): Promise<void> {
  const { status, text } = await store.ask(HASHES)
  if (status !== 200) throw new Error(`the yardstick failed: ${text}`)
}

async function cpuOf(store: StoreProcess, work: () => Promise<unknown>): Promise<number> {
  const before = cpuSeconds(store)
  await work()
  return cpuSeconds(store) - before
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

async function queryDelays(store: StoreProcess): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  for (const name of QUERIES) {
    const value = quantile(await delays(store, name, QUERY_ROUNDS), 0.95)
    figures[`${name}P95`] = { value, unit: 'ms', better: 'lower', bar: QUERY_BAR_MS }
  }
  return figures
}

async function delays(store: StoreProcess, name: ApiQueryName, rounds: number): Promise<number[]> {
  const traceId = (await store.ask('SELECT TraceId FROM otel_traces LIMIT 1')).text.trim()
  const sql = apiSql(name)
  const given = Object.fromEntries(
    Object.keys(parametersOf(sql)).map((each) => [`param_${each}`, ({ ...parameters, traceId } as Record<string, string>)[each] ?? '']),
  )
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    const { status, text } = await store.ask(sql, { parameters: { ...given, default_format: 'JSONEachRow' } })
    if (status !== 200) throw new Error(`${name}: ${text}`)
    times.push(performance.now() - start)
  }
  return times
}

function quantile(values: readonly number[], of: number): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * of)] ?? 0)
}
