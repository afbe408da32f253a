/** Events of the hour before a page: those this process saw, and those in the events table. */
import { codeOf, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import type { Change } from '../notify/index.ts'
import { numberOf, type QueryClient, textOf, timeParameter } from '../query/index.ts'
import type { Incident } from './incident.ts'

export interface EvidenceOptions {
  readonly query: QueryClient
  readonly logger: Logger
  readonly now?: () => number
}

const BEFORE_MS = 3_600_000
/** A page waits at most this long for its evidence. */
const QUERY_TIMEOUT_MS = 1800
const MAX_CHANGES = 20
const MAX_REMEMBERED = 200

export class Evidence {
  readonly #query: QueryClient
  readonly #logger: Logger
  readonly #now: () => number
  readonly #seen: SpyglassEvent[] = []

  constructor({ query, logger, now = Date.now }: EvidenceOptions) {
    this.#query = query
    this.#logger = logger
    this.#now = now
  }

  /** Remembers an event: the table has it only some seconds later, and not at all while the store is down. */
  remember(event: SpyglassEvent): void {
    this.#seen.push(event)
    if (this.#seen.length > MAX_REMEMBERED) this.#seen.shift()
  }

  /**
   * Changes from an hour before the incident until now, newest first: later events show why it lasts, such as an application
   * that no longer loads. Never throws; without the store it returns what this process saw.
   */
  async changesBefore(incident: Incident): Promise<Change[]> {
    const from = incident.since - BEFORE_MS
    const to = Math.max(incident.since, this.#now())
    const found = new Map<string, { time: number; change: Change }>()
    for (const one of [...this.#remembered(from, to), ...(await this.#stored(from, to))]) {
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

  #remembered(from: number, to: number): Seen[] {
    return this.#seen.filter(({ time }) => time >= from && time <= to)
  }

  async #stored(from: number, to: number): Promise<Seen[]> {
    try {
      const rows = await this.#query.rows('events', {
        parameters: { from: timeParameter(from), to: timeParameter(to), service: '', limit: 100 },
        timeoutMs: QUERY_TIMEOUT_MS,
      })
      return rows.map((row) => ({
        time: numberOf(row['time']),
        name: textOf(row['name']),
        incidentId: textOf(row['incidentId']),
        resource: textOf(row['resource']),
        message: textOf(row['message']),
      }))
    } catch (error) {
      this.#logger.warn({ code: codeOf(error) }, 'sending a page without the events of the store')
      return []
    }
  }
}

interface Seen {
  readonly time: number
  readonly name: string
  readonly incidentId: string
  readonly resource: string
  readonly message: string
}

/** Alert events describe the same incidents again. */
const isChange = ({ name }: Seen): boolean => !name.startsWith('spyglass.alert.')
