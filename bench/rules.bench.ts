/**
 * What judging alert rules costs: CPU of one evaluation of 200 rules over 50 instances, as a share of its interval of ten seconds. With windows
 * that are full, and all findings. The endpoint that is read is another process.
 * `node --conditions=spyglass-source bench/rules.bench.ts [--quick]`
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createRegistry } from '@spyglass/agent/registry'
import { parseRule, type Rule, valueText } from '@spyglass/dashboards'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { SpyglassConfig } from '@spyglass/process/config'
import { createLogger } from '@spyglass/process/logger'
import fastify from 'fastify'
import { kindsOf, rollupRuleOf } from '../collector/src/alert/declared-rules.ts'
import { Evaluator } from '../collector/src/alert/evaluator.ts'
import { runRule } from '../collector/src/alert/rollup-rule.ts'
import { RuleValues } from '../collector/src/alert/rule-values.ts'
import { SampleWindows } from '../collector/src/alert/sample-windows.ts'
import { createManagementClient, type QueryClient } from '../collector/src/query/index.ts'
import { type Figure, printResult } from './result.ts'
import { interval } from './statistics.ts'

const INSTANCES = 50
const RULES = 200
const EVERY_MS = 10_000
const ROUNDS = process.argv.includes('--quick') ? 5 : 20
const BAR_PERCENT = 5

/** Fifty instances, each with a loop, a heap, two pools and an application. */
async function serve(): Promise<void> {
  const registry = createRegistry({ kindNamed })
  const resources = Array.from({ length: INSTANCES }, (_, at) => resourcesOf(`shop-${at + 1}`)).flat()
  registry.adopt('all', { time: Date.now(), resources })
  const app = fastify()
  await app.register(jolokiaPlugin, { registry, agentId: 'bench', version: '0' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  process.send?.((app.server.address() as { port: number }).port)
  process.once('disconnect', () => process.exit())
}

function resourcesOf(instance: string) {
  const of = (kind: string, keys: Readonly<Record<string, string>>, values: Readonly<Record<string, string | number>>) => ({
    kind,
    keys,
    values: { ...keys, ...values },
  })
  const pool = { state: 'ok', activeConnections: 60, maxConnections: 100, waitingBorrowers: 0, waitP95: 0.01, leakedNow: 0 }
  return [
    of('instance', { name: instance }, { state: 'ready', restarts: 3, rss: 2e8, cpuUtilization: 0.3 }),
    of('eventLoop', { process: instance }, { delayP99: 0.02 }),
    of('v8Heap', { process: instance }, { used: 3e8, limit: 5e8, gcTime: 12 }),
    ...['orders', 'stock'].map((name) => of('datasource', { instance, name }, pool)),
    of('application', { instance, name: 'shop' }, { state: 'started', refused: 4 }),
  ]
}

/** Conditions of every shape that looks at resources; the bound makes each a rule of its own. */
const conditions: readonly ((at: number) => object)[] = [
  (at) => ({ threshold: { value: 'eventLoop.delayP99', take: 'max', over: '5m', above: `${at + 10} ms` } }),
  (at) => ({ threshold: { value: 'v8Heap.gcTime', take: 'rate', over: '2m', above: `${20 + at} %` } }),
  (at) => ({ threshold: { value: 'instance.restarts', take: 'increase', over: '30m', above: at + 2 } }),
  (at) => ({ threshold: { value: 'application.refused', take: 'increase', over: '5m', above: at + 10 } }),
  (at) => ({ forecast: { value: 'v8Heap.used', to: 'v8Heap.limit', over: '1h', within: '2h', from: `${50 + (at % 40)} %` } }),
  (at) => ({
    forecast: {
      value: 'datasource.activeConnections',
      to: 'datasource.maxConnections',
      over: '15m',
      within: '30m',
      from: `${(at % 90) + 1} %`,
    },
  }),
  (at) => ({ ratio: { of: 'v8Heap.used', to: 'v8Heap.limit', above: `${50 + (at % 50)} %` } }),
  (at) => ({ threshold: { value: 'datasource.waitP95', above: `${at + 1} ms` } }),
  () => ({ state: { value: 'application.state', is: ['failed'] } }),
  (at) => ({ threshold: { value: 'instance.rss', take: 'mean', over: '10m', above: `${at + 100} MiB` } }),
]

function rules(): readonly Rule[] {
  return Array.from({ length: RULES }, (_, at) => {
    const when = conditions[at % conditions.length]!(Math.floor(at / conditions.length))
    const { rule, mistakes } = parseRule(JSON.stringify({ name: `Rule${at}`, severity: 'warning', when, text: '{process}', help: 'h' }))
    if (!rule) throw new TypeError(mistakes.join('; '))
    return rule
  })
}

async function measure(): Promise<void> {
  const startedMs = performance.now()
  const server = fork(fileURLToPath(import.meta.url), ['--serve'], { execArgv: process.execArgv })
  const [port] = (await once(server, 'message')) as [number]
  let now = Date.now()
  const logger = createLogger({ process: 'bench', level: 'silent' })
  const declared = rules()
  const management = createManagementClient(SpyglassConfig.parse({ management: { port } }))
  const query: QueryClient = { rows: async () => [], stop: async () => {} } // no rule asks the store
  const windows = new SampleWindows({ logger })
  const values = new RuleValues({ management, query, kinds: kindsOf(declared), now: () => now })
  const judged = declared.flatMap((rule) => rollupRuleOf(rule, values, windows) ?? [])
  const evaluator = new Evaluator({ incidents: [], save: () => {}, onTransition: () => {}, now: () => now })
  const evaluate = async (): Promise<void> => {
    now += EVERY_MS
    await Promise.all(judged.map((rule) => runRule(rule, { rules: judged, query, evaluator, logger, now: () => now })))
    evaluator.tick()
  }
  await evaluate()
  now = fillWindows(declared, windows, now)
  await evaluate()
  const shares: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    await evaluate()
    const { user, system } = process.cpuUsage(before)
    shares.push(((user + system) / 1000 / EVERY_MS) * 100)
  }
  evaluator.stop()
  server.kill()
  const findings = evaluator.list().length
  const figure: Figure = { ...interval(shares), unit: '% of the interval', better: 'lower', bar: BAR_PERCENT }
  printResult('rules', { evaluation: figure, findings: { value: findings, unit: 'alerts', better: 'higher' } }, startedMs)
}

/** An hour of samples of each resource, as the rules would have taken them. */
function fillWindows(declared: readonly Rule[], windows: SampleWindows, from: number): number {
  const numbers = new Set(
    declared.flatMap(({ when }) => ('value' in when && 'overMs' in when && when.overMs > 0 ? [valueText(when.value)] : [])),
  )
  for (const number of numbers) {
    const window = windows.of(number, 0)
    for (const [resource, samples] of window.series()) {
      const value = samples.at(-1)?.value ?? 0
      for (let time = from + EVERY_MS; time <= from + 3_600_000; time += EVERY_MS) window.add(resource, value, time)
    }
  }
  return from + 3_600_000
}

if (process.argv.includes('--serve')) await serve()
else await measure()
