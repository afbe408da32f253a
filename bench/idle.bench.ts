/**
 * The whole suite at rest, with the shop deployed: memory and CPU of each process, first without requests, then with the demo's traffic
 * (4 requests a second), which is counted separately. It starts from source, the second time, when its compiled modules are cached.
 * `node --conditions=spyglass-source bench/idle.bench.ts`
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { shopFolder, startSuite, type Suite } from '../test/support/suite.ts'
import { removeFolder, newDataFolder } from '../test/support/store-process.ts'
import { type Figure, printResult } from './result.ts'

const startedMs = performance.now()
const SETTLE_MS = 8000
const WATCH_MS = 25_000
const TICKS_PER_SECOND = 100
const RSS_BAR_MIB = 900
const CPU_BAR = 5
const TRAFFIC = 'traffic'
const SERVICES = ['store', 'collector', 'management', 'snmp-bridge', 'http-1']

const shop = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', listener: 'http' }],
  datasources: [{ name: 'shop', driver: 'sqlite', file: 'shop.db', min: 1, max: 4 }],
  snmp: { community: 'public' },
}

interface Usage {
  readonly rssMiB: number
  readonly pssMiB: number
  /** Percent of a core. */
  readonly cpu: number
}

const data = newDataFolder()
try {
  await (await startSuite(data, shop))[Symbol.asyncDispose]() // fills the cache of compiled modules
  const idle = await watch([])
  const demo = await watch(['--demo'])
  printResult('idle', { ...figuresOf('idle', idle, true), ...figuresOf('demo', demo, false) }, startedMs)
} finally {
  removeFolder(data)
}

async function watch(args: readonly string[]): Promise<ReadonlyMap<string, Usage>> {
  await using suite = await startSuite(data, shop, args)
  await delay(SETTLE_MS)
  const pids = pidsOf(suite, args.length > 0)
  const before = new Map([...pids].map(([name, pid]) => [name, cpuSeconds(pid)]))
  await delay(WATCH_MS)
  const usages = new Map([...pids].map(([name, pid]) => [name, usageOf(pid, before.get(name) ?? 0)]))
  const title = args.length > 0 ? 'with 4 requests a second' : 'without requests'
  process.stdout.write(`${title}\n${[...usages].map(([name, usage]) => line(name, usage)).join('\n')}\n`)
  process.stdout.write(`${line('in all', sumOf(usages.values()))}\n`)
  return usages
}

function pidsOf(suite: Suite, hasTraffic: boolean): ReadonlyMap<string, number> {
  const names = hasTraffic ? [...SERVICES, TRAFFIC] : SERVICES
  return new Map([['keeper', suite.keeper.pid ?? 0], ...names.map((name): [string, number] => [name, suite.pidOf(name)])])
}

function usageOf(pid: number, before: number): Usage {
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mebibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1]) / 1024
  return { rssMiB: mebibytes('Rss'), pssMiB: mebibytes('Pss'), cpu: ((cpuSeconds(pid) - before) / (WATCH_MS / 1000)) * 100 }
}

/** User and system time; the fields are counted after the name, which may hold blanks. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function sumOf(usages: Iterable<Usage>): Usage {
  const sum = { rssMiB: 0, pssMiB: 0, cpu: 0 }
  for (const usage of usages) for (const name of ['rssMiB', 'pssMiB', 'cpu'] as const) sum[name] += usage[name]
  return sum
}

/** The traffic is no part of the suite: it stands for browsers. */
function figuresOf(prefix: string, usages: ReadonlyMap<string, Usage>, hasBar: boolean): Record<string, Figure> {
  const { rssMiB, pssMiB, cpu } = sumOf([...usages].flatMap(([name, usage]) => (name === TRAFFIC ? [] : [usage])))
  return {
    [`${prefix}Rss`]: { value: Math.round(rssMiB), unit: 'MiB', better: 'lower', ...(hasBar ? { bar: RSS_BAR_MIB } : {}) },
    [`${prefix}Pss`]: { value: Math.round(pssMiB), unit: 'MiB', better: 'lower' },
    [`${prefix}Cpu`]: { value: Math.round(cpu * 10) / 10, unit: '% of a core', better: 'lower', ...(hasBar ? { bar: CPU_BAR } : {}) },
  }
}

function line(name: string, { rssMiB, pssMiB, cpu }: Usage): string {
  return `  ${name.padEnd(12)} RSS ${rssMiB.toFixed(0).padStart(4)} MiB   PSS ${pssMiB.toFixed(0).padStart(4)} MiB   CPU ${cpu.toFixed(2).padStart(5)} %`
}
