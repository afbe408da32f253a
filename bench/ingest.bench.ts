/**
 * Spans per CPU second from OTLP bytes over HTTP to stored and durable, rollups included, over collector and store together; in the same
 * run the usual road (protobufjs, objects, JSONEachRow into the same store), and the decoder by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { readSecrets } from '@spyglass/process/config'
import { OtlpDecoder, timeWindow } from '../collector/src/decode/index.ts'
import { Redactor } from '../collector/src/redact/index.ts'
import { freePort } from '../test/support/free-port.ts'
import { decodeOtlp } from '../test/support/otlp-proto.ts'
import { SPANS_PER_REQUEST, traceRequest } from './ingest-load.ts'
import { treeCpuSeconds } from './process-usage.ts'
import { printResult } from './result.ts'
import { SPANS_PER_STOCK_REQUEST, stockRequest } from './stock-spans.ts'

const startedMs = performance.now()
const isQuick = process.argv.includes('--quick')
const REQUESTS = isQuick ? 400 : 2000
const PLAIN_REQUESTS = isQuick ? 80 : 300
const DECODE_REQUESTS = isQuick ? 400 : 1000
const SUSTAINED_REQUESTS = isQuick ? 160 : 600
const CONNECTIONS = 4
/** Batches of the usual road: as many rows as the collector's segments have at this rate. */
const PLAIN_BATCH_REQUESTS = 20

const folder = mkdtempSync(join(tmpdir(), 'spyglass-bench-ingest-'))
const ports = { otlp: await freePort(), store: await freePort(), console: await freePort(), management: await freePort() }
writeFileSync(
  join(folder, 'spyglass.yaml'),
  JSON.stringify({
    data: join(folder, 'data'),
    collector: { otlpHttpPort: ports.otlp },
    store: { port: ports.store },
    console: { port: ports.console },
    management: { port: ports.management },
    logs: { level: 'error' },
  }),
)

function start(main: string): ChildProcess {
  const path = join(import.meta.dirname, '../collector/dist', main)
  const args = ['--disable-warning=ExperimentalWarning', path, '--config', join(folder, 'spyglass.yaml')]
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}

async function ready(port: number): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isUp) return
    await delay(50)
  }
  throw new Error(`nothing is ready on ${port}`)
}

/** Of these processes and what they started: the store's engine is a child of the store. */
const cpuSecondsOf = (children: readonly ChildProcess[]): number => children.reduce((sum, { pid }) => sum + treeCpuSeconds(pid ?? 0), 0)

async function send(body: Buffer): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${ports.otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
    })
    await response.arrayBuffer()
    if (response.ok) return
    await delay(200)
  }
}

async function ask(sql: string, body?: string): Promise<string> {
  const token = readSecrets(join(folder, 'data', 'secrets.yaml')).internal.token
  const response = await fetch(`http://127.0.0.1:${ports.store}/?query=${encodeURIComponent(sql)}`, {
    method: 'POST',
    headers: { 'x-spyglass-token': token },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text.trim()
}

/** Spans in the table and requests in the rollup; one span in eight is a request. */
async function stored(children: readonly ChildProcess[]): Promise<number> {
  if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('a process has ended')
  return Number(
    await ask('SELECT (SELECT count() FROM spyglass.otel_traces) + (SELECT sum(Requests) FROM spyglass.red_1m) FORMAT TabSeparated'),
  )
}

async function ours(children: readonly ChildProcess[]): Promise<{ perCpuSecond: number; perSecond: number }> {
  const bodies = Array.from({ length: REQUESTS }, (_, i) => traceRequest(i))
  const expected = REQUESTS * SPANS_PER_REQUEST
  const before = await stored(children)
  const cpuBefore = cpuSecondsOf(children)
  const from = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < bodies.length) await send(bodies[next++] as Buffer)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  while ((await stored(children)) < before + expected * 1.125) await delay(200)
  const seconds = (performance.now() - from) / 1000
  const cpu = cpuSecondsOf(children) - cpuBefore
  return { perCpuSecond: expected / cpu, perSecond: expected / seconds }
}

/** CPU of collector and store, in cores, while 10,000 spans come in each second. */
async function sustained(children: readonly ChildProcess[]): Promise<number> {
  const bodies = Array.from({ length: SUSTAINED_REQUESTS }, (_, i) => traceRequest(4_000_000 + i))
  const cpuBefore = cpuSecondsOf(children)
  const from = performance.now()
  const sending: Promise<void>[] = []
  for (const [i, body] of bodies.entries()) {
    const wait = from + (i * SPANS_PER_REQUEST) / 10 - performance.now()
    if (wait > 0) await delay(wait)
    sending.push(send(body))
  }
  await Promise.all(sending)
  const seconds = (performance.now() - from) / 1000
  return (cpuSecondsOf(children) - cpuBefore) / seconds
}

/** The usual way: objects, text, JSONEachRow. HTTP and the log are not counted, in its favour. */
async function plain(store: ChildProcess): Promise<number> {
  const bodies = Array.from({ length: PLAIN_REQUESTS }, (_, i) => traceRequest(1_000_000 + i))
  const storeBefore = cpuSecondsOf([store])
  const own = process.cpuUsage()
  for (let i = 0; i < bodies.length; i += PLAIN_BATCH_REQUESTS) {
    const rows = bodies.slice(i, i + PLAIN_BATCH_REQUESTS).flatMap((body) => rowsOf(body))
    await ask('INSERT INTO spyglass.otel_traces FORMAT JSONEachRow', rows.map((row) => JSON.stringify(row)).join('\n'))
  }
  const { user, system } = process.cpuUsage(own)
  return (PLAIN_REQUESTS * SPANS_PER_REQUEST) / (cpuSecondsOf([store]) - storeBefore + (user + system) / 1e6)
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, string | number>>
}
interface PlainSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId?: Buffer
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly events?: readonly { timeUnixNano: string; name: string; attributes: readonly Attribute[] }[]
  readonly status?: { code: number; message: string }
}

const rounded = (value: number): number => Math.round(value * 100) / 100

const mapOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))

function rowsOf(body: Buffer): object[] {
  const { resourceSpans } = decodeOtlp('Traces', body) as unknown as {
    resourceSpans: {
      resource: { attributes: Attribute[] }
      scopeSpans: { scope: { name: string; version: string }; spans: PlainSpan[] }[]
    }[]
  }
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const resourceMap = mapOf(resource.attributes)
    return scopeSpans.flatMap(({ scope, spans }) => spans.map((one) => plainRow(one, { resourceMap, scope })))
  })
}

function plainRow(
  one: PlainSpan,
  { resourceMap, scope }: { resourceMap: Record<string, string>; scope: { name: string; version: string } },
): object {
  return {
    Timestamp: one.startTimeUnixNano,
    TraceId: one.traceId.toString('hex'),
    SpanId: one.spanId.toString('hex'),
    ParentSpanId: one.parentSpanId?.toString('hex') ?? '',
    SpanName: one.name,
    SpanKind: one.kind === 2 ? 'Server' : 'Internal',
    ServiceName: resourceMap['service.name'],
    ResourceAttributes: resourceMap,
    ScopeName: scope.name,
    ScopeVersion: scope.version,
    SpanAttributes: mapOf(one.attributes),
    Duration: String(BigInt(one.endTimeUnixNano) - BigInt(one.startTimeUnixNano)),
    StatusCode: one.status ? 'Error' : 'Unset',
    StatusMessage: one.status?.message ?? '',
    'Events.Timestamp': one.events?.map(({ timeUnixNano }) => timeUnixNano) ?? [],
    'Events.Name': one.events?.map(({ name }) => name) ?? [],
    'Events.Attributes': one.events?.map(({ attributes }) => mapOf(attributes)) ?? [],
  }
}

/** The decoder and the writer of blocks; `except` names services that are not redacted. */
function decoderOf(except: readonly string[]): (body: Buffer) => void {
  const decoder = new OtlpDecoder(new Redactor({ except }))
  const options = { signal: 'traces', isJson: false, window: timeWindow(Date.now(), 7) } as const
  return (body) => {
    for (const block of decoder.decode(body, options).blocks) block.encode('bench')
  }
}

/** Spans per CPU second of a decoder by itself. */
function decodeOnly(decode: (body: Buffer) => void): number {
  const bodies = Array.from({ length: 50 }, (_, i) => traceRequest(2_000_000 + i))
  const round = (count: number): void => {
    for (let i = 0; i < count; i++) decode(bodies[i % bodies.length] as Buffer)
  }
  round(100)
  const before = process.cpuUsage()
  round(DECODE_REQUESTS)
  const { user, system } = process.cpuUsage(before)
  return (DECODE_REQUESTS * SPANS_PER_REQUEST) / ((user + system) / 1e6)
}

/** Slices of both alternate, so that a change of the machine's speed meets both; of each the tenth percentile counts. */
const SLICES = isQuick ? 30 : 80
const REQUESTS_PER_SLICE = 10
const WARM_SLICES = 10

interface DecodingCost {
  /** Spans per CPU second. */
  readonly decoded: number
  readonly redacted: number
  /** CPU with redaction, by CPU without. */
  readonly ratio: number
}

/** The decoder by itself without redaction and with it, in one run. */
function redactionCost(make: (seed: number) => Buffer, spansPerRequest: number): DecodingCost {
  const bodies = Array.from({ length: 50 }, (_, i) => make(2_000_000 + i))
  const [without, having] = [
    { decode: decoderOf(['shop']), seconds: [] as number[] },
    { decode: decoderOf([]), seconds: [] as number[] },
  ]
  for (let slice = 0; slice < SLICES; slice++) {
    for (const { decode, seconds } of [without, having]) {
      const before = process.cpuUsage()
      for (let i = 0; i < REQUESTS_PER_SLICE; i++) decode(bodies[(slice * REQUESTS_PER_SLICE + i) % bodies.length] as Buffer)
      const { user, system } = process.cpuUsage(before)
      if (slice >= WARM_SLICES) seconds.push((user + system) / 1e6)
    }
  }
  const perSecond = ({ seconds }: { readonly seconds: readonly number[] }): number =>
    (REQUESTS_PER_SLICE * spansPerRequest) / (seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 10)] as number)
  const [decoded, redacted] = [perSecond(without), perSecond(having)]
  return { decoded, redacted, ratio: decoded / redacted }
}

const store = start('store-main.js')
await ready(ports.store)
const collector = start('collector-main.js')
await ready(ports.otlp)
try {
  for (let i = 0; i < 40; i++) await send(traceRequest(3_000_000 + i))
  await delay(2500)
  const { perCpuSecond, perSecond } = await ours([collector, store])
  const cores = await sustained([collector, store])
  const usual = await plain(store)
  const plainSpans = redactionCost(traceRequest, SPANS_PER_REQUEST)
  const stockSpans = redactionCost(stockRequest, SPANS_PER_STOCK_REQUEST)
  const usualDecoded = decodeOnly((body) => JSON.stringify(rowsOf(body)))
  printResult(
    'ingest',
    {
      spansPerCpuSecond: { value: Math.round(perCpuSecond), unit: 'spans/s', better: 'higher', bar: 60_000 },
      spansPerSecond: { value: Math.round(perSecond), unit: 'spans/s', better: 'higher' },
      plainRoadPerCpuSecond: { value: Math.round(usual), unit: 'spans/s', better: 'higher' },
      timesThePlainRoad: { value: rounded(perCpuSecond / usual), unit: '×', better: 'higher', isRatio: true, bar: 2 },
      coresAtTenThousandPerSecond: { value: Math.round(cores * 1000) / 1000, unit: 'cores', better: 'lower', bar: 0.4 },
      decodedPerCpuSecond: { value: Math.round(plainSpans.decoded), unit: 'spans/s', better: 'higher' },
      redactedAndDecodedPerCpuSecond: { value: Math.round(plainSpans.redacted), unit: 'spans/s', better: 'higher' },
      timesPlainDecoding: { value: rounded(plainSpans.decoded / usualDecoded), unit: '×', better: 'higher', isRatio: true },
      redactionCost: { value: rounded(plainSpans.ratio), unit: '×', better: 'lower', isRatio: true },
      redactionCostOfStockSpans: { value: rounded(stockSpans.ratio), unit: '×', better: 'lower', isRatio: true },
    },
    startedMs,
  )
} finally {
  for (const child of [collector, store]) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
}
