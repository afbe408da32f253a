/**
 * An incident as one HTML file that is read offline: for a report, a ticket, an archive. It loads nothing, runs nothing, and holds no secrets: what
 * people typed is searched for them like what applications wrote, of which the collector has removed them before.
 */
import { redactText } from '@spyglass/agent/redact'
import { numberOf, type Row, textOf } from '../../query/index.ts'
import type { Language } from '../../words/index.ts'
import { type Heading, type Headings, headingsOf } from './file-words.ts'
import type { IncidentRoom } from './incident-room.ts'
import { signalSvg } from './signal-svg.ts'

export interface IncidentFileOptions {
  /** Name of the server. */
  readonly server: string
  /** Default: English. */
  readonly language?: Language
  readonly now: number
}

export function incidentFile(room: IncidentRoom, { server, language = 'en', now }: IncidentFileOptions): string {
  const { incident, rule } = room
  const t = headingsOf(language)
  const title = t('{rule} of {server}', { rule: incident.rule || t('Event'), server })
  const sections = [
    `<h1>${escaped(title)}</h1><p class="summary">${escaped(incident.summary)}</p>${facts(room, t)}`,
    section(
      t('What happened'),
      table(
        [t('Time'), t('What'), ''],
        room.timeline.map(({ time, type, text }) => [stamp(time), type, text]),
      ),
    ),
    room.signal ? section(room.signal.title, signalSvg(room.signal, room.incident)) : '',
    section(t('Who held connections'), holders(room, t)),
    section(t('Routes that failed'), rowsTable(room.routes, { Route: 'route', Requests: 'requests', Failed: 'errors' }, t)),
    section(
      t('Errors'),
      rowsTable(room.errors, { Type: 'type', Message: 'message', Where: 'location', Count: 'errors', Trace: 'traceId' }, t),
    ),
    section(
      t('Failed requests'),
      rowsTable(room.requests, { Route: 'route', Status: 'status', 'Time in ms': 'durationMs', Trace: 'traceId' }, t),
    ),
    section(
      t('What changed before'),
      table(
        [t('Time'), t('What')],
        room.changes.map(({ time, message }) => [time, message]),
      ),
    ),
    section(t('Log'), table([t('Time'), t('Severity'), t('Text')], room.logs.map(logLine))),
    rule ? section(t('What to do'), `<p>${escaped(rule.help)}</p><p>${escaped(rule.runbook)}</p>`) : '',
    ...room.problems.map(({ part, code, message }) => `<p>${t('Missing: ')}${escaped(`${part}: ${code} ${message}`)}</p>`),
    `<footer>${t('Written {time} by Spyglass. Times are UTC.', { time: stamp(now) })}</footer>`,
  ]
  return document(title, sections.join('\n'), language)
}

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;max-width:1100px;margin:24px auto;padding:0 16px;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:3px 10px 3px 0;border-bottom:1px solid #8884;overflow-wrap:anywhere}
td:first-child{white-space:nowrap;font-variant-numeric:tabular-nums}h2{margin:28px 0 6px;font-size:16px}.summary{font-size:16px}
dt{font-weight:600}dl{display:grid;grid-template-columns:max-content auto;gap:2px 14px}dd{margin:0}svg{width:100%;height:auto}footer{margin-top:28px;opacity:.7}`

/** The policy holds wherever the file is opened: even a mistake in the escaping would run nothing. */
const document = (title: string, body: string, language: Language): string => `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`

function facts({ incident, service }: IncidentRoom, t: Headings): string {
  const { id, severity, state, resource, since, resolvedAt, acknowledged, failedRequests } = incident
  const all: readonly (readonly [Heading, string | undefined])[] = [
    ['State', state],
    ['Severity', severity],
    ['Resource', resource],
    ['Service', service],
    ['Began', stamp(since)],
    ['Ended', resolvedAt === undefined ? undefined : stamp(resolvedAt)],
    ['Failed requests', failedRequests === undefined ? undefined : String(failedRequests)],
    ['Taken care of by', acknowledged && `${acknowledged.by} ${acknowledged.note}`],
    ['Incident', id],
  ]
  return `<dl>${all.map(([name, value]) => (value ? `<dt>${t(name)}</dt><dd>${escaped(value)}</dd>` : '')).join('')}</dl>`
}

const section = (title: string, content: string): string =>
  content === '' ? '' : `<section><h2>${escaped(title)}</h2>${content}</section>`

/** Empty without rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`
}

function rowsTable(rows: readonly Row[], columns: Readonly<Partial<Record<Heading, string>>>, t: Headings): string {
  return table(
    (Object.keys(columns) as Heading[]).map((heading) => t(heading)),
    rows.map((row) => Object.values(columns).map((column) => cellOf(row[column]))),
  )
}

const cellOf = (value: unknown): string => (typeof value === 'number' ? String(Math.round(value * 10) / 10) : textOf(value))

function holders({ incident }: IncidentRoom, t: Headings): string {
  const rows = incident.holders.toSorted((a, b) => b.heldMs - a.heldMs)
  return table(
    [t('Connection'), t('Held'), t('Route'), t('Borrowed at'), t('Last statement'), t('Trace')],
    rows.map(({ connection, heldMs, route, location, statement, traceId }) => [
      `#${connection}`,
      `${(heldMs / 1000).toFixed(1)} s`,
      route,
      location,
      statement,
      traceId,
    ]),
  )
}

const logLine = (row: Row): readonly string[] => [stamp(numberOf(row['time'])), textOf(row['severity']), textOf(row['body'])]
const stamp = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text without secrets, as text of HTML. */
export const escaped = (text: string): string => redactText(text).replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
