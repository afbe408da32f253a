/** The keeper and its processes as resources: the parts of `server` and `instance` that only the keeper knows. */
import type { AttributeValue, RegistrySnapshot, ResourceSnapshot } from '@spyglass/agent/contract'
import { type Actual, type Generation, generationsOf, historyOf, servingOf } from './reconciler/index.ts'
import type { ProcessPlan, ServerPlan } from './server-plan.ts'

export type ProcessState = 'starting' | 'ready' | 'draining' | 'down' | 'failed'

export interface SelfReportInput {
  readonly plan: ServerPlan
  readonly actual: Actual
  readonly startedAt: number
  readonly now: number
  /** Process ids of generations by their ids. */
  readonly pids: ReadonlyMap<number, number>
  readonly holderPid: number
}

/** `starting`: for the first time; `down`: no generation is ready, and another start follows; `failed`: it is in quarantine. */
export function stateOf(actual: Actual, { process: { name, policy } }: ProcessPlan): ProcessState {
  if (servingOf(actual, name)) return 'ready'
  const { failures } = historyOf(actual, name)
  if (failures >= policy.quarantineAfter) return 'failed'
  if (failures > 0) return 'down'
  return generationsOf(actual, name).some(({ state }) => state === 'stopping') ? 'draining' : 'starting'
}

export function selfReport(input: SelfReportInput): RegistrySnapshot {
  const { plan, actual, startedAt, now, holderPid } = input
  const instances = plan.processes.filter(isInstance)
  const restarts = plan.processes.reduce((total, { process }) => total + historyOf(actual, process.name).restarts, 0)
  const server: ResourceSnapshot = {
    kind: 'server',
    keys: { name: plan.serverName },
    values: {
      name: plan.serverName,
      id: plan.serverId,
      version: plan.version,
      nodeVersion: process.version,
      startTime: startedAt,
      uptime: now - startedAt,
      holderPid,
      deciderPid: process.pid,
      instances: instances.length,
      instancesReady: instances.filter((one) => stateOf(actual, one) === 'ready').length,
      restarts,
      notReady: plan.processes.flatMap((one) => (isInstance(one) ? [] : reasonsOf(one.process.name, stateOf(actual, one)))),
    },
  }
  const reports = instances.flatMap((one) => [instanceReport(one, input), ...absentApplications(one, actual)])
  return { time: now, resources: [server, ...reports, ...plan.disabled.map((one) => applicationReport(one, 'disabled'))] }
}

/** `store is starting`. The state of an instance is an attribute of the instance. */
function reasonsOf(name: string, state: ProcessState): readonly string[] {
  return state === 'ready' ? [] : [`${name} is ${state}`]
}

function instanceReport(plan: ProcessPlan, { actual, pids, now }: SelfReportInput): ResourceSnapshot {
  const { name } = plan.process
  const { generations, restarts, reloads, replacements, lastFailure, lastFailureKind = 'none' } = historyOf(actual, name)
  const serving = servingOf(actual, name)
  const life: Record<string, AttributeValue> = serving
    ? { pid: pids.get(serving.id) ?? 0, startTime: serving.startedAt, uptime: now - serving.startedAt }
    : {}
  return {
    kind: 'instance',
    keys: { name },
    values: {
      name,
      state: stateOf(actual, plan),
      generation: generations,
      restarts,
      reloads,
      replacements,
      lastFailureKind,
      ...(serving?.unhealthy === undefined ? {} : { healthProblem: serving.unhealthy }),
      ...startProgress(generationsOf(actual, name), now),
      listener: Object.keys(plan.launch.listeners)[0] ?? '',
      isolation: plan.isolation ?? 'shared',
      ...(lastFailure === undefined ? {} : { lastFailure }),
      ...life,
    },
  }
}

/** Nobody wonders about a start before. */
const LONG_START_MS = 3000

/** What a generation does that has been starting for long. */
function startProgress(generations: readonly Generation[], now: number): { readonly startProgress?: string } {
  const starting = generations.find(({ state }) => state === 'starting')
  const ms = now - (starting?.startedAt ?? now)
  if (!starting || ms < LONG_START_MS) return {}
  const { number, waiting = [] } = starting
  const names = waiting.map(({ application }) => application).join(', ')
  const seconds = Math.floor(ms / 1000)
  if (names === '') return { startProgress: `generation ${number} is starting, for ${seconds} s: its programs are being loaded` }
  const limit = Math.round(Math.min(...waiting.map(({ timeoutMs }) => timeoutMs)) / 1000)
  return {
    startProgress: `generation ${number} is starting, has not listened for ${seconds} s: ${names} has run, and neither listens nor exports a server; it fails after ${limit} s (startTimeoutMs)`,
  }
}

/** Applications of an instance without a process: they must not vanish because they failed. */
function absentApplications(plan: ProcessPlan, actual: Actual): readonly ResourceSnapshot[] {
  const instance = plan.process.name
  const state = { starting: 'loading', down: 'failed', failed: 'failed', draining: undefined, ready: undefined }[stateOf(actual, plan)]
  if (state === undefined) return []
  return (plan.applications ?? []).map((application) => applicationReport({ instance, ...application }, state))
}

function applicationReport({ instance, name, contextPath, folder }: ServerPlan['disabled'][number], state: string): ResourceSnapshot {
  return { kind: 'application', keys: { instance, name }, values: { instance, name, contextPath, folder, state } }
}

export const isInstance = ({ process }: ProcessPlan): boolean => process.kind === 'instance'
