/**
 * The registry holds the live resources of one process and the ones that other processes pushed to it. Getters are synchronous
 * and cheap by contract; expensive readings are shared by `sampled`. It implements no protocol: jolokia/ and prometheus/ read it,
 * keeper-link/ pushes it.
 */
import process from 'node:process'
// File by file: the agent loads this in its host's start, and all of the contract is not needed there.
import { events, incidentId } from '../contract/events.ts'
import type {
  AttributeValue,
  EventName,
  Getters,
  Holder,
  RegistrySnapshot,
  ResourceKeys,
  ResourceKind,
  ResourceSnapshot,
  SpyglassEvent,
} from '../contract/index.ts'
import { objectNameOf } from '../contract/object-name.ts'

/** One managed resource as readers see it, wherever it lives. */
export interface Bean {
  /** ObjectName with its keys in declared order. */
  readonly name: string
  readonly kind: ResourceKind
  readonly keys: ResourceKeys
  /** Name of the process that pushed it; undefined for a resource of this process. */
  readonly source: string | undefined
  /** When its values were read, in milliseconds since the epoch; undefined for a resource of this process, read now. */
  readonly sampledAt: number | undefined
  /** Whether its process has missed three pushes: its values are the last ones known, and its states are `unknown` or not known. */
  readonly isStale: boolean
  /** The value now; undefined when it is not known. Throws what the getter throws. */
  read(attribute: string): AttributeValue | undefined
}

/** What an emitter states; the registry adds phase, severity and, for a raise or a note, the incident id. */
export interface EventInput {
  readonly name: EventName
  readonly resource: string
  readonly message: string
  /** The incident of the raise that this clears. Required for a clear. */
  readonly incidentId?: string
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly holders?: readonly Holder[]
  /** Milliseconds since the epoch; now by default. */
  readonly time?: number
}

export interface RegisterOptions {
  /** Stands back for a pushed bean of the same name, and is not pushed itself. Default false. */
  readonly fallback?: boolean
}

export interface Registry {
  /** Adds a resource; the result takes it out again. A second resource of the same name replaces the first. */
  register<K extends ResourceKind>(kind: K, keys: ResourceKeys, getters: Getters<K>, options?: RegisterOptions): () => void
  /** All beans: those of this process, then the pushed ones, then the fallbacks; of two with one name the first stands. */
  beans(): Iterable<Bean>
  find(name: string): Bean | undefined
  /** Rises whenever a resource comes or goes, not when values change. */
  readonly generation: number
  /** Emits an event to all listeners and returns it, with its incident id. */
  emit(input: EventInput): SpyglassEvent
  /** Passes on an event that another process emitted. */
  relay(event: SpyglassEvent): void
  onEvent(listener: (event: SpyglassEvent) => void): () => void
  /** The values of this process's own resources, for a push. */
  snapshot(): RegistrySnapshot
  /** Applies the push of another process; an empty snapshot forgets that source. */
  adopt(source: string, snapshot: RegistrySnapshot): void
  /** The same for some of its resources: those that are not in the snapshot stay as they are. */
  update(source: string, snapshot: RegistrySnapshot): void
}

export interface RegistryOptions {
  readonly now?: () => number
  /** Age at which pushed values are stale. Default: never. */
  readonly staleAfterMs?: number
  /** Finds the declaration of a pushed resource by the kind's name. */
  readonly kindNamed: (name: string) => ResourceKind | undefined
  /** Called when a listener throws; the emitter never sees the error. Default: a process warning. */
  readonly onListenerError?: (error: unknown) => void
}

/** How often a process pushes its registry. */
export const PUSH_INTERVAL_MS = 1000
/** Three pushes are missing, and the third is half an interval late. */
export const STALE_AFTER_MS = 3.5 * PUSH_INTERVAL_MS

export function createRegistry(options: RegistryOptions): Registry {
  return new LiveRegistry(options)
}

class LiveRegistry implements Registry {
  readonly #now: () => number
  readonly #kindNamed: RegistryOptions['kindNamed']
  readonly #isStale: (sampledAt: number) => boolean
  readonly #onListenerError: (error: unknown) => void
  readonly #own = new Map<string, OwnBean>()
  readonly #fallbacks = new Map<string, OwnBean>()
  readonly #sources = new Map<string, Map<string, PushedBean>>()
  readonly #listeners = new Set<(event: SpyglassEvent) => void>()
  #generation = 1

  constructor({ now = Date.now, staleAfterMs = Number.POSITIVE_INFINITY, kindNamed, onListenerError = warn }: RegistryOptions) {
    this.#now = now
    this.#isStale = (sampledAt) => now() - sampledAt > staleAfterMs
    this.#kindNamed = kindNamed
    this.#onListenerError = onListenerError
  }

  get generation(): number {
    return this.#generation
  }

  *#all(): Iterable<Bean> {
    yield* this.#own.values()
    const seen = new Set(this.#own.keys())
    for (const pushed of this.#sources.values()) {
      for (const bean of pushed.values()) {
        if (seen.has(bean.name)) continue
        seen.add(bean.name)
        yield bean
      }
    }
    for (const bean of this.#fallbacks.values()) if (!seen.has(bean.name)) yield bean
  }

  readonly register: Registry['register'] = (kind, keys, getters, { fallback = false } = {}) => {
    const bean = new OwnBean(kind, keys, getters)
    const home = fallback ? this.#fallbacks : this.#own
    home.set(bean.name, bean)
    this.#generation++
    return () => {
      if (home.get(bean.name) !== bean) return
      home.delete(bean.name)
      this.#generation++
    }
  }

  readonly beans = (): Iterable<Bean> => this.#all()

  readonly find = (name: string): Bean | undefined => {
    const bean = this.#own.get(name)
    if (bean) return bean
    for (const pushed of this.#sources.values()) {
      const found = pushed.get(name)
      if (found) return found
    }
    return this.#fallbacks.get(name)
  }

  readonly emit = (input: EventInput): SpyglassEvent => {
    const event = completeEvent(input, input.time ?? this.#now())
    this.relay(event)
    return event
  }

  readonly relay = (event: SpyglassEvent): void => {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }

  readonly onEvent = (listener: (event: SpyglassEvent) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): RegistrySnapshot => ({ time: this.#now(), resources: [...this.#own.values()].map(snapshotOf) })

  readonly adopt = (source: string, snapshot: RegistrySnapshot): void => {
    const before = this.#sources.get(source)
    const after = this.#pushedBeans(source, snapshot, before)
    if (after.size === 0) this.#sources.delete(source)
    else this.#sources.set(source, after)
    if (!sameNames(before, after)) this.#generation++
  }

  readonly update = (source: string, snapshot: RegistrySnapshot): void => {
    const known = this.#sources.get(source) ?? new Map<string, PushedBean>()
    for (const [name, bean] of this.#pushedBeans(source, snapshot, known)) {
      if (!known.has(name)) this.#generation++
      known.set(name, bean)
    }
    if (known.size > 0) this.#sources.set(source, known)
  }

  /** Resources that stand at the same place as before keep their beans: nothing has to be looked up or named again. */
  #pushedBeans(source: string, { time, resources }: RegistrySnapshot, before?: ReadonlyMap<string, PushedBean>): Map<string, PushedBean> {
    const standing = before?.values()
    const beans = new Map<string, PushedBean>()
    for (const resource of resources) {
      const sampledAt = resource.time ?? time
      const known = standing?.next().value
      const bean = known?.take(resource, sampledAt) ? known : this.#pushedBean(source, resource, sampledAt)
      if (bean) beans.set(bean.name, bean)
    }
    return beans
  }

  #pushedBean(source: string, resource: ResourceSnapshot, sampledAt: number): PushedBean | undefined {
    const kind = this.#kindNamed(resource.kind)
    return kind && new PushedBean(kind, resource, { source, sampledAt, isStale: this.#isStale })
  }
}

class OwnBean implements Bean {
  readonly name: string
  readonly kind: ResourceKind
  readonly keys: ResourceKeys
  readonly source = undefined
  readonly sampledAt = undefined
  readonly isStale = false
  readonly #getters: Readonly<Record<string, () => unknown>>

  constructor(kind: ResourceKind, keys: ResourceKeys, getters: Readonly<Record<string, () => unknown>>) {
    this.name = objectNameOf(kind, keys)
    this.kind = kind
    this.keys = keys
    this.#getters = getters
  }

  read(attribute: string): AttributeValue | undefined {
    return Object.hasOwn(this.#getters, attribute) ? (this.#getters[attribute]?.() as AttributeValue | undefined) : undefined
  }
}

interface Push {
  readonly source: string
  readonly sampledAt: number
  readonly isStale: (sampledAt: number) => boolean
}

class PushedBean implements Bean {
  readonly name: string
  readonly kind: ResourceKind
  readonly source: string
  #sampledAt: number
  #resource: ResourceSnapshot
  readonly #isStale: Push['isStale']

  constructor(kind: ResourceKind, resource: ResourceSnapshot, { source, sampledAt, isStale }: Push) {
    this.name = objectNameOf(kind, resource.keys)
    this.kind = kind
    this.source = source
    this.#sampledAt = sampledAt
    this.#resource = resource
    this.#isStale = isStale
  }

  /** Takes the newer values if they are of the same resource, which they are known to be by the same object of keys. */
  take(resource: ResourceSnapshot, sampledAt: number): boolean {
    if (resource.keys !== this.#resource.keys || resource.kind !== this.#resource.kind) return false
    this.#resource = resource
    this.#sampledAt = sampledAt
    return true
  }

  get keys(): ResourceKeys {
    return this.#resource.keys
  }

  get sampledAt(): number {
    return this.#sampledAt
  }

  get isStale(): boolean {
    return this.#isStale(this.sampledAt)
  }

  read(attribute: string): AttributeValue | undefined {
    if (!Object.hasOwn(this.#resource.values, attribute)) return undefined
    const { role, values, isHistory } = this.kind.attributes[attribute] ?? {}
    if (role !== 'state' || isHistory || !this.isStale) return this.#resource.values[attribute]
    return values?.includes(UNKNOWN) ? UNKNOWN : undefined
  }
}

/** The state of what is not heard of, in kinds that declare it. */
const UNKNOWN = 'unknown'

/** A getter that throws leaves its attribute out of a push: one bad attribute must not cost the others. */
function snapshotOf(bean: OwnBean): ResourceSnapshot {
  const values: Record<string, AttributeValue> = {}
  for (const name of Object.keys(bean.kind.attributes)) {
    const value = readSafely(bean, name)
    if (value !== undefined) values[name] = forTransport(value)
  }
  return { kind: bean.kind.name, keys: bean.keys, values }
}

function readSafely(bean: Bean, attribute: string): AttributeValue | undefined {
  try {
    return bean.read(attribute)
  } catch {
    return undefined // counted nowhere: the reader sees the attribute missing, which is what it means
  }
}

/** The IPC channel is JSON: a bigint would break it, and every long of ours fits a double. */
function forTransport(value: AttributeValue): AttributeValue {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return (value as readonly AttributeValue[]).map(forTransport)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, forTransport(item)]))
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}

function completeEvent(input: EventInput, time: number): SpyglassEvent {
  const { phase, severity } = events[input.name]
  return {
    name: input.name,
    incidentId: input.incidentId ?? incidentId(input.name, input.resource, time),
    phase,
    severity,
    resource: input.resource,
    time,
    message: input.message,
    attributes: input.attributes ?? {},
    ...(input.holders ? { holders: input.holders } : {}),
  }
}

function sameNames(before: ReadonlyMap<string, unknown> | undefined, after: ReadonlyMap<string, unknown>): boolean {
  if (!before || before.size !== after.size) return after.size === 0 && !before
  for (const name of after.keys()) if (!before.has(name)) return false
  return true
}
