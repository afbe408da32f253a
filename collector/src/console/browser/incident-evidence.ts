/** What failed during an incident: routes, errors, requests and log lines, each with its link to a trace. */
import type { FailedKind, LogRecord, RouteTotal, SlowRequest } from './api-types.ts'
import { type Child, h } from './dom.ts'
import { count, milliseconds, percent, time, timestamp } from './format.ts'
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
    'Routes with failed requests, most failed first',
    [
      { label: 'Route', cell: ({ route }) => route, class: 'wide' },
      { label: 'Requests', cell: ({ requests }) => count(requests), class: 'number' },
      { label: 'Failed', cell: ({ errors }) => count(errors), class: 'number' },
      { label: 'Share', cell: ({ errors, requests }) => percent(errors / Math.max(1, requests)), class: 'number' },
      { label: 'p95', cell: ({ p95 }) => milliseconds(p95), class: 'number' },
    ],
    rows,
  )

export const errorTable = (rows: readonly FailedKind[]): HTMLElement =>
  plainTable<FailedKind>(
    'Errors, most frequent first',
    [
      { label: 'Error', cell: ({ type }) => h('strong', {}, type) },
      { label: 'Message', cell: ({ message }) => message, class: 'wide' },
      { label: 'Where', cell: ({ location }) => codePlace(location) },
      { label: 'Count', cell: ({ errors }) => count(errors), class: 'number' },
      { label: 'Trace', cell: ({ traceId }) => traceLink(traceId) },
    ],
    rows,
  )

export const kept = (rows: readonly SlowRequest[]): HTMLElement =>
  plainTable<SlowRequest>(
    'Failed requests that were kept, slowest first',
    [
      { label: 'Time', cell: ({ time: at }) => h('time', { title: timestamp(at) }, time(at)) },
      { label: 'Route', cell: ({ route, traceId }) => traceLink(traceId, route) },
      { label: 'Status', cell: ({ status }) => status, class: 'number' },
      { label: 'Took', cell: ({ durationMs }) => milliseconds(durationMs), class: 'number' },
      { label: 'Why', cell: ({ verdict }) => verdict, class: 'wide' },
    ],
    rows,
  )

export function logTable(rows: readonly LogRecord[]): HTMLElement {
  if (rows.length === 0) return nothing('No log line around its beginning.', 'The process wrote none, or they have expired.')
  return plainTable<LogRecord>(
    'Log records around the beginning, warnings and errors before others',
    [
      { label: 'Time', cell: ({ time: at }) => h('time', { title: timestamp(at) }, time(at)) },
      { label: 'Severity', cell: ({ severity }) => badge(severity) },
      { label: 'Text', cell: ({ body }) => h('code', { class: 'lines' }, body), class: 'widest' },
      { label: 'Trace', cell: ({ traceId }) => traceLink(traceId) },
    ],
    rows,
  )
}
