/** Requests whose trace was kept: the slow, failed, aborted and leaking ones, and a few ordinary ones to compare with. */
import { get, ofRange } from './api.ts'
import type { Rows, SlowRequest } from './api-types.ts'
import { fill, h } from './dom.ts'
import { count, counted, milliseconds, time, timestamp } from './format.ts'
import { change, linkTo, type Place, rangeOf } from './location.ts'
import { badge, codePlace, nothing } from './parts.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

export function createSlow(place: Place): View {
  const route = place.parameters.get('route') ?? ''
  const reason = place.parameters.get('kept') ?? ''
  const filters = h('div', { class: 'filters' })
  const table = requestTable()
  return {
    title: 'Slow requests',
    element: h('div', {}, h('h1', {}, 'Slow requests'), filters, table.element),
    isLive: rangeOf(place).isLive,
    async refresh() {
      const { rows } = await get<Rows<SlowRequest>>('slow-requests', { ...ofRange(), limit: 500 })
      drawFilters(filters, rows, { route, reason })
      const shown = rows.filter((row) => (!route || row.route === route) && (!reason || row.keepReason === reason))
      const slowest = Math.max(1, ...shown.map(({ durationMs }) => durationMs))
      document.documentElement.style.setProperty('--slowest', String(slowest))
      table.update(shown)
    },
  }
}

function drawFilters(filters: HTMLElement, rows: readonly SlowRequest[], chosen: { route: string; reason: string }): void {
  const select = (label: string, name: string, values: string[], value: string): HTMLElement =>
    h(
      'label',
      {},
      `${label} `,
      h(
        'select',
        { onchange: (event) => change({ [name]: (event.target as HTMLSelectElement).value }) },
        h('option', { value: '' }, 'all'),
        [...new Set([...values, ...(value ? [value] : [])])]
          .sort()
          .map((one) => h('option', { value: one, selected: one === value }, one || '(none)')),
      ),
    )
  fill(
    filters,
    select(
      'Route',
      'route',
      rows.map((row) => row.route),
      chosen.route,
    ),
    select(
      'Kept because',
      'kept',
      rows.map((row) => row.keepReason),
      chosen.reason,
    ),
    h('span', { class: 'faint' }, `${counted(rows.length, 'kept request')} in the range, the slowest first`),
  )
}

function requestTable() {
  return createTable<SlowRequest>({
    caption: 'Kept requests',
    sort: '-duration',
    rowClass: ({ statusCode }) => (statusCode === 'Error' ? 'is-bad' : ''),
    columns: [
      {
        key: 'time',
        label: 'Time',
        cell: (row) => h('time', { title: timestamp(row.time) }, time(row.time)),
        by: (row) => row.time,
      },
      { key: 'service', label: 'Service', cell: (row) => h('span', { title: row.instance }, row.service), by: (row) => row.service },
      { key: 'route', label: 'Route', cell: routeCell, by: (row) => row.route },
      { key: 'duration', label: 'Duration', cell: durationCell, by: (row) => row.durationMs, class: 'number' },
      {
        key: 'status',
        label: 'Status',
        cell: (row) => row.status || (row.running ? 'running' : '–'),
        by: (row) => row.status,
        class: 'number',
      },
      { key: 'kept', label: 'Kept', cell: (row) => badge(row.keepReason || 'kept'), by: (row) => row.keepReason },
      {
        key: 'sql',
        label: 'SQL',
        cell: (row) => (row.sqlCount ? `${count(row.sqlCount)} · ${milliseconds(row.sqlMs)}` : h('span', { class: 'faint' }, '–')),
        by: (row) => row.sqlMs,
        class: 'number',
      },
      { key: 'place', label: 'Slowest statement at', cell: (row) => codePlace(row.location), by: (row) => row.location },
      { key: 'statement', label: 'Statement', cell: (row) => h('code', { title: row.statement }, row.statement), class: 'sql' },
    ],
    empty: () =>
      nothing(
        'No kept request in this range.',
        'Only slow, failed, aborted and leaking requests are kept, and a few ordinary ones a minute. The overview counts all of them.',
      ),
  })
}

function routeCell({ route, path, traceId }: SlowRequest): HTMLElement {
  return h('a', { href: linkTo('trace', traceId), title: `${path}\ntrace ${traceId}` }, route)
}

function durationCell({ durationMs, running }: SlowRequest): HTMLElement {
  const meter = h('span', { class: 'meter' })
  meter.style.setProperty('--value', String(durationMs))
  return h('span', { class: 'metered' }, meter, h('b', {}, `${milliseconds(durationMs)}${running ? ' so far' : ''}`))
}
