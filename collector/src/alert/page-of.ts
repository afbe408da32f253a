/** The page about an incident. */
import { consoleUrl, type SpyglassConfig } from '@spyglass/process/checked-config'
import { type Page, PAGE_VERSION, type PageStatus } from '../notify/index.ts'
import { duration, keyOf } from './event-source.ts'
import type { Incident } from './incident.ts'

/** `now`: of a reminder, which says for how long. */
export function pageOf(incident: Incident, status: PageStatus, config: Pick<SpyglassConfig, 'server' | 'console'>, now: number): Page {
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
    summary: summaryOf(incident, status, now),
    server: config.server.name,
    resource,
    startsAt: new Date(since).toISOString(),
    ...(status === 'resolved' && resolvedAt !== undefined ? { endsAt: new Date(resolvedAt).toISOString() } : {}),
    holders,
    links: { console: `${base}/#/alerts?incident=${id}`, resource: `${base}/${viewOf(resource)}`, ...(trace ? { trace } : {}) },
    changes,
    attributes,
  }
}

function summaryOf({ summary, since, resolvedAt = since }: Incident, status: PageStatus, now: number): string {
  if (status === 'resolved') return `Recovered after ${duration(resolvedAt - since)}. ${summary}`
  return status === 'reminder' ? `Still firing after ${duration(now - since)}. ${summary}` : summary
}

function viewOf(resource: string): string {
  const type = keyOf(resource, 'type')
  if (type === 'Datasource') return '#/pools'
  return type === 'Service' ? `#/slow?service=${encodeURIComponent(keyOf(resource, 'name'))}` : '#/'
}
