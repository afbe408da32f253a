/** Which events raise and clear which alert. The time of arrival counts. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { type Holder, keysOf, ruleOfEvent, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Evaluator, Raise } from './evaluator.ts'

export interface EventSourceOptions {
  readonly alerting: SpyglassConfig['alerting']
  readonly evaluator: Evaluator
  /** Part of the persistent state. */
  readonly crashes: Record<string, number[]>
  readonly now?: () => number
}

const MAX_HEARD = 2000

export class EventSource {
  readonly #alerting: SpyglassConfig['alerting']
  readonly #evaluator: Evaluator
  readonly #crashes: Record<string, number[]>
  readonly #now: () => number
  readonly #heard = new Set<string>()

  constructor({ alerting, evaluator, crashes, now = Date.now }: EventSourceOptions) {
    this.#alerting = alerting
    this.#evaluator = evaluator
    this.#crashes = crashes
    this.#now = now
  }

  /** The collector's own event arrives twice, the second time by OTLP from management: it must not count again, nor raise what has already cleared. */
  onEvent(event: SpyglassEvent): void {
    const rule = ruleOfEvent(event.name)
    const key = `${event.incidentId} ${event.phase}`
    if (rule === undefined || event.phase === 'note' || this.#heard.has(key)) return
    this.#heard.add(key)
    const oldest = this.#heard.values().next().value
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest)
    this.#judge(event, rule)
  }

  #judge(event: SpyglassEvent, rule: string): void {
    if (event.phase === 'clear') this.#evaluator.clear({ rule, resource: event.resource, id: event.incidentId })
    else if (!this.#evaluator.knows(event.incidentId)) {
      this.#evaluator.raise(event.name === 'spyglass.instance.down' ? this.#instanceDown(event) : poolExhausted(event))
    }
  }

  #instanceDown(event: SpyglassEvent): Raise {
    const { instanceDownAfterMs, crashesBeforePage, crashWindowMs } = this.#alerting
    const count = this.#countCrash(event.resource)
    const isLooping = count >= crashesBeforePage
    if (isLooping) delete this.#crashes[event.resource]
    const name = keyOf(event.resource, 'name')
    return {
      ...raiseOf(event, 'InstanceDown'),
      delayMs: isLooping ? 0 : instanceDownAfterMs,
      settleMs: isLooping ? instanceDownAfterMs : 0,
      summary: isLooping
        ? `Instance ${name} crashed ${count} times within ${duration(crashWindowMs)}. ${event.message}`
        : `Instance ${name} has been down for ${duration(instanceDownAfterMs)}. ${event.message}`,
      attributes: { ...event.attributes, reason: isLooping ? 'crash-loop' : 'down' },
    }
  }

  #countCrash(resource: string): number {
    const now = this.#now()
    const recent = (this.#crashes[resource] ?? []).filter((time) => time > now - this.#alerting.crashWindowMs)
    recent.push(now)
    this.#crashes[resource] = recent
    return recent.length
  }
}

function poolExhausted(event: SpyglassEvent): Raise {
  const pool = `Pool ${keyOf(event.resource, 'name')} of ${keyOf(event.resource, 'instance')} is exhausted`
  const longest = event.holders?.toSorted((a, b) => b.heldMs - a.heldMs)[0]
  return {
    ...raiseOf(event, 'PoolExhausted'),
    delayMs: 0, // the pool itself has watched it for exhaustedAfterMs
    summary: longest ? `${pool}: ${holderText(longest)}` : `${pool}. ${event.message}`,
    attributes: event.attributes,
    holders: event.holders ?? [],
  }
}

function raiseOf(event: SpyglassEvent, rule: string): Pick<Raise, 'id' | 'rule' | 'severity' | 'resource' | 'since'> {
  return { id: event.incidentId, rule, severity: event.severity, resource: event.resource, since: event.time }
}

function holderText({ route, location, heldMs }: Holder): string {
  const who = [route, location && `at ${location}`].filter(Boolean).join(' ')
  return `${who || 'a borrower outside any request'} has held a connection for ${duration(heldMs)}`
}

/** Value of one key of an ObjectName, without its quotes; empty when it has no such key. */
export function keyOf(objectName: string, key: string): string {
  return keysOf(objectName)[key] ?? ''
}

/** `15 s`, `2 min`, `350 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}
