/**
 * Forty applications at rest, each in a process of its own: what the decider and management use of a core, and the memory of each process.
 * `node --conditions=spyglass-source bench/applications.bench.ts [--quick]`
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newDataFolder, removeFolder } from '../test/support/store-process.ts'
import { serverAlone, startSuite } from '../test/support/suite.ts'
import { commandOf, cpuSeconds, memoryOf, processTree } from './process-usage.ts'
import { printResult } from './result.ts'

const startedMs = performance.now()
const QUICK = process.argv.includes('--quick')
const APPLICATIONS = QUICK ? 8 : 40
const SETTLE_MS = QUICK ? 3000 : 15_000
const WATCH_MS = QUICK ? 5000 : 60_000
const FIRST_PORT = 8300
const CPU_BAR = 2
const INSTANCE = 'instance-main'

const data = newDataFolder()
try {
  await using suite = await startSuite(data, settingsIn(data), [], serverAlone)
  await delay(SETTLE_MS)
  const processes = processTree(suite.keeper.pid ?? 0).map((pid) => ({ pid, name: commandOf(pid), before: cpuSeconds(pid) }))
  await delay(WATCH_MS)
  const used = processes.map(({ pid, name, before }) => ({
    name,
    ...memoryOf(pid),
    cpu: ((cpuSeconds(pid) - before) / (WATCH_MS / 1000)) * 100,
  }))
  const instances = used.filter(({ name }) => name === INSTANCE)
  if (instances.length !== APPLICATIONS + 1) throw new TypeError(`${instances.length} instances run`) // and that of the first listener
  for (const { name, rssMiB, pssMiB, cpu } of used.filter((each) => each.name !== INSTANCE))
    process.stdout.write(`  ${name.padEnd(20)} RSS ${rssMiB.toFixed(0)} MiB   PSS ${pssMiB.toFixed(0)} MiB   CPU ${cpu.toFixed(2)} %\n`)
  const of = (name: string) => used.find((each) => each.name === name) ?? { rssMiB: Number.NaN, cpu: Number.NaN }
  const [decider, management] = [of('decider-main'), of('management-main')]
  const mean = (of_: (one: (typeof used)[number]) => number): number => instances.reduce((sum, one) => sum + of_(one), 0) / instances.length
  printResult(
    'applications',
    {
      control: {
        value: hundredths(decider.cpu + management.cpu),
        unit: '% of a core',
        better: 'lower',
        ...(QUICK ? {} : { bar: CPU_BAR }),
      },
      deciderRss: { value: Math.round(decider.rssMiB), unit: 'MiB', better: 'lower' },
      managementRss: { value: Math.round(management.rssMiB), unit: 'MiB', better: 'lower' },
      instanceRss: { value: Math.round(mean(({ rssMiB }) => rssMiB)), unit: 'MiB', better: 'lower' },
      instancePss: { value: Math.round(mean(({ pssMiB }) => pssMiB)), unit: 'MiB', better: 'lower' },
      instanceCpu: { value: hundredths(mean(({ cpu }) => cpu)), unit: '% of a core', better: 'lower' },
    },
    startedMs,
  )
} finally {
  removeFolder(data)
}

function settingsIn(folder: string): Readonly<Record<string, unknown>> {
  const program = join(folder, 'program')
  mkdirSync(program)
  writeFileSync(
    join(program, 'index.mjs'),
    "import http from 'node:http'\nhttp.createServer((request, response) => response.end('hello')).listen(3000)\n",
  )
  const names = Array.from({ length: APPLICATIONS }, (_, at) => `app${at + 1}`)
  return {
    listeners: [{ name: 'http', port: 8080 }, ...names.map((name, at) => ({ name: `on-${name}`, port: FIRST_PORT + at }))],
    applications: names.map((name) => ({ name, folder: program, listener: `on-${name}` })),
    snmp: { enabled: false },
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
