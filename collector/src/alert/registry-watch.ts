/**
 * Compares incidents with the resources themselves. Events emitted while this process was down are lost to it; what the
 * management endpoint reports is authoritative. Two consecutive readings must agree, so that a state between two events is not evaluated.
 */
import { codeOf, incidentId, kinds } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import { type ManagedResource, type ManagementClient, textOf } from '../query/index.ts'
import type { Evaluator } from './evaluator.ts'
import { keyOf } from './event-source.ts'

export interface RegistryWatchOptions {
  readonly management: ManagementClient
  readonly evaluator: Evaluator
  readonly logger: Logger
  /** Pause between readings; the first few follow faster, to catch what was missed before the start. Default 10 000. */
  readonly everyMs?: number
  readonly now?: () => number
}

export interface RegistryWatch {
  stop(): void
}

type Health = 'well' | 'ill' | 'between'

interface Reading {
  readonly time: number
  readonly health: ReadonlyMap<string, Health>
}

const FIRST_READINGS = 4
const FIRST_EVERY_MS = 1500
/** Maximum age of what the endpoint reports: resources are pushed to it every second. */
const PUSH_DELAY_MS = 2500

const WELL = new Set(['ready', 'ok', 'degraded'])

export function startRegistryWatch(options: RegistryWatchOptions): RegistryWatch {
  const { everyMs = 10_000, now = Date.now } = options
  let before: Reading = { time: 0, health: new Map() }
  let readings = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const time = now()
    const health = await readHealth(options)
    if (health && !stopped) {
      const judge = judgeOf(options.evaluator, before.time, time)
      for (const [resource, state] of health) if (before.health.get(resource) === state) judge(resource, state)
      before = { time, health }
    }
    if (!stopped) timer = setTimeout(() => void look(), readings++ < FIRST_READINGS ? Math.min(FIRST_EVERY_MS, everyMs) : everyMs).unref()
  }

  void look()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

async function readHealth({ management, logger }: RegistryWatchOptions): Promise<Map<string, Health> | undefined> {
  try {
    const [instances = [], pools = []] = await management.read([kinds.instance, kinds.datasource])
    return new Map([...instances, ...pools].map((resource) => [resource.name, healthOf(resource)]))
  } catch (error) {
    logger.debug({ code: codeOf(error) }, 'cannot compare resources with incidents')
    return undefined
  }
}

function healthOf({ values }: ManagedResource): Health {
  const state = textOf(values['state'])
  if (WELL.has(state)) return 'well'
  return state === 'exhausted' ? 'ill' : 'between'
}

type Judge = (resource: string, health: Health) => void

function judgeOf(evaluator: Evaluator, firstReading: number, now: number): Judge {
  return (resource, health) => {
    const rule = keyOf(resource, 'type') === 'Instance' ? 'InstanceDown' : 'PoolExhausted'
    const open = evaluator.openAt(rule, resource)
    const isSettled = open !== undefined && open.quietUntil === undefined && open.heardAt + PUSH_DELAY_MS <= firstReading
    if (health === 'well' && isSettled) evaluator.clear({ rule, resource })
    if (health === 'ill' && !open) raiseExhausted(evaluator, resource, now)
  }
}

/** A down instance is not raised this way: a planned stop looks the same. */
function raiseExhausted(evaluator: Evaluator, resource: string, now: number): void {
  evaluator.raise({
    id: incidentId('spyglass.pool.exhausted', resource, now),
    rule: 'PoolExhausted',
    severity: 'critical',
    resource,
    since: now,
    delayMs: 0,
    observed: true,
    summary: `Pool ${keyOf(resource, 'name')} of ${keyOf(resource, 'instance')} is exhausted: it already was when alerting started`,
  })
}
