/** Events of the hour before a page: those this process saw, and those in the events table. */
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import type { Change } from '../notify/index.ts'
import { numberOf, type QueryClient, type Row, textOf, timeParameter } from '../query/index.ts'
import type { Rule } from '@spyglass/dashboards'
import type { Incident } from './incident.ts'
import { isServiceOf } from './service-of.ts'
import { serviceEvidence } from './service-evidence.ts'

export interface EvidenceOptions {
  readonly query: QueryClient
  readonly logger: Logger
  /** The rules that are judged. Default: none. */
  readonly rules?: readonly Rule[]
  readonly now?: () => number
  /** A page waits at most this long for the store; what comes later is for the console and for reminders. Default 1800. */
  readonly pageWaitsMs?: number
}

const BEFORE_MS = 3_600_000
const QUERY_TIMEOUT_MS = 30_000
const MAX_CHANGES = 20
const MAX_REMEMBERED = 200
const MAX_SERVICES = 1000

export class Evidence {
  readonly #query: QueryClient
  readonly #logger: Logger
  readonly #now: () => number
  readonly #pageWaitsMs: number
  readonly #rules: readonly Rule[]
  readonly #seen: SpyglassEvent[] = []

  constructor({ query, logger, rules = [], now = Date.now, pageWaitsMs = 1800 }: EvidenceOptions) {
    this.#query = query
    this.#logger = logger
    this.#now = now
    this.#pageWaitsMs = pageWaitsMs
    this.#rules = rules
  }

  /** Remembers an event: the table has it only some seconds later, and not at all while the store is down. */
  remember(event: SpyglassEvent): void {
    this.#seen.push(event)
    if (this.#seen.length > MAX_REMEMBERED) this.#seen.shift()
  }

  /**
   * Changes from an hour before the incident until now, newest first: later events show why it lasts, such as an application
   * that no longer loads. Never throws; what the store has not told in time to page goes to `late` once it has.
   */
  async changesBefore(incident: Incident, late: (changes: Change[]) => void): Promise<Change[]> {
    const from = incident.since - BEFORE_MS
    const to = Math.max(incident.since, this.#now())
    const seen = this.#remembered(from, to)
    const stored = this.#stored(from, to)
    const inTime = await Promise.race([stored, delay(this.#pageWaitsMs, undefined, { ref: false })])
    if (inTime) return changesOf(incident, [...seen, ...inTime])
    void stored.then((rows) => late(changesOf(incident, [...seen, ...rows])))
    return changesOf(incident, seen)
  }

  /** Requests of the incident's service that failed in the minutes it lasted; undefined when that is not known in time. Never throws. */
  async failedRequests({ resource, since, resolvedAt = this.#now() }: Incident): Promise<number | undefined> {
    try {
      const rows = await this.#query.rows('services', {
        parameters: { from: timeParameter(since), to: timeParameter(resolvedAt), service: '', limit: MAX_SERVICES },
        timeoutMs: Math.max(1, this.#pageWaitsMs),
      })
      const own = rows.filter((row) => isServiceOf(row, resource))
      return own.length === 0 ? undefined : own.reduce((sum, row) => sum + numberOf(row['errors']), 0)
    } catch (error) {
      this.#logger.debug({ code: codeOf(error) }, 'the store did not say how many requests failed during an incident')
      return undefined
    }
  }

  /** What failed in the service of the incident, and how bad it is against what is usual; nothing of what is not known in time. Never throws. */
  async ofService(incident: Incident): Promise<Pick<Incident, 'service' | 'usual'>> {
    const rule = this.#rules.find(({ name }) => name === incident.rule)
    if (incident.origin !== undefined || incident.attributes['rehearsal'] === true) return {}
    try {
      const asked = serviceEvidence(incident, { query: this.#query, rule, now: this.#now() })
      return (await Promise.race([asked, delay(this.#pageWaitsMs, undefined, { ref: false })])) ?? {}
    } catch (error) {
      this.#logger.debug({ code: codeOf(error) }, 'the store did not say what failed during an incident')
      return {}
    }
  }

  #remembered(from: number, to: number): Seen[] {
    return this.#seen.filter(({ time }) => time >= from && time <= to)
  }

  async #stored(from: number, to: number): Promise<Seen[]> {
    try {
      const rows = await this.#query.rows('events', {
        parameters: { from: timeParameter(from), to: timeParameter(to), service: '', limit: 100 },
        timeoutMs: QUERY_TIMEOUT_MS,
      })
      return rows.map(seenOf)
    } catch (error) {
      this.#logger.warn({ code: codeOf(error) }, 'the store did not say what changed before an incident')
      return []
    }
  }
}

/** A row of the events table. */
export const seenOf = (row: Row): Seen => ({
  time: numberOf(row['time']),
  name: textOf(row['name']),
  incidentId: textOf(row['incidentId']),
  resource: textOf(row['resource']),
  message: textOf(row['message']),
})

interface Seen {
  readonly time: number
  readonly name: string
  readonly incidentId: string
  readonly resource: string
  readonly message: string
}

/** Alert events describe the same incidents again. */
const isChange = ({ name }: Seen): boolean => !name.startsWith('spyglass.alert.')

/** What changed around an incident, newest first: of what was tried again and again the last. */
export function changesOf(incident: Pick<Incident, 'id' | 'since'>, events: readonly Seen[]): Change[] {
  const found = new Map<string, { time: number; change: Change }>()
  for (const one of events) {
    if (isChange(one) && one.incidentId !== incident.id) {
      const { time, name, resource, message } = one
      const repeats = time > incident.since ? message : `${one.incidentId}\n${time}` // each try of a restart fails alike
      if ((found.get(`${name}\n${repeats}`)?.time ?? 0) < time)
        found.set(`${name}\n${repeats}`, { time, change: { time: new Date(time).toISOString(), name, resource, message } })
    }
  }
  return [...found.values()]
    .toSorted((a, b) => b.time - a.time)
    .slice(0, MAX_CHANGES)
    .map(({ change }) => change)
}
