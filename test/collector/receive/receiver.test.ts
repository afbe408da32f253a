import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { afterEach, expect, test } from 'vitest'
import { SpyglassError } from '@spyglass/agent/contract'
import { createAuthenticator, createGuessDelay, newToken, nobody, type Token, withToken } from '@spyglass/process/access'
import type { OriginatedEvent } from '../../../collector/src/decode/index.ts'
import { type Receiver, type ReceiverOptions, startReceiver } from '../../../collector/src/receive/index.ts'
import { readNative } from '../../support/native.ts'
import { decodeOtlp, encodeOtlp } from '../../support/otlp-proto.ts'
import { createLogger } from '@spyglass/process/logger'
import { testPort } from '../../support/own-port.ts'
import { until } from '../../support/until.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const TOKEN = 't'.repeat(43)
const running: Receiver[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((receiver) => receiver.stop()))
})

interface Taken {
  readonly receiver: Receiver
  readonly rows: Record<string, Record<string, unknown>[]>
  readonly events: OriginatedEvent[]
}

/** Knows the token of secrets.yaml, and a token that may only read. */
const reading = newToken()
const readingToken: Token = { ...reading, name: 'reading', role: 'viewer', created: 0, createdBy: 'admin' }
function known(guesses = createGuessDelay()) {
  const own = [{ actor: 'otlp', role: 'operator', token: TOKEN }] as const
  return createAuthenticator({ own, identities: () => withToken(nobody, readingToken), guesses })
}

const ADMISSION = { authenticator: known(), isTokenRequired: false, instanceToken: 'of-instances' }

async function start(options: Partial<ReceiverOptions> = {}): Promise<Taken> {
  const rows: Record<string, Record<string, unknown>[]> = {}
  const events: OriginatedEvent[] = []
  const receiver = await startReceiver({
    port: testPort('collector'),
    logger: createLogger({ process: 'test', level: 'silent' }),
    maxBodyBytes: 100_000,
    retentionDays: { traces: 7, metrics: 7, logs: 7 },
    admission: ADMISSION,
    async append({ blocks }) {
      for (const block of blocks) (rows[block.table] ??= []).push(...readNative(block.encode('b')))
      return 'stored'
    },
    onEvents: (found) => events.push(...found),
    unready: () => [],
    ...options,
  })
  running.push(receiver)
  return { receiver, rows, events }
}

async function post({ receiver }: Taken, body: Uint8Array | string, headers: Record<string, string> = {}, path = '/v1/traces') {
  const response = await fetch(`http://127.0.0.1:${receiver.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': PROTOBUF, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, type: response.headers.get('content-type'), retryAfter: response.headers.get('retry-after'), bytes }
}

const nanos = (): string => String(BigInt(Date.now()) * 1_000_000n)
const traces = (...times: string[]): Buffer =>
  encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: times.map((time) => ({ name: 'a', startTimeUnixNano: time })) }] }] })

test('protobuf is stored and answered in protobuf, an empty message for full success', async () => {
  const taken = await start()
  expect(await post(taken, traces(nanos()))).toMatchObject({ status: 200, type: PROTOBUF, bytes: Buffer.alloc(0) })
  expect(taken.rows['otel_traces']).toHaveLength(1)
  expect(taken.receiver.counters).toMatchObject({ requests: 1, items: { traces: 1 } })
})

test('JSON is stored and answered in JSON', async () => {
  const taken = await start()
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a', startTimeUnixNano: nanos() }] }] }] })
  const answer = await post(taken, body, { 'content-type': 'application/json; charset=utf-8' })
  expect(answer).toMatchObject({ status: 200, bytes: Buffer.from('{}') })
  expect(answer.type).toContain(JSON_TYPE)
  expect(taken.rows['otel_traces']).toHaveLength(1)
})

test('gzip, deflate and zstd are taken, other encodings refused with 415', async () => {
  const taken = await start()
  const body = traces(nanos())
  expect((await post(taken, gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(200)
  expect((await post(taken, deflateSync(body), { 'content-encoding': 'deflate' })).status).toBe(200)
  expect((await post(taken, zstdCompressSync(body), { 'content-encoding': 'zstd' })).status).toBe(200)
  expect((await post(taken, body, { 'content-encoding': 'br' })).status).toBe(415)
  expect(taken.rows['otel_traces']).toHaveLength(3)
})

test('the answer names the items that were rejected', async () => {
  const taken = await start()
  const answer = await post(taken, traces(nanos(), '5', '6'))
  expect(answer.status).toBe(200)
  expect(decodeOtlp('ExportResponse', answer.bytes)).toMatchObject({ partialSuccess: { rejected: '2' } })
  const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: '5' }] }] }] })
  const inJson = JSON.parse((await post(taken, json, { 'content-type': JSON_TYPE })).bytes.toString()) as object
  expect(inJson).toMatchObject({ partialSuccess: { rejectedSpans: '1' } })
})

test('errors are concluded from what a sender with a token counts, that of instances as well, and from no stranger', async () => {
  const errors: string[] = []
  const taken = await start({ onErrors: (found) => errors.push(...found.map(({ fingerprint }) => fingerprint)) })
  const counted = (fingerprint: string): Buffer =>
    encodeOtlp('Metrics', {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: 'spyglass.aggregates', value: { boolValue: true } }] },
          scopeMetrics: [{ metrics: [errorMetric(fingerprint)] }],
        },
      ],
    })
  expect((await post(taken, counted('strange'), {}, '/v1/metrics')).status).toBe(200)
  expect((await post(taken, counted('own'), { authorization: 'Bearer of-instances' }, '/v1/metrics')).status).toBe(200)
  expect((await post(taken, counted('known'), { authorization: `Bearer ${TOKEN}` }, '/v1/metrics')).status).toBe(200)
  expect(errors).toEqual(['own', 'known'])
  expect(taken.rows['errors_1m']?.map(({ Fingerprint: name, Errors: count }) => [name, count])).toEqual([
    ['strange', 2],
    ['own', 2],
    ['known', 2],
  ])
})

function errorMetric(fingerprint: string): object {
  const attributes = [{ key: 'spyglass.error.fingerprint', value: { stringValue: fingerprint } }]
  const point = { timeUnixNano: nanos(), count: '2', sum: 1, scale: 4, attributes, positive: { offset: 0, bucketCounts: ['2'] } }
  return { name: 'spyglass.error.duration', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point] } }
}

test('requests in several chunks at a time are each stored as they were sent', async () => {
  const taken = await start({ maxBodyBytes: 1_000_000 })
  const names = Array.from({ length: 8 }, (_, i) => `span ${i}`)
  const bodies = names.map((name, i) =>
    encodeOtlp('Traces', {
      resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: 4000 + i * 500 }, () => ({ name, startTimeUnixNano: nanos() })) }] }],
    }),
  )
  const answers = await Promise.all(bodies.map(async (body) => await post(taken, body)))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  for (const [i, name] of names.entries()) {
    expect(taken.rows['otel_traces']?.filter((row) => row['SpanName'] === name).length, name).toBe(4000 + i * 500)
  }
})

test('an empty request is a success on every path', async () => {
  const taken = await start()
  for (const path of ['/v1/traces', '/v1/metrics', '/v1/logs']) expect((await post(taken, '', {}, path)).status).toBe(200)
})

test('garbage is answered 400 with a Status in the request’s type', async () => {
  const taken = await start()
  const answer = await post(taken, Buffer.from([10, 255]))
  expect(answer).toMatchObject({ status: 400, type: PROTOBUF })
  expect(decodeOtlp('RpcStatus', answer.bytes)).toMatchObject({ code: 3 })
  const inJson = await post(taken, '{', { 'content-type': JSON_TYPE })
  expect(inJson.status).toBe(400)
  expect(JSON.parse(inJson.bytes.toString())).toMatchObject({ code: 3 })
  expect((await post(taken, 'no gzip', { 'content-encoding': 'gzip' })).status).toBe(400)
  expect(taken.receiver.counters.invalid).toBe(3)
})

test('a body too large, also after decompression, is answered 413 with advice', async () => {
  const taken = await start()
  for (const [body, headers] of [
    [Buffer.alloc(100_001), {}],
    [gzipSync(Buffer.alloc(10_000_000)), { 'content-encoding': 'gzip' }],
  ] as const) {
    const answer = await post(taken, body, { ...headers })
    expect(answer.status).toBe(413)
    expect(String(decodeOtlp('RpcStatus', answer.bytes)['message'])).toContain('smaller batches')
  }
})

/** 25 MB, as a body of known length and as one in chunks. */
const BIG = new Uint8Array(25_000_000)

test('fetch reads the 413 to a body that it is still sending', async () => {
  const { receiver } = await start()
  const url = `http://127.0.0.1:${receiver.port}/v1/traces`
  const headers = { 'content-type': PROTOBUF }
  const chunks = new ReadableStream({
    start(controller) {
      for (let at = 0; at < BIG.length; at += 100_000) controller.enqueue(BIG.subarray(at, at + 100_000))
      controller.close()
    },
  })
  for (const body of [BIG, chunks]) {
    const answer = await fetch(url, { method: 'POST', headers, body, duplex: 'half' })
    expect(answer.status).toBe(413)
    expect(decodeOtlp('RpcStatus', Buffer.from(await answer.arrayBuffer()))['message']).toContain('smaller batches')
  }
  for (const wrong of [{ 'content-type': 'text/plain' }, { 'content-type': PROTOBUF, 'content-encoding': 'br' }]) {
    expect((await fetch(url, { method: 'POST', headers: wrong, body: BIG })).status).toBe(415)
  }
  expect((await fetch(`${url}s`, { method: 'POST', headers, body: BIG })).status).toBe(404)
  expect((await fetch(url, { method: 'PUT', headers, body: BIG })).status).toBe(405)
})

test('a client that goes away midway is counted, and the next one is served', async () => {
  const taken = await start()
  const socket = connect(taken.receiver.port, '127.0.0.1')
  socket.write('POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 50\r\n\r\nabc')
  await once(socket, 'connect')
  socket.end()
  await until(() => taken.receiver.counters.invalid === 1)
  expect((await post(taken, traces(nanos()))).status).toBe(200)
})

test.each([
  [{ 'content-type': 'Application/JSON; charset=UTF-8', 'content-encoding': 'GZIP' }, '/v1/traces', true],
  [{ 'content-type': 'APPLICATION/X-PROTOBUF', 'content-encoding': 'X-Gzip' }, '/v1/traces/', false],
  [{ 'content-type': 'application/x-protobuf', 'content-encoding': 'identity, gzip' }, '//v1/traces', false],
])('%j at %s is understood', async (headers, path, isJson) => {
  const taken = await start()
  const spans = [{ name: 'a', startTimeUnixNano: nanos() }]
  const body = isJson ? Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })) : traces(nanos())
  expect((await post(taken, gzipSync(body), headers, path)).status).toBe(200)
  expect(taken.rows['otel_traces']).toHaveLength(1)
})

test('one bad span costs itself: the others are stored, the answer says why, in protobuf and in JSON', async () => {
  const taken = await start()
  const good = { name: 'good', startTimeUnixNano: nanos() }
  const proto = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [good, { ...good, traceId: Buffer.of(1) }, good] }] }] })
  const answer = decodeOtlp('ExportResponse', (await post(taken, proto)).bytes)
  expect(answer).toMatchObject({
    partialSuccess: { rejected: '1', errorMessage: expect.stringContaining('a trace id of 1 bytes') as string },
  })
  const spans = [good, { ...good, kind: 'SPAN_KIND_SERVER' }, { ...good, traceId: 'xyz' }]
  const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  expect(JSON.parse((await post(taken, json, { 'content-type': JSON_TYPE })).bytes.toString())).toMatchObject({
    partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('spans[2].traceId') as string },
  })
  expect(taken.rows['otel_traces']).toHaveLength(4)
  expect(taken.receiver.counters).toMatchObject({ items: { traces: 4 }, rejectedItems: 2 })
})

test('a span without a time is stored with that of its receipt, and the answer says so', async () => {
  const now = Date.now()
  const taken = await start({ now: () => now })
  const body = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }] })
  const { partialSuccess } = decodeOtlp('ExportResponse', (await post(taken, body)).bytes)
  expect(partialSuccess).toEqual({ errorMessage: 'Stored with changes: 1 × spans without a time were given the time of receipt' })
  expect(taken.rows['otel_traces']).toMatchObject([{ Timestamp: BigInt(now) * 1_000_000n }])
})

test('another content type is answered 415', async () => {
  const taken = await start()
  expect((await post(taken, 'x', { 'content-type': 'text/plain' })).status).toBe(415)
})

test('a full log is answered 503, a busy one 429, both with Retry-After', async () => {
  for (const [code, status] of [
    ['SPY_WAL_FULL', 503],
    ['SPY_WAL_WRITE', 503],
    ['SPY_WAL_BUSY', 429],
  ] as const) {
    const taken = await start({ append: async () => await Promise.reject(new SpyglassError(code, 'full')) })
    const answer = await post(taken, traces(nanos()))
    expect([answer.status, answer.retryAfter]).toEqual([status, '2'])
    expect(taken.receiver.counters.refused).toBe(1)
  }
})

test('/health is up, /ready says why not', async () => {
  const { receiver } = await start({ unready: () => ['the log is full'] })
  expect((await fetch(`http://127.0.0.1:${receiver.port}/health`)).status).toBe(200)
  const ready = await fetch(`http://127.0.0.1:${receiver.port}/ready`)
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ['the log is full'] }])
})

test('a taken port is reported with its number', async () => {
  const { receiver } = await start()
  await expect(start({ port: testPort('collector', { addresses: [{ host: '127.0.0.1', port: receiver.port }] }) })).rejects.toMatchObject({
    code: 'SPY_PORT_TAKEN',
    message: expect.stringContaining(String(receiver.port)) as string,
  })
})

const eventBody = (): Buffer => {
  const attributes = [{ key: 'spyglass.incident.id', value: { stringValue: 'forged' } }]
  const logRecords = [{ timeUnixNano: nanos(), eventName: 'spyglass.instance.down', attributes }]
  return encodeOtlp('Logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
}

test('events of a known sender are handed on once they are stored', async () => {
  const taken = await start()
  expect((await post(taken, eventBody(), { authorization: `Bearer ${TOKEN}` }, '/v1/logs')).status).toBe(200)
  expect(taken.events.map(({ event }) => event.name)).toEqual(['spyglass.instance.down'])
  expect(taken.rows['events']).toHaveLength(1)
})

test('events of anyone else are plain log records: no event, no page, no incident', async () => {
  const taken = await start()
  expect((await post(taken, eventBody(), {}, '/v1/logs')).status).toBe(200)
  expect(taken.events).toEqual([])
  expect(taken.rows['events']).toBeUndefined()
  expect(taken.rows['otel_logs']).toMatchObject([{ EventName: 'spyglass.instance.down' }])
})

const RESOURCE = {
  attributes: [
    { key: 'service.name', value: { stringValue: 'management' } },
    { key: 'service.namespace', value: { stringValue: 'spyglass' } },
  ],
}
const CLAIMS = [
  { key: 'event.name', value: { stringValue: 'spyglass.pool.exhausted' } },
  { key: 'spyglass.incident.id', value: { stringValue: 'forged' } },
  { key: 'spyglass.event.phase', value: { stringValue: 'raise' } },
  { key: 'spyglass.event.resource', value: { stringValue: 'spyglass:type=Datasource,instance="shop-1",name="db"' } },
]

/** The name of an event wherever a sender can put it. */
const forgeries = (): readonly (readonly [what: string, path: string, type: 'Traces' | 'Logs' | 'Metrics', message: object])[] => {
  const [name, timeUnixNano] = ['spyglass.pool.exhausted', nanos()]
  const span = {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 2),
    name,
    startTimeUnixNano: timeUnixNano,
    attributes: CLAIMS,
    events: [{ name, timeUnixNano, attributes: CLAIMS }],
  }
  const record = { timeUnixNano, body: { stringValue: name }, attributes: CLAIMS }
  const point = { timeUnixNano, asDouble: 1, attributes: CLAIMS }
  const logs = (logRecord: object): object => ({
    resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ scope: { name }, logRecords: [logRecord] }] }],
  })
  return [
    ['a log record', '/v1/logs', 'Logs', logs({ ...record, eventName: name })],
    ['an attribute of a log record', '/v1/logs', 'Logs', logs(record)],
    [
      'a span and its event',
      '/v1/traces',
      'Traces',
      { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: { name }, spans: [span] }] }] },
    ],
    [
      'a metric',
      '/v1/metrics',
      'Metrics',
      {
        resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ scope: { name }, metrics: [{ name, gauge: { dataPoints: [point] } }] }] }],
      },
    ],
  ]
}

test.each(['protobuf', 'JSON', 'gzip', 'the spool'])(
  'an event that an unknown sender forges in %s is none, in whatever signal it is',
  async (how) => {
    const taken = await start()
    for (const [what, path, type, message] of forgeries()) {
      const body = encodeOtlp(type, message)
      const signal = path.slice('/v1/'.length) as 'traces' | 'logs' | 'metrics'
      if (how === 'the spool') await taken.receiver.accept(signal, body)
      else {
        const sent = how === 'JSON' ? JSON.stringify(jsonOf(message)) : how === 'gzip' ? gzipSync(body) : body
        const headers = how === 'JSON' ? { 'content-type': JSON_TYPE } : how === 'gzip' ? { 'content-encoding': 'gzip' } : {}
        expect([what, (await post(taken, sent, headers, path)).status]).toEqual([what, 200])
      }
    }
    expect(taken.events).toEqual([])
    expect(taken.rows['events']).toBeUndefined()
    expect(Object.entries(taken.rows).map(([table, rows]) => [table, rows.length])).toEqual(
      expect.arrayContaining([
        ['otel_logs', 2],
        ['otel_traces', 1],
        ['otel_metrics_gauge', 1],
      ]),
    )
  },
)

/** Identifiers are hexadecimal in OTLP's JSON. */
const jsonOf = (message: object): unknown =>
  JSON.parse(JSON.stringify(message, (_key, value: unknown) => (isBytes(value) ? Buffer.from(value.data).toString('hex') : value)))
const isBytes = (value: unknown): value is { readonly data: number[] } =>
  typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer'

test('a wrong token is refused, whatever it claims to be; the right one passes at once while wrong ones are held back', async () => {
  const held: (() => void)[] = []
  const guesses = createGuessDelay({ wait: () => new Promise((resolve) => held.push(resolve)) })
  const taken = await start({ admission: { ...ADMISSION, authenticator: known(guesses) } })
  const send = async (authorization: string) => await post(taken, eventBody(), { authorization }, '/v1/logs')
  for (const wrong of [`Bearer ${TOKEN}x`, `Basic ${TOKEN}`, 'Bearer', `Bearer ${reading.text}`])
    expect((await send(wrong)).status).toBe(401)
  const waiting = Array.from({ length: 8 }, () => send('Bearer wrong'))
  await until(() => held.length === 8)
  const limited = await send('Bearer wrong')
  expect([limited.status, Number(limited.retryAfter)]).toEqual([429, expect.any(Number)])
  expect((await send(`Bearer ${TOKEN}`)).status).toBe(200)
  held.forEach((release) => release())
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 401))
  expect(taken.events).toHaveLength(1)
})

test('where a token is required, nothing is taken without one; that of the instances makes no events known', async () => {
  const taken = await start({ admission: { ...ADMISSION, isTokenRequired: true } })
  const send = async (headers: Record<string, string>) => (await post(taken, eventBody(), headers, '/v1/logs')).status
  expect(await send({})).toBe(401)
  expect(await send({ authorization: 'Bearer of-instances' })).toBe(200)
  expect(taken.events).toEqual([])
  expect(await send({ authorization: `Bearer ${TOKEN}` })).toBe(200)
  expect(taken.events).toHaveLength(1)
})

/** fetch does not let a program choose Host; node:http does. */
async function raw({ receiver }: Taken, method: string, headers: Record<string, string>, path = '/v1/traces') {
  const body = traces(nanos())
  const asked = request({ port: receiver.port, host: '127.0.0.1', path, method, headers: { 'content-type': PROTOBUF, ...headers } })
  asked.end(method === 'POST' ? body : undefined)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  return response
}

test('pages of other sites, and names that are not ours, are refused', async () => {
  const taken = await start({ port: testPort('collector', { hostNames: ['otlp.corp'] }) })
  const { port } = taken.receiver
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { host: 'evil.example' },
    { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ]) {
    expect((await raw(taken, 'POST', headers)).statusCode, JSON.stringify(headers)).toBe(403)
    expect((await raw(taken, 'OPTIONS', headers)).headers['access-control-allow-origin']).toBeUndefined()
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'app.localhost', 'OTLP.corp', 'otlp.corp.:4318']) {
    expect((await raw(taken, 'POST', { host })).statusCode, host).toBe(200)
  }
  expect((await raw(taken, 'GET', { host: 'balancer.example' }, '/health')).statusCode).toBe(200)
})

test('pages of a configured origin may send, after asking as browsers do', async () => {
  const origin = 'https://shop.example'
  const taken = await start({ port: testPort('collector', { origins: [origin] }) })
  const wanted = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-own' }
  const asked = await raw(taken, 'OPTIONS', { origin, ...wanted })
  expect([asked.statusCode, asked.headers]).toMatchObject([
    204,
    {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-own',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    },
  ])
  const sent = await raw(taken, 'POST', { origin, 'sec-fetch-site': 'cross-site' })
  expect([sent.statusCode, sent.headers['access-control-allow-origin']]).toEqual([200, origin])
  expect((await raw(taken, 'POST', { origin: 'https://shop.example.evil' })).statusCode).toBe(403)
})

test('the stock OpenTelemetry exporter is understood', async () => {
  const taken = await start()
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${taken.receiver.port}/v1/traces` })
  const seconds = Math.floor(Date.now() / 1000)
  const span = {
    name: 'stock',
    kind: 1,
    spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }),
    startTime: [seconds, 0],
    endTime: [seconds, 5_000_000],
    status: { code: 2, message: 'bad' },
    attributes: { n: 5, list: ['a', 'b'] },
    links: [],
    events: [{ name: 'happened', time: [seconds, 1], attributes: {} }],
    resource: { attributes: { 'service.name': 'shop' } },
    instrumentationScope: { name: 'lib', version: '1.2' },
  } as unknown as Parameters<OTLPTraceExporter['export']>[0][number]
  const { code } = await new Promise<{ code: number }>((resolve) => exporter.export([span], resolve))
  await exporter.shutdown()
  expect(code).toBe(0)
  expect(taken.rows['otel_traces']).toMatchObject([
    {
      SpanName: 'stock',
      SpanKind: 'Server',
      ServiceName: 'shop',
      ScopeName: 'lib',
      ScopeVersion: '1.2',
      SpanAttributes: { n: '5', list: '["a","b"]' },
      'Events.Name': ['happened'],
      Duration: 5_000_000,
      StatusCode: 'Error',
      TraceId: '0af7651916cd43dd8448eb211c80319c',
    },
  ])
})
