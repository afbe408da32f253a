/**
 * CPU per request of the server with everything on (context path, access log, registry, agent with traces and metrics) beside plain
 * Fastify, by interleaved pairs in one run: `node --conditions=spyglass-source bench/server-overhead.bench.ts [--quick]`.
 * The bar, 1.35 ×, counts against the upper end of the 95 % interval. Each pair is two new processes: what V8's compiler makes of the same
 * program differs from start to start by more than from round to round, so that rounds of one start would agree on a figure of chance.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printResult } from './result.ts'
import { Load } from './server-overhead/load.ts'

const PAIRS = 20
/** Student's t for 19 degrees of freedom. */
const T_95 = 2.093
const BAR = 1.35
const QUICK = process.argv.includes('--quick')
const ROUND_MS = QUICK ? 400 : 900
const WARM_UP_MS = QUICK ? 700 : 1500
/** Longer than lines of the access log wait, so that their writing counts in the round that made them. */
const SETTLE_MS = 300

interface Side {
  readonly child: ChildProcess
  readonly load: Load
}

async function start(mode: 'plain' | 'hosted', folder: string, endpoint: string): Promise<Side> {
  const preload = mode === 'hosted' ? ['--import', import.meta.resolve('@spyglass/agent/register')] : []
  const child = fork(join(import.meta.dirname, 'server-overhead/server.ts'), [mode, folder], {
    execArgv: ['--conditions=spyglass-source', ...preload],
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, load: await Load.open(port, mode === 'plain' ? '/hello' : '/app/hello') }
}

async function cpuUs({ child }: Side): Promise<number> {
  child.send('cpu')
  const [{ cpuUs }] = (await once(child, 'message')) as [{ cpuUs: number }]
  return cpuUs
}

/** CPU microseconds per request in one round. */
async function round(side: Side): Promise<number> {
  const before = await cpuUs(side)
  const requests = await side.load.run(ROUND_MS)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return ((await cpuUs(side)) - before) / requests
}

/** CPU per request of plain and hosted, each in a process of its own. Every other pair begins with the other side. */
async function measurePair(pair: number): Promise<[plain: number, hosted: number]> {
  const plain = await start('plain', folder, endpoint)
  const hosted = await start('hosted', folder, endpoint)
  const sides = pair % 2 === 0 ? [plain, hosted] : [hosted, plain]
  for (const side of sides) await side.load.run(WARM_UP_MS)
  const measured = new Map<Side, number>()
  for (const side of sides) measured.set(side, await round(side))
  for (const { child, load } of sides) {
    const ended = once(child, 'exit')
    load.close()
    child.disconnect()
    await ended
  }
  return [measured.get(plain) ?? Number.NaN, measured.get(hosted) ?? Number.NaN]
}

function interval(values: readonly number[]): { value: number; low: number; high: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  const half = T_95 * Math.sqrt(variance / values.length)
  const [value, low, high] = [mean, mean - half, mean + half].map((figure) => Math.round(figure * 1000) / 1000) as [number, number, number]
  return { value, low, high }
}

const startedMs = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'spyglass-overhead-'))
let exportedBytes = 0
const sink = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => (exportedBytes += chunk.length)).on('end', () => response.end())
})
sink.listen(0, '127.0.0.1')
await once(sink, 'listening')
const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`
const plainUs: number[] = []
const hostedUs: number[] = []
for (let pair = 0; pair < PAIRS; pair++) {
  const [plain, hosted] = await measurePair(pair)
  plainUs.push(plain)
  hostedUs.push(hosted)
}
sink.closeAllConnections()
sink.close()
rmSync(folder, { recursive: true, force: true })
if (exportedBytes === 0) throw new TypeError('the agent exported nothing: the comparison would be void')

const ratio = interval(hostedUs.map((us, i) => us / (plainUs[i] ?? Number.NaN)))
const added = interval(hostedUs.map((us, i) => us - (plainUs[i] ?? Number.NaN)))
printResult(
  'server-overhead',
  {
    ratio: { ...ratio, unit: '× plain Fastify', better: 'lower', bar: BAR },
    added: { ...added, unit: 'µs CPU/request', better: 'lower' },
    plain: { ...interval(plainUs), unit: 'µs CPU/request', better: 'lower' },
    hosted: { ...interval(hostedUs), unit: 'µs CPU/request', better: 'lower' },
  },
  startedMs,
)
