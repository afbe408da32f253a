/** Compares the CPU per request of two ways to serve the same application, by interleaved pairs of new processes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Load } from './load.ts'
import { type MeasuredServer, type Mode, openSink, startServer } from './measured-server.ts'

const PAIRS = 20
const QUICK = process.argv.includes('--quick')
const ROUND_MS = QUICK ? 400 : 900
const WARM_UP_MS = QUICK ? 700 : 1500
/** On a busy machine time alone says little: V8 has compiled the program after so many requests. */
const WARM_UP_REQUESTS = QUICK ? 5000 : 20_000
const ROUND_REQUESTS = QUICK ? 2000 : 10_000
/** Longer than lines of the access log wait, so that their writing counts in the round that made them. */
const SETTLE_MS = 300

/** Processes that serve together; the last one is reached by the load. */
export interface Way {
  readonly modes: readonly Mode[]
  readonly path: string
}

interface Side {
  readonly servers: readonly MeasuredServer[]
  readonly load: Load
}

/** CPU microseconds per request, pair by pair. Every other pair begins with the other side. */
export async function comparePairs(one: Way, other: Way): Promise<{ first: readonly number[]; second: readonly number[] }> {
  const root = mkdtempSync(join(tmpdir(), 'spyglass-overhead-'))
  const sink = await openSink()
  const [first, second]: [number[], number[]] = [[], []]
  for (let pair = 0; pair < PAIRS; pair++) {
    const folder = mkdtempSync(join(root, 'pair-'))
    const [a, b] = [await start(one, folder, sink.endpoint), await start(other, folder, sink.endpoint)]
    const sides = pair % 2 === 0 ? [a, b] : [b, a]
    for (const { load } of sides) await run(load, WARM_UP_MS, WARM_UP_REQUESTS)
    for (const side of sides) (side === a ? first : second).push(await round(side))
    for (const side of sides) await stop(side)
  }
  rmSync(root, { recursive: true, force: true })
  sink.close()
  return { first, second }
}

async function start({ modes, path }: Way, folder: string, endpoint: string): Promise<Side> {
  const servers: MeasuredServer[] = []
  for (const mode of modes) servers.push(await startServer(mode, folder, endpoint))
  return { servers, load: await Load.open(servers.at(-1)!.port, path) }
}

async function stop({ servers, load }: Side): Promise<void> {
  load.close()
  for (const server of servers) await server.stop()
}

/** CPU microseconds per request in one round. */
async function round({ servers, load }: Side): Promise<number> {
  const before = await cpuUs(servers)
  const requests = await run(load, ROUND_MS, ROUND_REQUESTS)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return ((await cpuUs(servers)) - before) / requests
}

/** Runs for that time, then on until there were so many requests; returns their number. */
async function run(load: Load, ms: number, least: number): Promise<number> {
  let requests = await load.run(ms)
  while (requests < least) requests += await load.run(ms)
  return requests
}

async function cpuUs(servers: readonly MeasuredServer[]): Promise<number> {
  const all = await Promise.all(servers.map((server) => server.cpuUs()))
  return all.reduce((sum, one) => sum + one, 0)
}
