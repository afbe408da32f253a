/** Entry of the decider: plans the server from the checked configuration, decides what runs, and tells the user how far the start is. */
import net from 'node:net'
import { parseArgs } from 'node:util'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { inherited, MessageStream } from '@spyglass/process/channel'
import { type DataFolder, openProcessConfig, type ProcessConfig, type SpyglassConfig } from '@spyglass/process/checked-config'
import { type Damage, damageError } from '@spyglass/process/durable-file'
import { RegistryLink } from '@spyglass/process/keeper-link'
import { Decider } from '../decider/decider.ts'
import type { Failure } from '../decider/exit-reason.ts'
import { Milestones } from '../decider/milestones.ts'
import { Reporter } from '../decider/reporter.ts'
import type { ServerPlan } from '../decider/server-plan.ts'
import { type KeeperLog, openKeeperLog } from '../holder/keeper-log.ts'
import type { Order, Report } from '../holder/orders.ts'
import { damagedIdentity } from '@spyglass/process/server-identity'
import { bannerText } from './banner.ts'
import { buildDashboards } from './dashboards.ts'
import { administerDecider } from './decider-administration.ts'
import { demoTraffic } from './demo.ts'
import { planOf } from './plan.ts'
import type { Role } from './ports.ts'
import { outliveReaders, say } from './say.ts'

const TICK_MS = 1000
const PROGRESS_MS = 2000
/** Failures that no retry fixes: the start is given up. */
const HOPELESS = /^SPY_(PORT_TAKEN|LISTEN_FAILED|SNMP_PORT_TAKEN|STORE_IN_USE)/

const { role, demo } = parseArgs({ options: { role: { type: 'string' }, demo: { type: 'boolean' } }, strict: false }).values

async function decide(here: Role): Promise<void> {
  outliveReaders()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}) // the holder passes on what is meant for the server
  const channel = new MessageStream(new net.Socket({ fd: inherited()?.channel ?? -1, readable: true, writable: true }), {
    onMessage: (report) => receive(report as Report),
    onEnd: () => process.exit(1), // the holder is gone, and the children end by themselves
  })
  const order = (given: Order): void => channel.send(given)
  const early: Report[] = []
  const begun = Promise.withResolvers<Extract<Report, { type: 'state' }>>()
  let receive = (report: Report): void => {
    early.push(report)
    if (report.type === 'state') begun.resolve(report)
  }
  try {
    const process = await openProcessConfig(globalThis.process.argv.slice(2))
    const milestones = new Milestones()
    const plan = planFor(process, here)
    await begun.promise
    const log = openKeeperLog(plan.logFile, { output: process.config.logs.output, mustOpen: false })
    const decider = deciderOf(plan, { order, milestones, log })
    for (const report of early) decider.onReport(report)
    receive = (report) => decider.onReport(report)
    setInterval(() => decider.tick(), TICK_MS)
    const planOfConfig = (config: SpyglassConfig): ServerPlan => planFor({ ...process, config }, here)
    const administration = await administerDecider({ decider, process, planFor: planOfConfig, log })
    void milestones.stopped.then(() => administration?.close())
    await accompany({ decider, milestones, process, role: here })
  } catch (error) {
    const message = messageOf(error)
    globalThis.process.stderr.write(`spyglass: ${message} (${codeOf(error) ?? 'unexpected'})\n`)
    const { children } = await begun.promise
    if (children.length > 0) globalThis.process.exit(1) // what runs serves on, and the holder starts another decider
    order({ do: 'end', code: 1 })
  }
}

function planFor({ config, secrets, folder }: ProcessConfig, here: Role): ServerPlan {
  const traffic = demo === true ? demoTraffic(config) : undefined
  const onDamage = (damage: Damage): void => void process.stderr.write(`spyglass: ${damageError(damage, damagedIdentity).message}\n`)
  return planOf({ config, secrets, folder, role: here, onDamage, ...(traffic ? { traffic } : {}) })
}

interface DeciderParts {
  readonly order: (order: Order) => void
  readonly milestones: Milestones
  readonly log: KeeperLog
}

function deciderOf(plan: ServerPlan, { order, milestones, log }: DeciderParts): Decider {
  return new Decider({
    plan,
    order,
    reporter: (decider) =>
      new Reporter({ decider, log, milestones, connect: (options) => new RegistryLink({ path: plan.registry, ...options }) }),
  })
}

interface Start {
  readonly decider: Decider
  readonly milestones: Milestones
  readonly process: ProcessConfig
  readonly role: Role
}

type Outcome = 'ready' | 'hopeless' | 'stopped'

/** Says what the start of the server waits for, and what came of it. */
async function accompany({ decider, milestones, process: { config, secrets, folder }, role: here }: Start): Promise<void> {
  const telling = setInterval(() => say(`starting: ${decider.pending().join(', ')} …`), PROGRESS_MS)
  const outcome = await outcomeOf(milestones).finally(() => clearInterval(telling))
  if (outcome === 'hopeless' && !decider.wasReady) decider.stop(1) // what serves already serves on
  if (outcome !== 'ready' || decider.wasReady) return
  if (here === 'all') await writeDashboards({ config, secrets, folder })
  say(bannerText({ config, folder, secrets, role: here, interactive: process.stdout.isTTY }))
}

/** A process that failed is tried again, so the server may become ready all the same, unless no retry can help. */
async function outcomeOf({ tried, ready, stopped }: Milestones): Promise<Outcome> {
  const end = stopped.then((): Outcome => 'stopped')
  const failures = await Promise.race([tried, end])
  if (typeof failures === 'string') return failures
  for (const { message } of failures.values()) process.stderr.write(`spyglass: ${message}\n`)
  if ([...failures.values()].some(isHopeless)) return 'hopeless'
  return Promise.race([ready.then((): Outcome => 'ready'), end])
}

const isHopeless = ({ code }: Failure): boolean => HOPELESS.test(code ?? '')

/** Grafana's files are a convenience: the server runs without them. */
async function writeDashboards({ folder, ...checked }: Omit<ProcessConfig, 'folder'> & { readonly folder: DataFolder }): Promise<void> {
  try {
    await buildDashboards(checked, folder, { quiet: true })
  } catch (error) {
    say(`could not write the Grafana files: ${messageOf(error)}`)
  }
}

await decide(role === 'edge' ? 'edge' : 'all')
