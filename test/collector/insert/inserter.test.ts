import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import type { TableName } from '@spyglass/agent/contract'
import { createLogger } from '@spyglass/process/logger'
import { Inserter } from '../../../collector/src/insert/inserter.ts'
import { createStoreClient } from '../../../collector/src/insert/store-client.ts'
import type { SealedSegment } from '../../../collector/src/wal/index.ts'
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
  url = ''
  onInsert: (key: string) => Answer = (key) => {
    this.rows.set(key, 10)
    return { status: 200, text: '' }
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const sql = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? ''
      const answer = this.#answer(sql, String(request.headers['x-spyglass-segment']))
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
    const select = /FROM spyglass\.(\w+) WHERE Batch = '([^']+)'/.exec(sql)
    return { status: 200, text: String(this.rows.get(`${select?.[2]}/${select?.[1]}`) ?? 0) }
  }
}

function segment(name: string, recovered = false, names: readonly TableName[] = ['otel_logs']): SealedSegment {
  const content = new Map(names.map((table) => [table, { length: 1, rows: 10, weight: 10, oldest: 1, newest: 2 }] as const))
  return { name, folder: `/wal/${name}`, content, time: 0, recovered, bytes: 1 }
}

function inserterFor(url: string) {
  const retired: string[] = []
  const quarantined: string[] = []
  const inserter = new Inserter({
    store: createStoreClient({ url, token: 't' }),
    source: {
      verify: async (one) => (one.name === 'damaged' ? undefined : one),
      retire: async ({ name }) => void retired.push(name),
      quarantine: async ({ name }) => `/quarantine/${name}`,
    },
    logger,
    onQuarantined: ({ name }) => quarantined.push(name),
    retryMs: 1,
  })
  inserters.push(inserter)
  return { inserter, retired, quarantined }
}

const refusal = (code: string, text = 'no'): Answer => ({ status: 500, headers: { 'x-clickhouse-exception-code': code }, text })

test('segments are stored in the order of their age, verified and retired', async () => {
  const store = await new Store().start()
  const { inserter, retired } = inserterFor(store.url)
  inserter.add(segment('a'))
  inserter.add(segment('b'))
  await until(() => retired.length === 2)
  expect(store.inserts).toEqual(['a/otel_logs', 'b/otel_logs'])
  expect([retired, inserter.inserted]).toEqual([['a', 'b'], 2])
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
    store.rows.set(key, 10)
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

test('a segment that fails three times with a lasting error is set aside, and the next goes on', async () => {
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

test('a segment of which nothing holds is left out', async () => {
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
