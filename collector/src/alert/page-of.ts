/** The page about an incident. */
import { incidentId, type SpyglassEvent } from '@spyglass/agent/contract'
import { consoleUrl, type SpyglassConfig } from '@spyglass/process/checked-config'
import { labelsOf, type Page, PAGE_VERSION, type PageStatus } from '../notify/index.ts'
import type { Rule } from '@spyglass/dashboards'
import { type Words, wordsOf } from '../words/index.ts'
import { keyOf } from './event-source.ts'
import { companionsText, groupOf } from './group.ts'
import type { Incident, ServiceEvidence } from './incident.ts'
import { runbookLink } from './runbook-link.ts'

/** `escalation`: the first page for receivers of what nobody acknowledges. `late`: the first one for those whose hours have begun. */
export type Announcement = Exclude<PageStatus, 'notice' | 'test'> | 'escalation' | 'late'

/** `now`: of a reminder, which says for how long. The id is that of its group, under which people know it. */
export function groupPageOf(incident: Incident, what: Announcement, config: PageConfig, moment: Moment): Page {
  const page = pageOf(incident, what, config, moment.now)
  const [id, all] = [groupOf(incident), moment.all]
  const links = { ...page.links, console: page.links.console.replace(incident.id, id) }
  return { ...page, incidentId: id, links, summary: `${page.summary}${companionsText(incident, all, wordsOf(page.language))}` }
}

/** `rules`: those that are judged, which name their runbooks. */
export interface PageConfig extends Pick<SpyglassConfig, 'server' | 'console' | 'alerting'> {
  readonly rules?: readonly Rule[]
}

interface Moment {
  /** All incidents, oldest first. */
  readonly all: readonly Incident[]
  readonly now: number
}

/** `now`: of a reminder, which says for how long. */
export function pageOf(incident: Incident, what: Announcement, config: PageConfig, now: number): Page {
  const status = what === 'escalation' || what === 'late' ? 'firing' : what
  const base = consoleUrl(config)
  const traceLink = (traceId: string): string => (traceId ? `${base}/#/trace/${traceId}` : '')
  const holders = incident.holders.map((holder) => ({ ...holder, link: traceLink(holder.traceId) }))
  const trace = holders.toSorted((a, b) => b.heldMs - a.heldMs).find(({ link }) => link)?.link
  const { id, rule, severity, resource, since, resolvedAt, changes, service, usual, attributes } = incident
  const runbook = runbookLink(rule, base, config.rules)
  return {
    version: PAGE_VERSION,
    language: config.alerting.language,
    status,
    incidentId: id,
    rule,
    severity,
    summary: summaryOf(incident, what, { now, language: config.alerting.language }),
    server: config.server.name,
    resource,
    startsAt: new Date(since).toISOString(),
    ...(status === 'resolved' && resolvedAt !== undefined ? { endsAt: new Date(resolvedAt).toISOString() } : {}),
    holders,
    ...(service ? { service: { ...service, exceptions: service.exceptions.map((one) => exceptionOf(one, traceLink)) } } : {}),
    ...(usual ? { usual } : {}),
    links: {
      console: `${base}/#/incident/${id}`,
      resource: `${base}/${viewOf(resource, { since, until: resolvedAt ?? now })}`,
      ...(trace ? { trace } : {}),
      ...(runbook === undefined ? {} : { runbook }),
    },
    changes,
    attributes,
    ...(incident.acknowledged ? { acknowledgedBy: incident.acknowledged.by } : {}),
  }
}

/** What silences match it by. */
export const labelsOfIncident = (incident: Incident, { server }: Pick<SpyglassConfig, 'server'>): Readonly<Record<string, string>> =>
  labelsOf({ ...incident, incidentId: incident.id, server: server.name })

/** That a server was told to stop: until it starts again, its silence is no failure. */
export function stopNotice(event: SpyglassEvent, config: PageConfig, server: string): Page {
  const base = consoleUrl(config)
  return {
    version: PAGE_VERSION,
    language: config.alerting.language,
    status: 'notice',
    incidentId: event.incidentId,
    rule: 'ServerStopping',
    severity: event.severity,
    summary: wordsOf(config.alerting.language).stopping(server),
    server: config.server.name,
    resource: event.resource,
    startsAt: new Date(event.time).toISOString(),
    holders: [],
    links: { console: `${base}/`, resource: `${base}/` },
    changes: [],
    attributes: { server },
  }
}

/** A page with which somebody tries a receiver. */
export function testPage(actor: string, config: PageConfig, now: number): Page {
  return { ...signOfLife(config, now), status: 'test', rule: 'Test', summary: wordsOf(config.alerting.language).test(actor) }
}

/** What a watchdog gets. */
export function signOfLife(config: PageConfig, now: number): Page {
  const base = consoleUrl(config)
  return {
    version: PAGE_VERSION,
    language: config.alerting.language,
    status: 'notice',
    incidentId: incidentId('spyglass.alert.firing', 'Watchdog', now),
    rule: 'Watchdog',
    severity: 'info',
    summary: wordsOf(config.alerting.language).watches(config.server.name),
    server: config.server.name,
    resource: '',
    startsAt: new Date(now).toISOString(),
    holders: [],
    links: { console: `${base}/#/alerts`, resource: `${base}/` },
    changes: [],
    attributes: {},
  }
}

interface Telling {
  readonly now: number
  readonly language: Page['language']
}

/** The text of each status is its own: what is wrong, for how long it has been, and what it cost once it is over. */
export function summaryOf(incident: Incident, status: Announcement, { now, language }: Telling): string {
  const { summary, since, firedAt = since } = incident
  const words = wordsOf(language)
  if (status === 'escalation') return `${words.unacknowledged(now - firedAt)}${summary}`
  if (status === 'resolved') return recoveredText(incident, words)
  return status === 'reminder' || status === 'late' ? `${words.stillFiring(now - since)}${summary}` : summary
}

function recoveredText({ resource, origin, since, resolvedAt = since, failedRequests = 0 }: Incident, words: Words): string {
  const text = words.recovered({ subject: words.subject(resource), ms: resolvedAt - since, failedRequests })
  return origin === undefined ? text : words.ofServer(origin.slice(0, origin.lastIndexOf('@')), text)
}

const exceptionOf = (
  { traceId, ...exception }: ServiceEvidence['exceptions'][number],
  link: (traceId: string) => string,
): NonNullable<Page['service']>['exceptions'][number] => ({ ...exception, link: link(traceId) })

const AROUND_MS = 900_000

/** In the time of the incident, whatever range the console shows otherwise: the link works for as long as the data is kept. */
function viewOf(resource: string, { since, until }: { readonly since: number; readonly until: number }): string {
  const type = keyOf(resource, 'type')
  const range = `from=${since - AROUND_MS}&to=${until + AROUND_MS}`
  if (type === 'Datasource') return `#/pools?${range}`
  return type === 'Service' ? `#/slow?service=${encodeURIComponent(keyOf(resource, 'name'))}&${range}` : `#/?${range}`
}
