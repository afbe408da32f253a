/**
 * Answers of the MBean endpoint per CPU second of its process, and their delay at 8 connections: a read of all attributes, of one by a
 * path, a bulk of 50 reads, the whole list, plain and compressed; and the Prometheus text. Each is measured in turns with its floor, a bare
 * `node:http` server that answers the same bytes (replay-server.ts): the ratio holds on any machine. The plain list has its own client
 * (http-reader.ts), the others use wrk (Debian: wrk). The Java reference 2.6.1 answers 4.1–4.6 k, 8–10 k, 0.6–0.8 k and 0.05–0.27 k per second with a
 * core to itself.
 */
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { provideTool } from '../scripts/system-packages.ts'
import { readRepeatedly } from './http-reader.ts'
import { type Figure, printResult } from './result.ts'
import { interval, ratios } from './statistics.ts'

provideTool('wrk')
const startedMs = performance.now()
const run = promisify(execFile)
const ROUNDS = 10
const ROUND_SECONDS = 1
const CONNECTIONS = 8
const MAX_P99_MS = 15

interface Case {
  readonly name: string
  readonly path: string
  readonly body?: unknown
  readonly acceptEncoding?: string
  /** Whether the answer is too long for what wrk reads at once. */
  readonly isLong?: boolean
  /** Fewest answers per CPU second. */
  readonly bar?: number
}

interface Round {
  readonly perCpuSecond: number
  readonly p99Ms: number
}

const bulk = Array.from({ length: 50 }, (_, index) => ({
  type: 'read',
  mbean: `spyglass:type=Datasource,instance=http-${(index % 2) + 1},name=pool-${index % 10}`,
  attribute: ['activeConnections', 'idleConnections', 'waitingBorrowers', 'maxConnections'][index % 4],
}))

const cases: readonly Case[] = [
  { name: 'readAll', path: '/jolokia/read/java.lang:type=Memory', bar: 15_000 },
  { name: 'readOne', path: '/jolokia/read/java.lang:type=Memory/HeapMemoryUsage/used', bar: 15_000 },
  { name: 'bulk50', path: '/jolokia/', body: bulk, bar: 5000 },
  { name: 'list', path: '/jolokia/list', isLong: true, bar: 3000 },
  { name: 'listGzip', path: '/jolokia/list', acceptEncoding: 'gzip', bar: 3000 },
  { name: 'prometheus', path: '/metrics' },
]

const folder = mkdtempSync(join(tmpdir(), 'spyglass-bench-'))
const server = fork(new URL('jolokia-server.ts', import.meta.url), { execArgv: ['--conditions=spyglass-source'] })
try {
  const [[url, floorUrl]] = (await once(server, 'message')) as [[string, string]]
  const figures: Record<string, Figure> = {}
  for (const each of cases) {
    const { ours, floor } = await measurePairs(each, { url, floorUrl })
    const rates = sorted(ours.map(({ perCpuSecond }) => perCpuSecond))
    const delays = sorted(ours.map(({ p99Ms }) => p99Ms))
    const costs = ratios(floor.map(rateOf), ours.map(rateOf))
    figures[`${each.name}Cost`] = { ...interval(costs), unit: '× bare node:http', better: 'lower', isRatio: true }
    figures[`${each.name}PerCpuSecond`] = { ...spread(rates), unit: 'answers/s', better: 'higher', ...(each.bar ? { bar: each.bar } : {}) }
    figures[`${each.name}P99`] = { ...spread(delays), unit: 'ms', better: 'lower', ...(each.bar ? { bar: MAX_P99_MS } : {}) }
  }
  printResult('jolokia', figures, startedMs)
} finally {
  server.kill()
  rmSync(folder, { recursive: true, force: true })
}

/** Rounds of the endpoint and of its floor in turns, after one of each that warms up. */
async function measurePairs(
  each: Case,
  { url, floorUrl }: { readonly url: string; readonly floorUrl: string },
): Promise<{ readonly ours: readonly Round[]; readonly floor: readonly Round[] }> {
  const ours: Round[] = []
  const floor: Round[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    ours.push(await measure(url, each))
    floor.push(await measure(floorUrl, each))
  }
  return { ours: ours.slice(1), floor: floor.slice(1) }
}

function rateOf({ perCpuSecond }: Round): number {
  return perCpuSecond
}

function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

/** Median with the lowest and highest round. */
function spread(values: readonly number[]): { readonly value: number; readonly low: number; readonly high: number } {
  return { value: values[Math.floor(values.length / 2)]!, low: values[0]!, high: values.at(-1)! }
}

async function measure(base: string, each: Case): Promise<Round> {
  const before = await cpuSeconds(server)
  const { requests, p99Ms } = each.isLong ? await withReader(base, each) : await withWrk(base, each)
  const used = (await cpuSeconds(server)) - before
  return { perCpuSecond: Math.round(requests / used), p99Ms: Number(p99Ms.toFixed(2)) }
}

interface Client {
  readonly requests: number
  readonly p99Ms: number
}

async function withReader(base: string, { path }: Case): Promise<Client> {
  const { requests, delaysMs } = await readRepeatedly(base + path, CONNECTIONS, ROUND_SECONDS)
  return { requests, p99Ms: sorted(delaysMs)[Math.floor(requests * 0.99)]! }
}

async function withWrk(base: string, { name, path, body, acceptEncoding }: Case): Promise<Client> {
  const script = join(folder, `${name}.lua`)
  const post = body === undefined ? '' : `wrk.method = "POST"\nwrk.body = [==[${JSON.stringify(body)}]==]\n`
  const accept = acceptEncoding === undefined ? '' : `wrk.headers["Accept-Encoding"] = "${acceptEncoding}"\n`
  const report = 'io.write(string.format("RESULT %d %f %d\\n", summary.requests, latency:percentile(99) / 1000, summary.errors.status))'
  writeFileSync(script, `${post}${accept}done = function(summary, latency) ${report} end\n`)
  const { stdout } = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${ROUND_SECONDS}s`, '-s', script, `${base}${path}`])
  const [, requests, p99, errors] = /RESULT (\d+) (\S+) (\d+)/.exec(stdout) ?? []
  if (requests === undefined || errors !== '0') throw new Error(`wrk failed for ${name}: ${stdout}`)
  return { requests: Number(requests), p99Ms: Number(p99) }
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [seconds] = (await once(child, 'message')) as [number]
  return seconds
}
