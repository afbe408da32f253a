/**
 * Compares incidents with the resources themselves. Events emitted while this process was down are lost to it; what the
 * management endpoint reports is authoritative. Two consecutive readings must agree, so that a state between two events is not evaluated.
 */
import { codeOf, incidentId } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Logger } from '@spyglass/process/logger'
import { type ManagedResource, type ManagementClient, textOf } from '../query/index.ts'
import type { Evaluator, Raise } from './evaluator.ts'
import { keyOf, subjectOf } from './event-source.ts'
import type { Incident } from './incident.ts'

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

/** `gone`: neither the resource nor its instance is there any more. */
type Health = 'well' | 'ill' | 'between' | 'gone'

interface Reading {
  readonly time: number
  readonly found: ReadonlyMap<string, Found>
}

interface Found {
  readonly health: Health
  /** In the resource's own words; empty when it has none. */
  readonly problem: string
}

const FIRST_READINGS = 4
const FIRST_EVERY_MS = 1500
/** Maximum age of what the endpoint reports: resources are pushed to it every second. */
const PUSH_DELAY_MS = 2500

const WELL = new Set(['ready', 'ok', 'degraded', 'started'])
const ILL = new Set(['exhausted', 'failed'])
/** What is away on purpose has no incident. */
const AWAY = new Set(['disabled', 'stopped'])

export function startRegistryWatch(options: RegistryWatchOptions): RegistryWatch {
  const { everyMs = 10_000, now = Date.now } = options
  let before: Reading = { time: 0, found: new Map() }
  let readings = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const time = now()
    const found = await readHealth(options, options.evaluator.list())
    if (found && !stopped) {
      const judge = judgeOf(options.evaluator, before.time, time)
      for (const [resource, one] of found) if (before.found.get(resource)?.health === one.health) judge(resource, one)
      before = { time, found }
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

type Healths = Map<string, Found>

const WATCHED = [kinds.server, kinds.instance, kinds.datasource, kinds.application]

async function readHealth({ management, logger }: RegistryWatchOptions, incidents: readonly Incident[]): Promise<Healths | undefined> {
  try {
    const [servers = [], instances = [], pools = [], applications = []] = await management.read(WATCHED)
    const names = servers.length === 0 ? undefined : new Set(instances.map(nameOf))
    const ready = new Set(instances.filter(({ values }) => values['state'] === 'ready').map(nameOf))
    return new Map([
      ...(names ? goneOf(incidents, names) : []),
      ...[...instances, ...pools, ...applications].map((resource) => [resource.name, foundOf(resource, ready)] as const),
    ])
  } catch (error) {
    logger.debug({ code: codeOf(error) }, 'cannot compare resources with incidents')
    return undefined
  }
}

/** The keeper reports the server together with all instances, also those that are down: one that is missing beside it was removed. */
function goneOf(incidents: readonly Incident[], names: ReadonlySet<string>): readonly (readonly [resource: string, Found])[] {
  const own = incidents.filter(
    ({ rule, origin, state }) => state !== 'resolved' && origin === undefined && Object.values(RULES).includes(rule),
  )
  return own.filter(({ resource }) => !names.has(instanceOf(resource))).map(({ resource }) => [resource, { health: 'gone', problem: '' }])
}

const instanceOf = (resource: string): string => keyOf(resource, keyOf(resource, 'type') === 'Instance' ? 'name' : 'instance')

const nameOf = ({ values }: ManagedResource): string => textOf(values['name'])

/** Applications of an instance that is down have failed with it, and need no incident of their own. */
function foundOf({ name, values }: ManagedResource, ready: ReadonlySet<string>): Found {
  const isOfDownInstance = keyOf(name, 'type') === 'Application' && !ready.has(keyOf(name, 'instance'))
  return { health: isOfDownInstance ? 'between' : healthOf(name, textOf(values['state'])), problem: textOf(values['problem']) }
}

function healthOf(name: string, state: string): Health {
  if (WELL.has(state)) return 'well'
  if (AWAY.has(state)) return 'gone'
  return ILL.has(state) && keyOf(name, 'type') !== 'Instance' ? 'ill' : 'between'
}

/** The rule about the state of a resource, by its type. */
const RULES: Readonly<Record<string, string>> = { Instance: 'InstanceDown', Datasource: 'PoolExhausted', Application: 'ApplicationFailed' }

type Judge = (resource: string, found: Found) => void

function judgeOf(evaluator: Evaluator, firstReading: number, now: number): Judge {
  return (resource, { health, problem }) => {
    const rule = RULES[keyOf(resource, 'type')] ?? ''
    const open = evaluator.openAt({ rule, resource })
    const isSettled = open !== undefined && open.quietUntil === undefined && open.heardAt + PUSH_DELAY_MS <= firstReading
    if ((health === 'well' || health === 'gone') && isSettled) evaluator.clear({ rule, resource })
    if (health === 'ill' && !open)
      evaluator.raise(rule === 'PoolExhausted' ? exhausted(resource, now) : applicationFailed(resource, problem, now))
  }
}

/** A down instance is not raised this way: a planned stop looks the same. */
const exhausted = (resource: string, now: number): Raise => ({
  ...observed(resource, now),
  id: incidentId('spyglass.pool.exhausted', resource, now),
  rule: 'PoolExhausted',
  summary: `${subjectOf(resource)} is exhausted: it already was when alerting started`,
})

/** Each failed attempt to load it is an event; this lasts as long as its instance serves without it. */
const applicationFailed = (resource: string, problem: string, now: number): Raise => ({
  ...observed(resource, now),
  id: incidentId('spyglass.alert.firing', `ApplicationFailed ${resource}`, now),
  rule: 'ApplicationFailed',
  summary: `${subjectOf(resource)} could not be loaded, and its requests are answered with 503${problem && `: ${problem}`}`,
})

const observed = (resource: string, now: number): Omit<Raise, 'id' | 'rule' | 'summary'> => ({
  severity: 'critical',
  resource,
  since: now,
  delayMs: 0,
  observed: true,
})
