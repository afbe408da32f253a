/**
 * Everything about one incident, for its address in the console and for the file that is read offline. The time range is the incident's own. Each
 * part is asked for by itself: what the store does not say is named, and the rest is shown.
 */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { Rule } from '@spyglass/dashboards'
import { type Alerting, changesOf, isServiceOf, keyOf, runbookLink, seenOf, type Signal, signalOf } from '../../alert/index.ts'
import { type Language, wordsOf } from '../../words/index.ts'
import { type QueryClient, type Row, textOf, timeParameter } from '../../query/index.ts'
import { eventOfRow, type KnownEvent, type KnownIncident, knownIncident } from './known-incident.ts'
import { type CoveringSilence, type Moment, timelineOf } from './timeline.ts'

export interface IncidentRoomOptions {
  readonly query: Pick<QueryClient, 'rows'>
  readonly alerting: Pick<Alerting, 'incidents' | 'silencesAbout' | 'waiting' | 'rules'> | undefined
  /** Default: English. */
  readonly language?: Language
  readonly now: () => number
}

/** What the rule says, and where its page for the person on call is. */
interface ShownRule extends Pick<Rule, 'name' | 'text' | 'help' | 'runbook'> {
  /** Absent where there is no such page. In the console it has no host. */
  readonly runbookLink?: string
}

export interface IncidentRoom {
  readonly incident: Omit<KnownIncident, 'present'>
  readonly rule?: ShownRule
  readonly timeline: readonly Moment[]
  /** Pages that no receiver has accepted yet. */
  readonly waiting: ReturnType<Alerting['waiting']>
  readonly range: { readonly from: number; readonly to: number }
  readonly signal?: Signal
  readonly service: string
  readonly changes: ReturnType<typeof changesOf>
  /** Routes of the service with failed requests; those that failed most first. */
  readonly routes: readonly Row[]
  readonly errors: readonly Row[]
  readonly requests: readonly Row[]
  readonly logs: readonly Row[]
  /** What could not be read, and why. */
  readonly problems: readonly { readonly part: string; readonly code: string; readonly message: string }[]
}

const MINUTE_MS = 60_000
const BEFORE_MS = 60 * MINUTE_MS
const CHART_AROUND_MS = 15 * MINUTE_MS
/** A chart of a longer incident shows its beginning. */
const MAX_CHART_MS = 6 * 60 * MINUTE_MS
const LOGS_AROUND_MS = MINUTE_MS
const MAX_LOGS_MS = 10 * MINUTE_MS
const MAX_EVENTS = 1000
const MAX_SERVICES = 1000
const MAX_LOGS = 200
const MAX_ROWS = 10
const MAX_IDS = 20

/** Undefined for an id that neither the evaluator nor the store knows. @throws SPY_QUERY_… when only the store could know it */
export async function incidentRoom(id: string, options: IncidentRoomOptions): Promise<IncidentRoom | undefined> {
  const gathering = new Gathering(options)
  const present = presentOf(id, options)
  const happened = await gathering.events([id, ...(present ? [present.id, ...(present.cleared ?? []), ...present.open] : [])])
  const incident = knownIncident(id, present, happened)
  if (!incident) {
    if (gathering.failure) throw gathering.failure
    return undefined
  }
  return gathering.all(incident, happened)
}

/** Also by the id of a raise that an incident took in. */
function presentOf(id: string, { alerting }: IncidentRoomOptions) {
  const all = alerting?.incidents() ?? []
  return all.find((one) => one.id === id) ?? all.find(({ open, cleared = [] }) => open.includes(id) || cleared.includes(id))
}

class Gathering {
  readonly #options: IncidentRoomOptions
  readonly #problems: { part: string; code: string; message: string }[] = []
  failure: unknown

  constructor(options: IncidentRoomOptions) {
    this.#options = options
  }

  /** Of all its ids, oldest first. */
  async events(ids: readonly string[]): Promise<readonly KnownEvent[]> {
    const incident = [...new Set(ids)].slice(0, MAX_IDS).join(',')
    const rows = await this.#rows('timeline', 'incident-events', { incident, limit: MAX_EVENTS })
    return rows.map((row) => eventOfRow({ ...row, holders: holdersIn(row['holders']) })).toReversed()
  }

  async all(incident: KnownIncident, happened: readonly KnownEvent[]): Promise<IncidentRoom> {
    const { alerting } = this.#options
    const range = rangeOf(incident, this.#options.now())
    const service = await this.#serviceOf(incident, range)
    const rule = alerting?.rules.find(({ name }) => name === incident.rule)
    const [signal, changes, evidence] = await Promise.all([
      this.#signal(incident, rule, { service, range }),
      this.#changes(incident, range),
      this.#evidence(incident, service, range),
    ])
    const { present: _, ...shown } = incident
    return {
      incident: shown,
      ...(rule ? { rule: shownRule(rule, this.#options.language) } : {}),
      timeline: timelineOf(incident, happened, this.#covering(incident)),
      waiting: alerting?.waiting(incident.id) ?? [],
      range,
      ...(signal ? { signal } : {}),
      service,
      changes,
      ...evidence,
      problems: this.#problems,
    }
  }

  /** Its own name, or the one whose instance has the resource. */
  async #serviceOf({ resource }: KnownIncident, { from, to }: IncidentRoom['range']): Promise<string> {
    if (keyOf(resource, 'type') === 'Service') return keyOf(resource, 'name')
    const parameters = { from: timeParameter(from), to: timeParameter(to), service: '', limit: MAX_SERVICES }
    const rows = await this.#rows('service', 'services', parameters)
    return textOf(rows.find((row) => isServiceOf(row, resource))?.['service'])
  }

  async #signal(
    { resource, since, resolvedAt }: KnownIncident,
    rule: Rule | undefined,
    { service, range }: { readonly service: string; readonly range: IncidentRoom['range'] },
  ): Promise<Signal | undefined> {
    const from = floorMinute(since - CHART_AROUND_MS)
    const to = Math.min(range.to, (resolvedAt ?? range.to) + CHART_AROUND_MS, from + MAX_CHART_MS)
    const question = { query: this.#options.query, rule, resource, service, from, to, stepSeconds: to - from > 7_200_000 ? 120 : 60 }
    return this.#part('chart', undefined, () => signalOf(question))
  }

  async #changes(incident: KnownIncident, { from, to }: IncidentRoom['range']): Promise<IncidentRoom['changes']> {
    if (incident.present && incident.present.changes.length > 0) return [...incident.present.changes]
    const rows = await this.#rows('changes', 'events', { from: timeParameter(from), to: timeParameter(to), service: '', limit: 100 })
    return changesOf(incident, rows.map(seenOf))
  }

  async #evidence(
    incident: KnownIncident,
    service: string,
    range: IncidentRoom['range'],
  ): Promise<Pick<IncidentRoom, 'routes' | 'errors' | 'requests' | 'logs'>> {
    const [from, to] = [timeParameter(floorMinute(incident.since)), timeParameter(range.to)]
    const during = { from, to, service, limit: MAX_ROWS }
    const kept = { ...during, route: '', keepReason: 'error', offset: 0 }
    const nothing: Promise<readonly Row[]> = Promise.resolve([])
    const [routes, errors, requests, logs] = await Promise.all([
      service === '' ? nothing : this.#rows('routes', 'red-totals', { ...during, limit: MAX_LOGS }),
      service === '' ? nothing : this.#rows('exceptions', 'errors', { ...during, step: 3600 }),
      service === '' ? nothing : this.#rows('failed requests', 'slow-requests', kept),
      this.#logs(incident, range),
    ])
    const failing = routes.filter((row) => Number(row['errors']) > 0).toSorted((a, b) => Number(b['errors']) - Number(a['errors']))
    return { routes: failing.slice(0, MAX_ROWS), errors, requests, logs }
  }

  async #logs({ since, resource }: KnownIncident, { to }: IncidentRoom['range']): Promise<readonly Row[]> {
    const type = keyOf(resource, 'type')
    const service = type === 'Service' ? keyOf(resource, 'name') : ''
    const instance = type === 'Instance' ? keyOf(resource, 'name') : keyOf(resource, 'instance') || keyOf(resource, 'process')
    const [from, until] = [since - LOGS_AROUND_MS, Math.min(to, since + MAX_LOGS_MS)]
    const parameters = { from: timeParameter(from), to: timeParameter(until), service, instance, limit: MAX_LOGS }
    const rows = await this.#rows('log', 'incident-logs', parameters)
    return rows.toSorted((a, b) => Number(a['time']) - Number(b['time']))
  }

  #covering({ present }: KnownIncident): readonly CoveringSilence[] {
    return present ? (this.#options.alerting?.silencesAbout(present) ?? []) : []
  }

  #rows(part: string, name: Parameters<QueryClient['rows']>[0], parameters: Readonly<Record<string, string | number>>) {
    return this.#part<readonly Row[]>(part, [], () => this.#options.query.rows(name, { parameters }))
  }

  async #part<T>(part: string, otherwise: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      this.failure ??= error
      this.#problems.push({ part, code: codeOf(error) ?? '', message: messageOf(error) })
      return otherwise
    }
  }
}

function shownRule(rule: Rule, language?: Language): ShownRule {
  const { name, text, help, runbook } = rule
  const words = wordsOf(language)
  const link = runbookLink(name, '', [rule])
  return {
    name,
    text: words.ruleText(name, text),
    help: words.ruleHelp(name, help),
    runbook,
    ...(link === undefined ? {} : { runbookLink: link }),
  }
}

/** From an hour before it, so that what led to it is in it, to a quarter of an hour after its end. */
function rangeOf({ since, resolvedAt }: KnownIncident, now: number): IncidentRoom['range'] {
  return { from: since - BEFORE_MS, to: Math.max(since + MINUTE_MS, Math.min(now, (resolvedAt ?? now) + CHART_AROUND_MS)) }
}

const floorMinute = (ms: number): number => ms - (ms % MINUTE_MS)

/** The column holds JSON; invalid JSON is shown as no holders rather than as an error. */
export function holdersIn(column: unknown): readonly unknown[] {
  const text = textOf(column)
  try {
    const parsed: unknown = text === '' ? [] : JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return [] // written by another sender: unreadable values are not shown
  }
}
