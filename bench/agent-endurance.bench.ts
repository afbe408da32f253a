/**
 * What the agent costs over time, and when its collector fails: resident memory after a minute with the defaults, growth of the heap over a million requests
 * whose connections come and go, and CPU, memory and errors while the collector is away, takes nothing, resets every connection or answers a byte a second.
 * `node --conditions=spyglass-source bench/agent-endurance.bench.ts [--quick]`
 */
import { createServer, type Server as TcpServer, type Socket } from 'node:net'
import { createServer as createSink } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Environment, type Server, prepare, startServer, stopServer, usageOf, type Variant } from './agent-overhead/servers.ts'
import { differences, interval, median } from './statistics.ts'
import { type Figure, printResult } from './result.ts'
import { Load } from './server-overhead/load.ts'

const QUICK = process.argv.includes('--quick')
const MINUTE_MS = QUICK ? 5000 : 60_000
const REQUESTS = QUICK ? 20_000 : 1_000_000
/** Requests before the first look at the heap: code is compiled and every table has its size. */
const WARM_UP_REQUESTS = QUICK ? 5000 : 100_000
/** A connection serves so many requests and is replaced. */
const REQUESTS_PER_CONNECTION = 500
const ROUNDS = QUICK ? 4 : 20
const ROUND_MS = QUICK ? 400 : 800

const RSS_BAR_MIB = 15
const HEAP_BAR_MIB = 1
const FAULT_RSS_BAR_MIB = 30
/** Added CPU per request where hello takes 10 µs. */
const CPU_BAR_US = 4
const REFERENCE_US = 10

const startedMs = performance.now()
const sink = createSink((request, response) => request.resume().on('end', () => response.end()))
const environment = prepare({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await listening(sink)}` })

/** Collectors that fail, by how; each gives its endpoint. */
const faults: Readonly<Record<string, TcpServer>> = {
  hanging: createServer((socket) => void socket.on('error', () => {})),
  resetting: createServer((socket) => void socket.on('error', () => {}).once('data', () => socket.resetAndDestroy())),
  trickling: createServer(trickle),
}

try {
  const figures: Record<string, Figure> = {
    ...(await memoryFigures(environment)),
    ...(await heapFigure(environment)),
    ...(await faultFigures(environment)),
  }
  printResult('agent-endurance', figures, startedMs)
} finally {
  environment.dispose()
  sink.closeAllConnections()
  sink.close()
}

/** Resident memory of a server under a light load, with the agent and without. */
async function memoryFigures(env: Environment): Promise<Record<string, Figure>> {
  const rss = async (variant: Variant): Promise<number> => {
    const server = await startServer(variant, env)
    const load = await Load.open(server.port, '/hello', 4)
    for (const endMs = performance.now() + MINUTE_MS; performance.now() < endMs; await sleep(400)) await load.run(100)
    const { rssBytes } = await usageOf(server)
    load.close()
    await stopServer(server)
    return rssBytes / 2 ** 20
  }
  const [none, ours] = await Promise.all([rss('none'), rss('spyglass')])
  process.stderr.write(`memory after a minute: none ${none.toFixed(1)} MiB, ours +${(ours - none).toFixed(1)}\n`)
  const unit = { unit: 'MiB', better: 'lower' } as const
  return { 'minute.none': { value: round(none), ...unit }, 'minute.added': { value: round(ours - none), ...unit, bar: RSS_BAR_MIB } }
}

async function heapFigure(env: Environment): Promise<Record<string, Figure>> {
  const server = await startServer('spyglass', env, { execArgv: ['--expose-gc'] })
  await requests(server, WARM_UP_REQUESTS)
  const before = await heapOf(server)
  await requests(server, REQUESTS)
  const grown = (await heapOf(server)) - before
  await stopServer(server)
  process.stderr.write(`heap after ${REQUESTS} requests: ${grown.toFixed(2)} MiB more\n`)
  return { 'heap.grown': { value: round(grown), unit: 'MiB', better: 'lower', bar: HEAP_BAR_MIB } }
}

/** What was counted waits for the next export; a second collection frees what finalizers let go. */
async function heapOf(server: Server): Promise<number> {
  await sleep(QUICK ? 1000 : 12_000)
  await usageOf(server, 'collect')
  return (await usageOf(server, 'collect')).heapBytes / 2 ** 20
}

async function requests(server: Server, total: number): Promise<void> {
  for (let sent = 0; sent < total;) {
    const load = await Load.open(server.port, '/hello')
    while (load.answered < REQUESTS_PER_CONNECTION * 16 && sent + load.answered < total) await load.run(50)
    sent += load.answered
    load.close()
  }
}

async function faultFigures(env: Environment): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  for (const [name, endpoint] of [['away', 'http://127.0.0.1:1'], ...(await faultyEndpoints())] as const) {
    Object.assign(figures, await faultFigure(name, endpoint, env))
  }
  for (const server of Object.values(faults)) server.close()
  return figures
}

async function faultyEndpoints(): Promise<(readonly [string, string])[]> {
  const open = async ([name, server]: readonly [string, TcpServer]) => [name, `http://127.0.0.1:${await listening(server)}`] as const
  return Promise.all(Object.entries(faults).map(open))
}

/** A request that is not answered ends the benchmark: `Load` waits for each. */
async function faultFigure(name: string, endpoint: string, env: Environment): Promise<Record<string, Figure>> {
  const away = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
  // The bars are for the defaults; where everything is kept, the queue is full.
  const keepsAll = { ...away, SPYGLASS_KEPT_PER_SECOND: '1000', SPYGLASS_SLOW_REQUEST_MS: '0.001' }
  const plain = await startServer('none', env)
  const ours = await startServer('spyglass', env, { env: away })
  const kept = await startServer('spyglass', env, { env: keepsAll })
  const servers = [plain, ours, kept]
  const loads = await Promise.all(servers.map(({ port }) => Load.open(port, '/hello')))
  for (const load of loads) await load.run(ROUND_MS)
  const rounds: number[][] = servers.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, server] of servers.entries()) rounds[at]?.push(await cpuPerRequest(server, loads[at] as Load))
  }
  const [none = [], added = []] = rounds
  const scale = REFERENCE_US / median(none)
  const more = interval(differences(added, none).map((us) => us * scale))
  const [base, rss, rssFull] = await Promise.all([plain, ours, kept].map(async (server) => (await usageOf(server)).rssBytes / 2 ** 20))
  for (const load of loads) load.close()
  for (const server of servers) await stopServer(server)
  process.stderr.write(
    `${name}: +${more.value} µs (${more.low} … ${more.high}), +${moreThan(base, rss)} MiB, +${moreThan(base, rssFull)} with a full queue\n`,
  )
  return {
    [`${name}.scaled`]: { ...more, unit: 'µs where hello takes 10', better: 'lower', bar: CPU_BAR_US },
    [`${name}.rss`]: { value: moreThan(base, rss), unit: 'MiB', better: 'lower', bar: FAULT_RSS_BAR_MIB },
    [`${name}.rss_full`]: { value: moreThan(base, rssFull), unit: 'MiB', better: 'lower' },
  }
}

async function cpuPerRequest(server: Server, load: Load): Promise<number> {
  const before = await usageOf(server)
  const answered = await load.run(ROUND_MS)
  await sleep(100)
  return ((await usageOf(server)).cpuUs - before.cpuUs) / answered
}

/** A byte of an answer each second. */
function trickle(socket: Socket): void {
  socket.on('error', () => {})
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
  socket.once('data', () => {
    let at = 0
    const timer = setInterval(() => (at < answer.length ? socket.write(answer.charAt(at++)) : socket.destroy()), 1000)
    socket.on('close', () => clearInterval(timer))
  })
}

const moreThan = (base = 0, value = 0): number => round(value - base)

function round(value: number): number {
  return Math.round(value * 100) / 100
}

async function listening(server: TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
