/**
 * What the agent costs: CPU per request of a server without it, with it and with the stock OpenTelemetry SDK at 100 %, in interleaved
 * rounds of one run, and start-up time and memory. `node --conditions=spyglass-source bench/agent-overhead.bench.ts [--quick]`
 *
 * CPU is the whole process's, garbage collection and helper threads included. The bars hold for the upper end of the 95 % interval of
 * the paired differences.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'vitest'
import { startMariaDb } from '../test/support/mariadb.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { startRedis } from '../test/support/redis.ts'
import type { TestServer } from '../test/support/server-process.ts'
import {
  type Environment,
  type Framework,
  type Server,
  VARIANTS,
  type Variant,
  prepare,
  startServer,
  stopServer,
  usageOf,
} from './agent-overhead/servers.ts'
import { type Interval, differences, interval, median } from './statistics.ts'
import { type Figure, printResult } from './result.ts'
import { Load } from './server-overhead/load.ts'

/** Routes named on the command line are measured alone. */
const ONLY = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const QUICK = process.argv.includes('--quick')
const ROUNDS = QUICK ? 5 : 20
const ROUND_MS = QUICK ? 400 : 800
const WARM_UP_MS = QUICK ? 700 : 2000
const SETTLE_MS = 250
const STARTS = QUICK ? 5 : 15

interface RouteDeclaration {
  /** Added CPU in microseconds per request, on a machine where plain Fastify takes 10 µs for hello. */
  readonly bar: number
  readonly framework?: Framework
  readonly path?: string
  /** The stock SDK instruments it, so that the two can be compared. */
  readonly hasStock?: true
  /** The bar is for what it adds to what hello adds. */
  readonly isMoreThanHello?: true
}

const ROUTES = {
  hello: { bar: 4, hasStock: true },
  db: { bar: 15, hasStock: true },
  mysql: { bar: 15 },
  redis: { bar: 3, isMoreThanHello: true },
  fetch: { bar: 25, hasStock: true },
  http: { bar: 25, hasStock: true },
  express: { bar: 6, framework: 'express', path: 'hello' },
  koa: { bar: 6, framework: 'koa', path: 'hello' },
} as const satisfies Record<string, RouteDeclaration>

/** The bars are for a machine on which this is what plain Fastify takes. */
const REFERENCE_US = 10
/** Part of the stock SDK's cost. */
const SHARE_BAR = 0.25
const START_BAR_MS = 30
const RSS_BAR_MIB = 15

type Route = keyof typeof ROUTES
type Rounds = Record<Variant, number[]>

const startedMs = performance.now()
const exported = { bytes: 0 }
const sink = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => (exported.bytes += chunk.length)).on('end', () => response.end())
})
const upstream = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('{"a":1}'))
const postgres = await ifThere(startPostgres)
const mariadb = await ifThere(startMariaDb)
const redis = await ifThere(startRedis)
const environment = prepare({
  UPSTREAM: `http://127.0.0.1:${await listening(upstream)}/`,
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await listening(sink)}`,
  ...(postgres ? { PGPORT: String(postgres.port) } : {}),
  ...(mariadb ? { BENCH_MYSQL: JSON.stringify({ ...mariadb, stop: undefined }) } : {}),
  ...(redis ? { BENCH_REDIS: String(redis.port) } : {}),
})

try {
  await measure(environment)
} finally {
  environment.dispose()
  for (const server of [sink, upstream]) {
    server.closeAllConnections()
    server.close()
  }
  for (const server of [postgres, mariadb, redis]) await server?.stop()
}

async function measure(env: Environment): Promise<void> {
  const figures: Record<string, Figure> = {}
  const missing = new Set<string>([...(postgres ? [] : ['db']), ...(mariadb ? [] : ['mysql']), ...(redis ? [] : ['redis'])])
  const routes = (Object.keys(ROUTES) as Route[]).filter(
    (route) => !missing.has(route) && (ONLY.length === 0 || route === 'hello' || ONLY.includes(route)),
  )
  process.stderr.write('route   variant   CPU µs/request (median)   added µs (95 % interval)\n')
  const loaded = newRounds()
  const hello = await roundsOf('hello', env, loaded)
  for (const route of routes) {
    const rounds = route === 'hello' ? hello : await roundsOf(route, env, loaded)
    Object.assign(figures, figuresOf(route, rounds, hello))
  }
  Object.assign(figures, await startFigures(env), rssFigures(loaded))
  if (exported.bytes === 0) throw new TypeError('nothing was exported: the comparison would be void')
  printResult('agent-overhead', figures, startedMs)
}

function newRounds(): Rounds {
  return { none: [], spyglass: [], otel: [] }
}

async function roundsOf(route: Route, env: Environment, loaded: Rounds): Promise<Rounds> {
  const { framework = 'fastify', path = route, hasStock }: RouteDeclaration = ROUTES[route]
  const variants = VARIANTS.filter((variant) => hasStock || variant !== 'otel')
  const servers = new Map<Variant, { server: Server; load: Load }>()
  for (const variant of variants) {
    const server = await startServer(variant, env, { framework })
    servers.set(variant, { server, load: await Load.open(server.port, `/${path}`) })
  }
  for (const { load } of servers.values()) await load.run(WARM_UP_MS)
  const rounds = newRounds()
  for (let round = 0; round < ROUNDS; round++) {
    // Each round begins with another variant, so that none always comes after the same one.
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(round + turn) % variants.length] as Variant
      const side = servers.get(variant)
      if (side) rounds[variant].push(await cpuPerRequest(side))
    }
  }
  for (const [variant, { server, load }] of servers) {
    if (hasStock) loaded[variant].push((await usageOf(server)).rssBytes)
    load.close()
    await stopServer(server)
  }
  return rounds
}

async function cpuPerRequest({ server, load }: { server: Server; load: Load }): Promise<number> {
  const before = await usageOf(server)
  const requests = await load.run(ROUND_MS)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return ((await usageOf(server)).cpuUs - before.cpuUs) / requests
}

function figuresOf(route: Route, rounds: Rounds, hello: Rounds): Record<string, Figure> {
  const { bar, hasStock, isMoreThanHello }: RouteDeclaration = ROUTES[route]
  const ours = interval(differences(rounds.spyglass, rounds.none))
  const stock = hasStock ? interval(differences(rounds.otel, rounds.none)) : undefined
  report(route, rounds, { none: undefined, spyglass: ours, otel: stock })
  const part = isMoreThanHello ? differences(differences(rounds.spyglass, rounds.none), differences(hello.spyglass, hello.none)) : undefined
  const scale = REFERENCE_US / median(hello.none)
  const added = { unit: 'µs CPU/request', better: 'lower' } as const
  return {
    [`${route}.none`]: { ...interval(rounds.none), ...added },
    [`${route}.added`]: { ...ours, ...added },
    [`${route}.scaled`]: { ...scaled(part ? interval(part) : ours, scale), unit: 'µs where hello takes 10', better: 'lower', bar },
    ...(stock ? { [`${route}.stock`]: { ...stock, ...added }, [`${route}.share`]: shareOf(ours, stock) } : {}),
  }
}

function shareOf(ours: Interval, stock: Interval): Figure {
  const share = { value: ratio(ours.value, stock.value), low: ratio(ours.low, stock.high), high: ratio(ours.high, stock.low) }
  return { ...share, unit: 'of the stock SDK', better: 'lower', isRatio: true, bar: SHARE_BAR }
}

function scaled({ value, low, high }: Interval, scale: number): Interval {
  const times = (figure: number): number => Math.round(figure * scale * 100) / 100
  return { value: times(value), low: times(low), high: times(high) }
}

function ratio(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 1000
}

function report(route: Route, rounds: Rounds, added: Record<Variant, Interval | undefined>): void {
  for (const variant of VARIANTS) {
    if (rounds[variant].length === 0) continue
    const more = added[variant]
    const text = more ? `${more.value} (${more.low} … ${more.high})` : ''
    process.stderr.write(`${route.padEnd(8)}${variant.padEnd(10)}${median(rounds[variant]).toFixed(1).padEnd(26)}${text}\n`)
  }
}

async function startFigures(env: Environment): Promise<Record<string, Figure>> {
  const times = newRounds()
  for (let start = 0; start < STARTS; start++) {
    for (const variant of VARIANTS) {
      const server = await startServer(variant, env)
      times[variant].push(server.startMs)
      await stopServer(server)
    }
  }
  const ours = differences(times.spyglass, times.none)
  const stock = differences(times.otel, times.none)
  process.stderr.write(
    `start   none ${median(times.none).toFixed(0)} ms, ours +${median(ours).toFixed(0)}, stock +${median(stock).toFixed(0)}\n`,
  )
  const unit = { unit: 'ms', better: 'lower' } as const
  return {
    'start.none': { value: Math.round(median(times.none)), ...unit },
    'start.added': { ...interval(ours), value: Math.round(median(ours)), ...unit, bar: START_BAR_MS },
    'start.stock': { value: Math.round(median(stock)), ...unit },
  }
}

function rssFigures(loaded: Rounds): Record<string, Figure> {
  const mib = (bytes: number): number => Math.round(bytes / 2 ** 20)
  const unit = { unit: 'MiB', better: 'lower' } as const
  const ours = median(differences(loaded.spyglass, loaded.none))
  const stock = median(differences(loaded.otel, loaded.none))
  process.stderr.write(`memory  none ${mib(median(loaded.none))} MiB under load, ours +${mib(ours)}, stock +${mib(stock)}\n`)
  return {
    'rss.none': { value: mib(median(loaded.none)), ...unit },
    'rss.added': { value: mib(ours), ...unit, bar: RSS_BAR_MIB },
    'rss.stock': { value: mib(stock), ...unit },
  }
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Without the database its route is skipped, with a message. */
async function ifThere<S extends TestServer>(start: (context: TestContext) => Promise<S>): Promise<S | undefined> {
  const skip = (reason?: string): never => {
    throw new TypeError(reason ?? 'skipped')
  }
  try {
    return await start({ skip } as unknown as TestContext)
  } catch (error) {
    process.stderr.write(`skipping a route: ${String(error)}\n`)
    return undefined
  }
}
