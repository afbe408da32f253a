/**
 * A page in the form of Alertmanager's API v2. It refuses names outside `[a-zA-Z_][a-zA-Z0-9_]*`, values that are not strings and
 * times that are not RFC 3339, and it keeps of an alert only what the last message said: so every message says everything.
 */
import { keysOf } from '@spyglass/agent/contract'
import { wordsOf } from '../words/index.ts'
import { evidenceLines } from './evidence-lines.ts'
import { oneLine } from './one-line.ts'
import type { Page } from './page.ts'

export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt?: string
  readonly generatorURL: string
}

/** An alert without an end expires in Alertmanager after five minutes: a firing one is sent again this often. */
export const RESEND_AFTER_MS = 60_000

/** Longer than Alertmanager usually waits to form a group. */
const NOTICE_LASTS_MS = 300_000

/** Where the API is, from the address in the configuration, which may already name it. */
export function alertmanagerUrl(url: string): string {
  return /\/api\/v2\/alerts\/?$/.test(url) ? url : `${url.replace(/\/+$/, '')}/api/v2/alerts`
}

export function toAlertmanager(page: Page): AlertmanagerAlert {
  return {
    labels: labelsOf(page),
    annotations: dropEmpty({
      summary: page.summary,
      description: [page.summary, ...evidenceLines(page)].map(oneLine).join('\n'),
      changes: page.changes.map((change) => oneLine(wordsOf(page.language).change(change))).join('\n'),
      console: page.links.console,
      trace: page.links.trace ?? '',
      runbook_url: page.links.runbook ?? '',
    }),
    startsAt: page.startsAt,
    ...endOf(page),
    generatorURL: page.links.console,
  }
}

/** What an alert is matched by, here and in Alertmanager. */
export function labelsOf(
  page: Pick<Page, 'attributes' | 'incidentId' | 'resource' | 'rule' | 'server' | 'severity'>,
): Readonly<Record<string, string>> {
  return {
    ...labelsOfResource(page.resource),
    alertname: page.rule,
    severity: page.severity,
    server: serverOf(page),
    resource: page.resource,
    incident_id: page.incidentId,
  }
}

/** Alertmanager knows alerts only: a notice and a test are ones that end by themselves. */
function endOf({ status, startsAt, endsAt }: Page): Pick<AlertmanagerAlert, 'endsAt'> {
  if (status === 'notice' || status === 'test') return { endsAt: new Date(Date.parse(startsAt) + NOTICE_LASTS_MS).toISOString() }
  return endsAt === undefined ? {} : { endsAt }
}

/** The server that it happened on, which need not be the one that pages: two of them may have an instance of the same name. */
function serverOf({ server, attributes }: Pick<Page, 'attributes' | 'server'>): string {
  const { server: other } = attributes
  return typeof other === 'string' && other !== '' ? other : server
}

/** Makes any text a label name: `service.name` becomes `service_name`. */
export function labelName(text: string): string {
  const name = text.replaceAll(/[^a-zA-Z0-9_]/g, '_')
  return /^[a-zA-Z_]/.test(name) ? name : `_${name}`
}

/** Label for the `name` of a resource, by the type of the resource. */
const NAME_LABELS: Readonly<Record<string, string>> = {
  Service: 'service',
  Instance: 'instance',
  Datasource: 'pool',
  Application: 'application',
}

/** The keys of the ObjectName as labels, with unchanged values: Alertmanager accepts any text. */
function labelsOfResource(resource: string): Record<string, string> {
  const { name, ...keys } = keysOf(resource)
  const named = name === undefined ? {} : { [NAME_LABELS[keys['type'] ?? ''] ?? 'name']: name }
  return { ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [labelName(key), value])), ...named }
}

const dropEmpty = (all: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(all).filter(([, v]) => v))
