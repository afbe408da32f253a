/** The page about an incident. */
import { incidentId, type SpyglassEvent } from '@spyglass/agent/contract'
import { consoleUrl, type SpyglassConfig } from '@spyglass/process/checked-config'
import { labelsOf, type Page, PAGE_VERSION, type PageStatus } from '../notify/index.ts'
import { duration, keyOf, subjectOf } from './event-source.ts'
import { companionsText, groupOf } from './group.ts'
import type { Incident } from './incident.ts'

/** `escalation`: the first page for receivers of what nobody acknowledges. `late`: the first one for those whose hours have begun. */
export type Announcement = Exclude<PageStatus, 'notice' | 'test'> | 'escalation' | 'late'

/** `now`: of a reminder, which says for how long. The id is that of its group, under which people know it. */
export function groupPageOf(incident: Incident, what: Announcement, config: PageConfig, moment: Moment): Page {
  const page = pageOf(incident, what, config, moment.now)
  const [id, all] = [groupOf(incident), moment.all]
  const links = { ...page.links, console: page.links.console.replace(incident.id, id) }
  return { ...page, incidentId: id, links, summary: `${page.summary}${companionsText(incident, all)}` }
}

type PageConfig = Pick<SpyglassConfig, 'server' | 'console'>

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
  const { id, rule, severity, resource, since, resolvedAt, changes, attributes } = incident
  return {
    version: PAGE_VERSION,
    status,
    incidentId: id,
    rule,
    severity,
    summary: summaryOf(incident, what, now),
    server: config.server.name,
    resource,
    startsAt: new Date(since).toISOString(),
    ...(status === 'resolved' && resolvedAt !== undefined ? { endsAt: new Date(resolvedAt).toISOString() } : {}),
    holders,
    links: { console: `${base}/#/incident/${id}`, resource: `${base}/${viewOf(resource)}`, ...(trace ? { trace } : {}) },
    changes,
    attributes,
    ...(incident.acknowledged ? { acknowledgedBy: incident.acknowledged.by } : {}),
  }
}

/** What silences match it by. */
export const labelsOfIncident = (incident: Incident, { server }: Pick<SpyglassConfig, 'server'>): Readonly<Record<string, string>> =>
  labelsOf({ ...incident, incidentId: incident.id, server: server.name })

/** That a server was told to stop: until it starts again, its silence is no failure. */
export function stopNotice(event: SpyglassEvent, config: Pick<SpyglassConfig, 'server' | 'console'>, server: string): Page {
  const base = consoleUrl(config)
  return {
    version: PAGE_VERSION,
    status: 'notice',
    incidentId: event.incidentId,
    rule: 'ServerStopping',
    severity: event.severity,
    summary: `Server ${server} was told to stop. It sends nothing until it is started again.`,
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
  return { ...signOfLife(config, now), status: 'test', rule: 'Test', summary: `This is a test by ${actor}. Nothing is wrong.` }
}

/** What a watchdog gets. */
export function signOfLife(config: PageConfig, now: number): Page {
  const base = consoleUrl(config)
  return {
    version: PAGE_VERSION,
    status: 'notice',
    incidentId: incidentId('spyglass.alert.firing', 'Watchdog', now),
    rule: 'Watchdog',
    severity: 'info',
    summary: `${config.server.name} watches.`,
    server: config.server.name,
    resource: '',
    startsAt: new Date(now).toISOString(),
    holders: [],
    links: { console: `${base}/#/alerts`, resource: `${base}/` },
    changes: [],
    attributes: {},
  }
}

/** The text of each status is its own: what is wrong, for how long it has been, and what it cost once it is over. */
export function summaryOf(incident: Incident, status: Announcement, now: number): string {
  const { summary, since, firedAt = since } = incident
  if (status === 'escalation') return `Nobody has acknowledged it for ${duration(now - firedAt)}. ${summary}`
  if (status === 'resolved') return recoveredText(incident)
  return status === 'reminder' || status === 'late' ? `Still firing after ${duration(now - since)}. ${summary}` : summary
}

function recoveredText({ resource, origin, since, resolvedAt = since, failedRequests = 0 }: Incident): string {
  const server = origin === undefined ? '' : `Server ${origin.slice(0, origin.lastIndexOf('@'))}: `
  const cost = failedRequests === 0 ? '' : `; ${failedRequests} ${failedRequests === 1 ? 'request' : 'requests'} failed`
  return `${server}${subjectOf(resource)} recovered after ${duration(resolvedAt - since)}${cost}.`
}

function viewOf(resource: string): string {
  const type = keyOf(resource, 'type')
  if (type === 'Datasource') return '#/pools'
  return type === 'Service' ? `#/slow?service=${encodeURIComponent(keyOf(resource, 'name'))}` : '#/'
}
