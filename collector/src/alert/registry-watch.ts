/**
 * Compares incidents with the resources themselves. Events emitted while this process was down are lost to it; what the
 * management endpoint reports is authoritative. Two consecutive readings must agree, so that a state between two events is not evaluated.
 */
import { codeOf, incidentId } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Logger } from '@spyglass/process/logger'
import { type ManagedResource, type ManagementClient, textOf } from '../query/index.ts'
import { type Words, wordsOf } from '../words/index.ts'
import type { Evaluator } from './evaluator.ts'
import { keyOf } from './event-source.ts'
import { type Incident, isOpen } from './incident.ts'

export interface RegistryWatchOptions {
  readonly management: ManagementClient
  readonly evaluator: Evaluator
  readonly logger: Logger
  /** Pause between readings; the first few follow faster, to catch what was missed before the start. Default 10 000. */
  readonly everyMs?: number
  /** Default: English. */
  readonly words?: Words
  readonly now?: () => number
}

export interface RegistryWatch {
  stop(): void
}

/** `gone`: neither the resource nor its instance is there any more. */
type Health = 'well' | 'ill' | 'between' | 'gone'

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
  const { everyMs = 10_000, words = wordsOf(), now = Date.now } = options
  let before: Reading = { time: 0, health: new Map() }
  let readings = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const time = now()
    const health = await readHealth(options, options.evaluator.list())
    if (health && !stopped) {
      const judge = judgeOf({ evaluator: options.evaluator, words }, before.time, time)
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

type Healths = Map<string, Health>

async function readHealth({ management, logger }: RegistryWatchOptions, incidents: readonly Incident[]): Promise<Healths | undefined> {
  try {
    const [servers = [], instances = [], pools = []] = await management.read([kinds.server, kinds.instance, kinds.datasource])
    const names = servers.length === 0 ? undefined : new Set(instances.map(({ values }) => textOf(values['name'])))
    return new Map([
      ...(names ? goneOf(incidents, names) : []),
      ...[...instances, ...pools].map((resource) => [resource.name, healthOf(resource)] as const),
    ])
  } catch (error) {
    logger.debug({ code: codeOf(error) }, 'cannot compare resources with incidents')
    return undefined
  }
}

/** The keeper reports the server together with all instances, also those that are down: one that is missing beside it was removed, unless it is rehearsed. */
function goneOf(incidents: readonly Incident[], names: ReadonlySet<string>): readonly (readonly [resource: string, Health])[] {
  const own = incidents.filter(
    (one) =>
      isOpen(one) &&
      one.origin === undefined &&
      one.attributes['rehearsal'] !== true &&
      (one.rule === 'InstanceDown' || one.rule === 'PoolExhausted'),
  )
  return own.filter(({ resource }) => !names.has(instanceOf(resource))).map(({ resource }) => [resource, 'gone'])
}

const instanceOf = (resource: string): string => keyOf(resource, keyOf(resource, 'type') === 'Instance' ? 'name' : 'instance')

function healthOf({ values }: ManagedResource): Health {
  const state = textOf(values['state'])
  if (WELL.has(state)) return 'well'
  return state === 'exhausted' ? 'ill' : 'between'
}

type Judge = (resource: string, health: Health) => void

interface Judging {
  readonly evaluator: Evaluator
  readonly words: Words
}

function judgeOf({ evaluator, words }: Judging, firstReading: number, now: number): Judge {
  return (resource, health) => {
    const rule = keyOf(resource, 'type') === 'Instance' ? 'InstanceDown' : 'PoolExhausted'
    const open = evaluator.openAt({ rule, resource })
    const isSettled = open !== undefined && open.quietUntil === undefined && open.heardAt + PUSH_DELAY_MS <= firstReading
    if ((health === 'well' || health === 'gone') && isSettled) evaluator.clear({ rule, resource })
    if (health === 'ill' && !open) raiseExhausted({ evaluator, words }, resource, now)
  }
}

/** A down instance is not raised this way: a planned stop looks the same. */
function raiseExhausted({ evaluator, words }: Judging, resource: string, now: number): void {
  evaluator.raise({
    id: incidentId('spyglass.pool.exhausted', resource, now),
    rule: 'PoolExhausted',
    severity: 'critical',
    resource,
    since: now,
    delayMs: 0,
    observed: true,
    summary: words.wasExhausted(resource),
  })
}
