import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import type { TableName } from '@spyglass/agent/contract'
import { createLogger } from '@spyglass/process/logger'
import { Inserter } from '../../../collector/src/insert/inserter.ts'
import { createStoreClient } from '../../../collector/src/insert/store-client.ts'
import type { Inserting, SealedSegment } from '../../../collector/src/wal/index.ts'
import { until } from '../../support/until.ts'

const logger = createLogger({ process: 'test', level: 'silent' })
const servers: Server[] = []
const inserters: Inserter[] = []

afterEach(async () => {
  for (const inserter of inserters.splice(0)) await inserter.stop(0)
  for (const server of servers.splice(0)) server.close()
})

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly text: string
}

/** Speaks the store's HTTP; what it answers to an INSERT is up to the test. */
class Store {
  readonly rows = new Map<string, number>()
  readonly inserts: string[] = []
  counts = 0
  url = ''
  readonly tokens: string[] = []
  /** `key`: names of the segments, and the table. */
  onInsert: (key: string) => Answer = (key) => {
    this.take(key)
    return { status: 200, text: '' }
  }

  take(key: string): void {
    const [names = '', table = ''] = key.split('/')
    for (const name of names.split(',')) this.rows.set(`${name}/${table}`, 10)
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      const sql = searchParams.get('query') ?? ''
      const token = searchParams.get('insert_deduplication_token')
      // By this name the store tells inserts from console and rules.
      const isKnown = request.headers['x-spyglass-part'] === 'inserts'
      if (token !== null) this.tokens.push(token)
      const answer = isKnown ? this.#answer(sql, String(request.headers['x-spyglass-segment'])) : { status: 403, text: '' }
      response.writeHead(answer.status, answer.headers).end(answer.text)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return this
  }

  #answer(sql: string, segment: string): Answer {
    const insert = /^INSERT INTO spyglass\.(\w+) FORMAT Native$/.exec(sql)
    if (insert) {
      this.inserts.push(`${segment}/${insert[1]}`)
      return this.onInsert(`${segment}/${insert[1]}`)
    }
    this.counts++
    const parts = [...sql.matchAll(/FROM spyglass\.(\w+) WHERE Batch IN \(([^)]+)\)/g)]
    return { status: 200, text: parts.map(([, table = '', names = '']) => this.#countOf(table, names)).join('') }
  }

  #countOf(table: string, names: string): string {
    const counts = Array.from(names.matchAll(/'([^']+)'/g), ([, name]) => [table, name, this.rows.get(`${name}/${table}`)] as const)
    const lines = counts.filter(([, , rows]) => rows !== undefined).map((line) => `${line.join('\t')}\n`)
    return lines.join('')
  }
}

function segment(name: string, recovered = false, names: readonly TableName[] = ['otel_logs']): SealedSegment {
  const content = new Map(names.map((table) => [table, { length: 1, rows: 10, weight: 10, oldest: 1, newest: 2 }] as const))
  return { name, folder: `/wal/${name}`, content, acknowledged: { entries: 1, requests: 1 }, time: 0, recovered, bytes: 1 }
}

function inserterFor(url: string, inserting?: Inserting) {
  const noted: Inserting[] = []
  const retired: string[] = []
  const quarantined: string[] = []
  const inserter = new Inserter({
    store: createStoreClient({ url, token: 't' }),
    source: {
      verify: async (one) => (one.name === 'damaged' ? undefined : one),
      retire: async ({ name }) => void retired.push(name),
      quarantine: async ({ name }) => `/quarantine/${name}`,
      inserting,
      noteInserting: async (one) => void noted.push(one),
    },
    logger,
    onQuarantined: ({ name }) => quarantined.push(name),
    retryMs: 1,
  })
  inserters.push(inserter)
  return { inserter, retired, quarantined, noted }
}

const refusal = (code: string, text = 'no'): Answer => ({ status: 500, headers: { 'x-clickhouse-exception-code': code }, text })

test('segments that wait go in one insert for each table, are verified and retired in the order of their age', async () => {
  const store = await new Store().start()
  const { inserter, retired, noted } = inserterFor(store.url)
  inserter.add(segment('s-1-1'))
  inserter.add(segment('s-1-2', false, ['otel_logs', 'otel_traces']))
  inserter.add(segment('s-1-3'))
  await until(() => retired.length === 3)
  expect(store.inserts).toEqual(['s-1-1,s-1-2,s-1-3/otel_logs', 's-1-2/otel_traces'])
  expect(store.counts).toBe(1)
  expect(noted).toEqual([
    { table: 'otel_logs', segments: ['s-1-1', 's-1-2', 's-1-3'] },
    { table: 'otel_traces', segments: ['s-1-2'] },
  ])
  expect([retired, inserter.inserted]).toEqual([['s-1-1', 's-1-2', 's-1-3'], 3])
})

test('segments of another boot, or more than one insert should hold, go by themselves', async () => {
  const store = await new Store().start()
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('s-1-1'))
  inserter.add(segment('s-2-1'))
  inserter.add({ ...segment('s-2-2'), bytes: 60_000_000 })
  inserter.add({ ...segment('s-2-3'), bytes: 60_000_000 })
  await until(() => retired.length === 4)
  expect(store.inserts).toEqual(['s-1-1/otel_logs', 's-2-1,s-2-2/otel_logs', 's-2-3/otel_logs'])
})

test('an insert that was under way at a kill is repeated as it was, with its token, before anything else', async () => {
  const first = await new Store().start()
  const before = inserterFor(first.url)
  for (const name of ['s-1-1', 's-1-2']) before.inserter.add(segment(name))
  await until(() => before.retired.length === 2)
  const store = await new Store().start()
  store.rows.set('s-1-1/otel_logs', 10) // the part of one day was written, that of another not
  store.rows.set('s-1-2/otel_logs', 4)
  const { inserter, retired } = inserterFor(store.url, before.noted[0])
  for (const name of ['s-1-0', 's-1-1', 's-1-2', 's-1-3']) inserter.add(segment(name, true))
  await until(() => retired.length === 4)
  expect(store.inserts).toEqual(['s-1-1,s-1-2/otel_logs', 's-1-0,s-1-3/otel_logs'])
  expect(store.tokens[0]).toBe(first.tokens[0])
})

test('an insert whose answer was lost is repeated with the same segments, though more have come since', async () => {
  const store = await new Store().start()
  const answers = store.onInsert
  const { inserter, retired } = inserterFor(store.url)
  store.onInsert = () => {
    store.onInsert = answers
    inserter.add(segment('s-1-2'))
    return { status: 503, text: 'gone' }
  }
  inserter.add(segment('s-1-1'))
  await until(() => retired.length === 2)
  expect(store.inserts).toEqual(['s-1-1/otel_logs', 's-1-1/otel_logs', 's-1-2/otel_logs'])
  expect(store.tokens[0]).toBe(store.tokens[1])
})

test('of segments that are refused together only the bad one is set aside', async () => {
  const store = await new Store().start()
  const answers = store.onInsert
  store.onInsert = (key) => (key.includes('s-1-2') ? refusal('117') : answers(key))
  const { inserter, retired, quarantined } = inserterFor(store.url)
  for (const name of ['s-1-1', 's-1-2', 's-1-3']) inserter.add(segment(name))
  await until(() => retired.length === 2 && quarantined.length === 1)
  expect([retired, quarantined]).toEqual([['s-1-1', 's-1-3'], ['s-1-2']])
})

test.each([
  'Code: 243. not enough space',
  'Code: 75. Cannot write: errno: 28, strerror: No space left on device',
  'Code: 481. Read-only file system',
])('a disk that cannot take it is no reason to set a segment aside: %s', async (text) => {
  const store = await new Store().start()
  const answers = store.onInsert
  let failures = 0
  store.onInsert = (key) => (failures++ < 5 ? refusal(/\d+/.exec(text)![0], text) : answers(key))
  const { inserter, retired, quarantined } = inserterFor(store.url)
  inserter.add(segment('a'))
  await until(() => retired.length === 1)
  expect(quarantined).toEqual([])
})

test('a trace can be looked up as soon as its spans are there', async () => {
  const store = await new Store().start()
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('a', false, ['otel_logs', 'otel_traces', 'otel_traces_trace_id_ts']))
  await until(() => retired.length === 1)
  expect(store.inserts.indexOf('a/otel_traces_trace_id_ts')).toBeLessThan(store.inserts.indexOf('a/otel_traces'))
})

test('what a crash left in the store is not inserted again', async () => {
  const store = await new Store().start()
  store.rows.set('a/otel_logs', 10)
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('a', true))
  await until(() => retired.length === 1)
  expect(store.inserts).toEqual([])
})

test('an insert whose answer was lost is found by the count', async () => {
  const store = await new Store().start()
  store.onInsert = (key) => {
    store.take(key)
    return { status: 503, text: 'gone' }
  }
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('a'))
  await until(() => retired.length === 1)
  expect(store.inserts).toHaveLength(1)
})

test('while the store is away nothing is lost and nothing set aside', async () => {
  const store = await new Store().start()
  const answers = store.onInsert
  let failures = 0
  store.onInsert = (key) => (failures++ < 6 ? refusal('241') : answers(key))
  const { inserter, retired, quarantined } = inserterFor(store.url)
  inserter.add(segment('a'))
  await until(() => retired.length === 1)
  expect(quarantined).toEqual([])
  expect(inserter.storeAnswers).toBe(true)
})

test('a segment that fails three times with a permanent error is set aside, and the next one continues', async () => {
  const store = await new Store().start()
  const answers = store.onInsert
  store.onInsert = (key) => (key.startsWith('bad') ? refusal('252', 'Too many partitions for single INSERT block') : answers(key))
  const { inserter, retired, quarantined } = inserterFor(store.url)
  inserter.add(segment('bad'))
  inserter.add(segment('good'))
  await until(() => retired.length === 1)
  expect([quarantined, retired, inserter.quarantined]).toEqual([['bad'], ['good'], 1])
  expect(store.inserts.filter((key) => key.startsWith('bad'))).toHaveLength(3)
})

test('too many parts pass: the segment waits', async () => {
  const store = await new Store().start()
  const answers = store.onInsert
  let failures = 0
  store.onInsert = (key) => (failures++ < 5 ? refusal('252', 'Too many parts (300)') : answers(key))
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('a'))
  await until(() => retired.length === 1)
})

test('an insert that reports success and stores nothing does not retire the segment', async () => {
  const store = await new Store().start()
  store.onInsert = () => ({ status: 200, text: '' })
  const { inserter, retired, quarantined } = inserterFor(store.url)
  inserter.add(segment('a'))
  await until(() => quarantined.length === 1)
  expect(retired).toEqual([])
})

test('a segment without intact data is skipped', async () => {
  const store = await new Store().start()
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('damaged'))
  inserter.add(segment('a'))
  await until(() => retired.length === 1)
  expect(store.inserts).toEqual(['a/otel_logs'])
})

test('stop waits for what is in hand, at most the time given', async () => {
  const { inserter, retired } = inserterFor('http://127.0.0.1:9')
  inserter.add(segment('a'))
  await inserter.stop(20)
  expect(retired).toEqual([])
})
