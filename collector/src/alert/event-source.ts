/** Which events raise and clear which alert. The time of arrival counts. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { type Holder, keysOf, ruleOfEvent, serviceInstanceId, type SpyglassEvent } from '@spyglass/agent/contract'
import { type Words, wordsOf } from '../words/index.ts'
import type { Evaluator, Raise } from './evaluator.ts'

export interface EventSourceOptions {
  readonly alerting: SpyglassConfig['alerting']
  readonly evaluator: Evaluator
  /** Part of the persistent state. */
  readonly crashes: Record<string, number[]>
  /** UUID of the collector's own server; undefined as long as none is kept, when the disk was full at the first start. Every sender counts as ours then. */
  readonly serverId?: () => string | undefined
  readonly now?: () => number
}

/** Who sent an event. */
export interface EventSender {
  /** Name of its server. */
  readonly server: string
  /** `service.instance.id`: `management@9f8e7d6c`. */
  readonly instance: string
}

const MAX_HEARD = 2000

export class EventSource {
  readonly #alerting: SpyglassConfig['alerting']
  readonly #evaluator: Evaluator
  readonly #crashes: Record<string, number[]>
  readonly #serverId: () => string | undefined
  readonly #words: Words
  readonly #now: () => number
  readonly #heard = new Set<string>()

  constructor({ alerting, evaluator, crashes, serverId = () => undefined, now = Date.now }: EventSourceOptions) {
    this.#serverId = serverId
    this.#alerting = alerting
    this.#words = wordsOf(alerting.language)
    this.#evaluator = evaluator
    this.#crashes = crashes
    this.#now = now
  }

  /** The collector's own event arrives twice, the second time by OTLP from management: it must not count again, nor raise what has already cleared. */
  onEvent(event: SpyglassEvent, sender?: EventSender): void {
    const rule = ruleOfEvent(event.name)
    const origin = this.#originOf(sender)
    const key = `${event.incidentId} ${event.phase} ${origin ?? ''}`
    if (rule === undefined || event.phase === 'note' || this.#heard.has(key)) return
    this.#heard.add(key)
    const oldest = this.#heard.values().next().value
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest)
    this.#judge(event, rule, origin)
  }

  /** Another server of the same token has instances of the same names. */
  #originOf(sender: EventSender | undefined): string | undefined {
    const at = sender?.instance.lastIndexOf('@') ?? -1
    if (!sender || at < 0) return undefined
    const digits = sender.instance.slice(at)
    const serverId = this.#serverId()
    return serverId === undefined || digits === serviceInstanceId('', serverId) ? undefined : `${sender.server}${digits}`
  }

  #judge(event: SpyglassEvent, rule: string, origin: string | undefined): void {
    if (event.phase === 'clear') this.#evaluator.clear({ rule, resource: event.resource, origin, id: event.incidentId })
    else if (!this.#evaluator.knows(event.incidentId)) {
      const raise = event.name === 'spyglass.instance.down' ? this.#instanceDown(event, origin) : poolExhausted(event, this.#words)
      this.#evaluator.raise(origin === undefined ? raise : fromAfar(raise, origin, this.#words))
    }
  }

  #instanceDown(event: SpyglassEvent, origin: string | undefined): Raise {
    const { instanceDownAfterMs, crashesBeforePage, crashWindowMs } = this.#alerting
    const key = origin === undefined ? event.resource : `${origin} ${event.resource}`
    const count = this.#countCrash(key)
    const isLooping = count >= crashesBeforePage
    if (isLooping) delete this.#crashes[key]
    const name = keyOf(event.resource, 'name')
    return {
      ...raiseOf(event, 'InstanceDown'),
      delayMs: isLooping ? 0 : instanceDownAfterMs,
      settleMs: isLooping ? instanceDownAfterMs : 0,
      summary: isLooping
        ? this.#words.crashLoop({ name, count, withinMs: crashWindowMs, message: event.message })
        : this.#words.instanceDown(name, event.message),
      attributes: { ...event.attributes, reason: isLooping ? 'crash-loop' : 'down' },
    }
  }

  #countCrash(key: string): number {
    const now = this.#now()
    const recent = (this.#crashes[key] ?? []).filter((time) => time > now - this.#alerting.crashWindowMs)
    recent.push(now)
    this.#crashes[key] = recent
    return recent.length
  }
}

/** The name of the server is in the page: the resource alone does not say whose it is. */
function fromAfar(raise: Raise, origin: string, words: Words): Raise {
  const server = origin.slice(0, origin.lastIndexOf('@'))
  return { ...raise, origin, summary: words.ofServer(server, raise.summary), attributes: { ...raise.attributes, server } }
}

function poolExhausted(event: SpyglassEvent, words: Words): Raise {
  return {
    ...raiseOf(event, 'PoolExhausted'),
    delayMs: 0, // the pool itself has watched it for exhaustedAfterMs
    summary: exhaustedText(event.resource, event.holders ?? [], words) ?? words.isExhausted(event.resource, saidBy(event, words)),
    attributes: event.attributes,
    holders: event.holders ?? [],
  }
}

/** That a pool is exhausted, and who has held a connection longest; undefined without holders. */
export function exhaustedText(resource: string, holders: readonly Holder[], words: Words): string | undefined {
  const longest = holders.toSorted((a, b) => b.heldMs - a.heldMs)[0]
  return longest && words.exhausted(resource, longest)
}

/** A rehearsal says in the language of the pages who began it. */
function saidBy({ attributes: { rehearsal, by }, message }: SpyglassEvent, words: Words): string {
  return rehearsal === true && typeof by === 'string' ? words.rehearsal(by) : message
}

function raiseOf(event: SpyglassEvent, rule: string): Pick<Raise, 'id' | 'rule' | 'severity' | 'resource' | 'since'> {
  return { id: event.incidentId, rule, severity: event.severity, resource: event.resource, since: event.time }
}

/** Value of one key of an ObjectName, without its quotes; empty when it has no such key. */
export function keyOf(objectName: string, key: string): string {
  return keysOf(objectName)[key] ?? ''
}
