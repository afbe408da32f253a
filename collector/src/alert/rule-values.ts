/**
 * The numbers that declared rules look at: of resources from management, which has those of all processes, and of services from the
 * roll-up. Rules that are judged at the same moment share one reading.
 */
import { objectNameOf, prometheusLabels, type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { type ManagementClient, numberOf, type QueryClient, textOf, timeParameter } from '../query/index.ts'
import { type Words, wordsOf } from '../words/index.ts'
import { keyOf } from './event-source.ts'

/** One resource or service with what is known of it. */
export interface Subject {
  /** ObjectName. */
  readonly resource: string
  /** By the labels that the other engines give it. */
  readonly labels: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, unknown>>
}

export interface RuleValuesOptions {
  readonly management: ManagementClient
  readonly query: QueryClient
  /** The kinds that some rule looks at. */
  readonly kinds: readonly ResourceKind[]
  /** How long a reading is shared. Default 5000. */
  readonly shareMs?: number
  /** Of what is found. Default: English. */
  readonly words?: Words
  readonly now?: () => number
}

interface Shared {
  readonly until: number
  readonly subjects: Promise<readonly Subject[]>
}

const MAX_SERVICES = 1000
const SERVICE = { name: 'service', domain: 'spyglass', type: 'Service', keys: ['name'], description: '', attributes: {} } as const

export class RuleValues {
  readonly words: Words
  readonly #options: RuleValuesOptions
  readonly #now: () => number
  readonly #shared = new Map<string, Shared>()

  constructor(options: RuleValuesOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.words = options.words ?? wordsOf()
  }

  /** Resources of a kind, without those of an instance that is down: that is an incident of its own. */
  async ofKind(kind: ResourceKind): Promise<readonly Subject[]> {
    const all = await this.#share('kinds', () => this.#readKinds())
    return all.filter(({ values }) => values[KIND] === kind.name)
  }

  /** Services with their requests, errors and durations over a window that ended some time ago, by default now. */
  async services(windowMs: number, agoMs = 0): Promise<readonly Subject[]> {
    return this.#share(`services ${windowMs} ${agoMs}`, async () => {
      const now = this.#now() - agoMs
      const parameters = { from: timeParameter(now - windowMs), to: timeParameter(now), service: '', limit: MAX_SERVICES }
      return (await this.#options.query.rows('services', { parameters })).map(serviceOf)
    })
  }

  /** Services that have reported within a time, with how long ago. */
  async silences(withinMs: number): Promise<readonly Subject[]> {
    const now = this.#now()
    const parameters = { from: timeParameter(now - withinMs), to: timeParameter(now) }
    return (await this.#options.query.rows('silent-services', { parameters })).map(serviceOf)
  }

  #share(key: string, read: () => Promise<readonly Subject[]>): Promise<readonly Subject[]> {
    const known = this.#shared.get(key)
    const now = this.#now()
    if (known && now < known.until) return known.subjects
    const subjects = read()
    this.#shared.set(key, { until: now + (this.#options.shareMs ?? 5000), subjects })
    return subjects
  }

  async #readKinds(): Promise<readonly Subject[]> {
    const wanted = [...new Set([kinds.instance, ...this.#options.kinds])]
    const found = await this.#options.management.read(wanted)
    const instances = new Map((found[0] ?? []).map(({ values }) => [textOf(values['name']), textOf(values['state'])]))
    const isDown = (subject: Subject): boolean => DOWN.has(instances.get(instanceOf(subject.resource)) ?? '')
    return wanted
      .flatMap((kind, at) => (found[at] ?? []).map(({ name, values }) => subjectOfResource(kind, name, values)))
      .filter((subject) => subject.values[KIND] === 'instance' || !isDown(subject))
  }
}

/** Which kind a subject is of, beside its attributes. */
const KIND = '(kind)'
const DOWN = new Set(['down', 'failed', 'starting'])

const instanceOf = (resource: string): string => keyOf(resource, 'instance') || keyOf(resource, 'process')

function subjectOfResource(kind: ResourceKind, name: string, values: Readonly<Record<string, unknown>>): Subject {
  const keys = Object.fromEntries(kind.keys.map((key) => [key, keyOf(name, key)]))
  return { resource: name, labels: prometheusLabels(kind, keys), values: { ...values, [KIND]: kind.name } }
}

/** A service is not a managed resource; its name has the form of one so that all alerts are addressed the same way. */
function serviceOf(row: Readonly<Record<string, unknown>>): Subject {
  const service = textOf(row['service'])
  return { resource: objectNameOf(SERVICE, { name: service }), labels: { service }, values: row }
}

/** Undefined when it is not known. */
export function numberIn({ values }: Subject, attribute: string): number | undefined {
  const value = values[attribute]
  if (typeof value === 'boolean') return value ? 1 : 0
  return value === undefined || value === null || value === '' ? undefined : numberOf(value)
}
