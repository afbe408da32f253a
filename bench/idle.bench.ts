/**
 * The whole suite at rest, with the shop deployed: memory and CPU of the keeper and each of its descendants, first without requests, then with the demo's traffic
 * (4 requests a second), which is counted separately. It starts from source, the second time, when its compiled modules are cached.
 * `node --conditions=spyglass-source bench/idle.bench.ts`
 */
import { setTimeout as delay } from 'node:timers/promises'
import { shopFolder, startSuite } from '../test/support/suite.ts'
import { removeFolder, newDataFolder } from '../test/support/store-process.ts'
import { commandOf, cpuSeconds, memoryOf, processTree } from './process-usage.ts'
import { type Figure, printResult } from './result.ts'

const startedMs = performance.now()
const SETTLE_MS = 8000
const WATCH_MS = 25_000
const RSS_BAR_MIB = 900
const CPU_BAR = 5
const TRAFFIC = 'traffic'

const shop = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
  datasources: [{ name: 'shop', driver: 'sqlite', file: 'shop.db', min: 1, max: 4 }],
  snmp: { community: 'public' },
}

interface Usage {
  readonly rssMiB: number
  readonly pssMiB: number
  /** Percent of a core. */
  readonly cpu: number
}

interface ProcessUsage extends Usage {
  readonly name: string
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

async function watch(args: readonly string[]): Promise<readonly ProcessUsage[]> {
  await using suite = await startSuite(data, shop, args)
  await delay(SETTLE_MS)
  const keeper = suite.keeper.pid ?? 0
  const before = new Map(processTree(keeper).map((pid) => [pid, cpuSeconds(pid)]))
  await delay(WATCH_MS)
  const processes = processTree(keeper).map((pid) => ({ name: commandOf(pid), ...usageOf(pid, before.get(pid) ?? 0) }))
  const title = args.length > 0 ? 'with 4 requests a second' : 'without requests'
  process.stdout.write(`${title}\n${processes.map((each) => line(each)).join('\n')}\n`)
  process.stdout.write(`${line({ name: 'in all', ...sumOf(processes) })}\n`)
  return processes
}

function usageOf(pid: number, before: number): Usage {
  return { ...memoryOf(pid), cpu: ((cpuSeconds(pid) - before) / (WATCH_MS / 1000)) * 100 }
}

function sumOf(usages: readonly Usage[]): Usage {
  const sum = { rssMiB: 0, pssMiB: 0, cpu: 0 }
  for (const usage of usages) for (const name of ['rssMiB', 'pssMiB', 'cpu'] as const) sum[name] += usage[name]
  return sum
}

/** The traffic is no part of the suite: it stands for browsers. */
function figuresOf(prefix: string, processes: readonly ProcessUsage[], hasBar: boolean): Record<string, Figure> {
  const { rssMiB, pssMiB, cpu } = sumOf(processes.filter(({ name }) => name !== TRAFFIC))
  return {
    [`${prefix}Rss`]: { value: Math.round(rssMiB), unit: 'MiB', better: 'lower', ...(hasBar ? { bar: RSS_BAR_MIB } : {}) },
    [`${prefix}Pss`]: { value: Math.round(pssMiB), unit: 'MiB', better: 'lower' },
    [`${prefix}Cpu`]: { value: Math.round(cpu * 10) / 10, unit: '% of a core', better: 'lower', ...(hasBar ? { bar: CPU_BAR } : {}) },
  }
}

function line({ name, rssMiB, pssMiB, cpu }: ProcessUsage): string {
  return `  ${name.padEnd(20)} RSS ${rssMiB.toFixed(0).padStart(4)} MiB   PSS ${pssMiB.toFixed(0).padStart(4)} MiB   CPU ${cpu.toFixed(2).padStart(5)} %`
}
