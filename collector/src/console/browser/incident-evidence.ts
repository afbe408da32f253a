/** What failed during an incident: routes, errors, requests and log lines, each with its link to a trace. */
import type { FailedKind, LogRecord, RouteTotal, SlowRequest } from './api-types.ts'
import { type Child, h } from './dom.ts'
import { count, milliseconds, percent, time, timestamp } from './format.ts'
import { t } from './language.ts'
import { badge, codePlace, nothing, traceLink } from './parts.ts'

interface Column<R> {
  readonly label: string
  readonly cell: (row: R) => Child
  readonly class?: string
}

/** A table in the order of its rows: sorting belongs to the views that have nothing but their table. */
function plainTable<R>(caption: string, columns: readonly Column<R>[], rows: readonly R[]): HTMLElement {
  const head = columns.map(({ label, class: name = '' }) => h('th', { scope: 'col', class: name }, label))
  const body = rows.map((row) =>
    h(
      'tr',
      {},
      columns.map(({ cell, class: name = '' }) => h('td', { class: name }, cell(row))),
    ),
  )
  return h('div', { class: 'scroll' }, h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, body)))
}

export const failingRoutes = (rows: readonly RouteTotal[]): HTMLElement =>
  plainTable<RouteTotal>(
    t('Routes with failed requests, most failed first'),
    [
      { label: t('Route'), cell: ({ route }) => route, class: 'wide' },
      { label: t('Requests'), cell: ({ requests }) => count(requests), class: 'number' },
      { label: t('Failed'), cell: ({ errors }) => count(errors), class: 'number' },
      { label: t('Share'), cell: ({ errors, requests }) => percent(errors / Math.max(1, requests)), class: 'number' },
      { label: 'p95', cell: ({ p95 }) => milliseconds(p95), class: 'number' },
    ],
    rows,
  )

export const errorTable = (rows: readonly FailedKind[]): HTMLElement =>
  plainTable<FailedKind>(
    t('Errors, most frequent first'),
    [
      { label: t('Error'), cell: ({ type }) => h('strong', {}, type) },
      { label: t('Message'), cell: ({ message }) => message, class: 'wide' },
      { label: t('Where'), cell: ({ location }) => codePlace(location) },
      { label: t('Count'), cell: ({ errors }) => count(errors), class: 'number' },
      { label: t('Trace'), cell: ({ traceId }) => traceLink(traceId) },
    ],
    rows,
  )

export const kept = (rows: readonly SlowRequest[]): HTMLElement =>
  plainTable<SlowRequest>(
    t('Failed requests that were kept, slowest first'),
    [
      { label: t('Time'), cell: ({ time: at }) => h('time', { title: timestamp(at) }, time(at)) },
      { label: t('Route'), cell: ({ route, traceId }) => traceLink(traceId, route) },
      { label: t('Status'), cell: ({ status }) => status, class: 'number' },
      { label: t('Took'), cell: ({ durationMs }) => milliseconds(durationMs), class: 'number' },
      { label: t('Why'), cell: ({ verdict }) => verdict, class: 'wide' },
    ],
    rows,
  )

export function logTable(rows: readonly LogRecord[]): HTMLElement {
  if (rows.length === 0) return nothing(t('No log line around its beginning.'), t('The process wrote none, or they have expired.'))
  return plainTable<LogRecord>(
    t('Log records around the beginning, warnings and errors before others'),
    [
      { label: t('Time'), cell: ({ time: at }) => h('time', { title: timestamp(at) }, time(at)) },
      { label: t('Severity'), cell: ({ severity }) => badge(severity) },
      { label: t('Text'), cell: ({ body }) => h('code', { class: 'lines' }, body), class: 'widest' },
      { label: t('Trace'), cell: ({ traceId }) => traceLink(traceId) },
    ],
    rows,
  )
}
