/**
 * Two replicas of an application against one, beside two workers of plain node:cluster against one, in interleaved rounds of one run:
 * `node --conditions=spyglass-source bench/replicas.bench.ts`. It needs two cores that nothing else uses. The bar is 1.8 ×, or what
 * node:cluster reaches in the same run where that is less. `busierShare` is the part of the CPU time of both replicas that the busier one used: connections are not
 * dealt out, both accept from one socket.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { newDataFolder, removeFolder } from '../test/support/store-process.ts'
import { serverAlone, startSuite } from '../test/support/suite.ts'
import { interval } from './statistics.ts'
import { cpuSeconds } from './process-usage.ts'
import { type Figure, printResult } from './result.ts'
import { Load } from './server-overhead/load.ts'

const ROUNDS = 8
const ROUND_MS = 2500
const WARM_UP_MS = 1500
const CONNECTIONS = 32
const BAR = 1.8
const FOLDER = join(import.meta.dirname, 'replicas')

interface Side {
  readonly port: number
  /** Its replicas, where they are known. */
  readonly pids: readonly number[]
}

const startedMs = performance.now()
const data = newDataFolder()
const sink = createServer((request, response) => void request.resume().on('end', () => response.end()))
sink.listen(0, '127.0.0.1')
await once(sink, 'listening')
const clusters: ChildProcess[] = []
try {
  await using suite = await startSuite(
    data,
    {
      agent: { endpoint: `http://127.0.0.1:${(sink.address() as AddressInfo).port}` },
      listeners: [
        { name: 'one', port: 8080 },
        { name: 'two', port: 8081 },
      ],
      applications: [
        { name: 'single', folder: FOLDER, listener: 'one' },
        { name: 'double', folder: FOLDER, listener: 'two', replicas: 2 },
      ],
      snmp: { enabled: false },
    },
    [],
    serverAlone,
  )
  const portOf = (name: string): number => suite.config.listeners.find((listener) => listener.name === name)?.port ?? 0
  const sides = {
    one: { port: portOf('one'), pids: [] },
    two: { port: portOf('two'), pids: [suite.pidOf('double-1'), suite.pidOf('double-2')] },
    clusterOfOne: await startCluster(1),
    clusterOfTwo: await startCluster(2),
  }
  print(await measure(sides))
} finally {
  for (const child of clusters) child.disconnect()
  sink.closeAllConnections()
  sink.close()
  removeFolder(data)
}

async function startCluster(workers: number): Promise<Side> {
  const child = fork(join(FOLDER, 'program.mjs'), ['cluster', String(workers)], { env: { ...process.env, NODE_OPTIONS: '' }, execArgv: [] })
  clusters.push(child)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { port, pids: [] }
}

type Sides = Readonly<Record<'one' | 'two' | 'clusterOfOne' | 'clusterOfTwo', Side>>
type Names = keyof Sides

interface Measured {
  /** Requests a second, by round. */
  readonly rates: Readonly<Record<Names, number[]>>
  /** By round. */
  readonly busierShares: number[]
}

async function measure(sides: Sides): Promise<Measured> {
  const rates: Measured['rates'] = { one: [], two: [], clusterOfOne: [], clusterOfTwo: [] }
  const busierShares: number[] = []
  const names = Object.keys(sides) as Names[]
  for (const name of names) await requests(sides[name], WARM_UP_MS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { pids } = sides[name]
      const before = pids.map(cpuSeconds)
      rates[name].push((await requests(sides[name], ROUND_MS)) / (ROUND_MS / 1000))
      const used = pids.map((pid, at) => cpuSeconds(pid) - (before[at] ?? 0))
      if (used.length > 0) busierShares.push(Math.max(...used) / used.reduce((sum, each) => sum + each, 0))
    }
  }
  return { rates, busierShares }
}

/** New connections in each round: how they are dealt out is what is measured. */
async function requests({ port }: Side, ms: number): Promise<number> {
  const load = await Load.open(port, '/', CONNECTIONS)
  const answered = await load.run(ms)
  load.close()
  return answered
}

function print({ rates, busierShares }: Measured): void {
  const speedUp = interval(rates.two.map((rate, at) => rate / (rates.one[at] ?? Number.NaN)))
  const cluster = interval(rates.clusterOfTwo.map((rate, at) => rate / (rates.clusterOfOne[at] ?? Number.NaN)))
  const figures: Record<string, Figure> = {
    speedUp: { ...speedUp, unit: '× one replica', better: 'higher', isRatio: true, bar: Math.min(BAR, cluster.low) },
    clusterSpeedUp: { ...cluster, unit: '× one worker', better: 'higher' },
    busierShare: { ...interval(busierShares), unit: 'of the CPU time', better: 'lower' },
    one: { ...interval(rates.one), unit: 'requests/s', better: 'higher' },
    two: { ...interval(rates.two), unit: 'requests/s', better: 'higher' },
    clusterOfTwo: { ...interval(rates.clusterOfTwo), unit: 'requests/s', better: 'higher' },
  }
  printResult('replicas', figures, startedMs)
}
