/** Requests whose trace was kept: the slow, failed, aborted and leaking ones, and a few ordinary ones to compare with. */
import { get, ofRange } from './api.ts'
import { keepReasons, type SlowRequest, type SlowRequests } from './api-types.ts'
import { type Child, h, update } from './dom.ts'
import { count, counted, milliseconds, time, timestamp } from './format.ts'
import { change, here, linkTo, type Place, rangeOf } from './location.ts'
import { badge, codePlace, nothing } from './parts.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

/** Requests on one page of the list. */
const PAGE_ROWS = 100
/** Largest offset that the API takes. */
const MAX_OFFSET = 100_000

export function createSlow(place: Place): View {
  const asked = {
    route: place.parameters.get('route') ?? '',
    kept: place.parameters.get('kept') ?? '',
    offset: offsetOf(place.parameters.get('offset')),
  }
  const filters = h('div', { class: 'filters' })
  const table = requestTable()
  const pages = h('nav', { class: 'pages', 'aria-label': 'Pages' })
  return {
    title: 'Slow requests',
    element: h('div', {}, h('h1', {}, 'Slow requests'), filters, table.element, pages),
    isLive: rangeOf(place).isLive,
    async refresh() {
      const { found, offset } = await pageAt(asked)
      update(filters, filtersOf(found, { ...asked, offset }))
      const slowest = Math.max(1, ...found.rows.map(({ durationMs }) => durationMs))
      document.documentElement.style.setProperty('--slowest', String(slowest))
      table.update(found.rows)
      update(pages, pagesOf(found.total, offset))
    },
  }
}

interface Asked {
  readonly route: string
  readonly kept: string
  readonly offset: number
}

/** What stands in an address is anything. */
function offsetOf(text: string | null): number {
  const offset = Math.floor(Number(text))
  return offset > 0 ? Math.min(offset, MAX_OFFSET) : 0
}

/** The page at this offset; the last one if there are fewer requests: the range moves on while someone pages, and addresses are kept. */
async function pageAt(asked: Asked): Promise<{ readonly found: SlowRequests; readonly offset: number }> {
  const at = (offset: number): Promise<SlowRequests> =>
    get('slow-requests', { ...ofRange(), ...asked, order: order(), offset, limit: PAGE_ROWS })
  const found = await at(asked.offset)
  if (found.rows.length > 0 || found.total === 0) return { found, offset: asked.offset }
  const offset = offsetOf(String(Math.floor((found.total - 1) / PAGE_ROWS) * PAGE_ROWS))
  return { found: await at(offset), offset }
}

function filtersOf({ total, rows, routes }: SlowRequests, { route, kept, offset }: Asked): Child[] {
  const first = rows.length === 0 ? 0 : offset + 1
  return [
    choice({ label: 'Route', name: 'route', values: routes.map((one) => one.route), chosen: route }),
    choice({ label: 'Kept because', name: 'kept', values: keepReasons, chosen: kept }),
    h('span', { class: 'faint' }, `${first}–${offset + rows.length} of ${counted(total, 'kept request')} in the range, ${orderOf(total)}`),
  ]
}

/** Orders that hold over all pages. */
const ORDERS: Readonly<Record<string, string>> = {
  '-duration': 'slowest first',
  duration: 'fastest first',
  '-time': 'newest first',
  time: 'oldest first',
}

/** The order that is asked for: pages of any other are those of the slowest first. */
function order(): string {
  const sort = here().parameters.get('sort') ?? ''
  return Object.hasOwn(ORDERS, sort) ? sort : '-duration'
}

/** A page is chosen by time or duration, so another order is that of the page alone. */
function orderOf(total: number): string {
  const sort = here().parameters.get('sort') ?? order()
  const said = String(ORDERS[order()])
  return sort === order() || total <= PAGE_ROWS ? (ORDERS[sort] ?? said) : `${said}; this page is sorted by ${sort.replace(/^-/, '')}`
}

interface Choice {
  readonly label: string
  /** Name of its parameter in the address. */
  readonly name: string
  readonly values: readonly string[]
  readonly chosen: string
}

function choice({ label, name, values, chosen }: Choice): HTMLElement {
  const onchange = (event: Event): void => change({ [name]: (event.target as HTMLSelectElement).value, offset: undefined })
  const all = [...new Set([...values, ...(chosen ? [chosen] : [])])].filter(Boolean).sort()
  const options = all.map((one) => h('option', { value: one, selected: one === chosen }, one))
  return h('label', {}, `${label} `, h('select', { onchange }, h('option', { value: '' }, 'all'), options))
}

function pagesOf(total: number, offset: number): Child[] {
  const page = (label: string, to: number): HTMLElement =>
    h('button', { type: 'button', onclick: () => change({ offset: to || undefined }) }, label)
  const [before, after] = order() === '-duration' ? ['Slower', 'Faster'] : ['Previous', 'Next']
  return [
    offset > 0 && page(before, Math.max(0, offset - PAGE_ROWS)),
    offset + PAGE_ROWS < Math.min(total, MAX_OFFSET + 1) && page(after, offset + PAGE_ROWS),
  ]
}

function requestTable() {
  return createTable<SlowRequest>({
    caption: 'Kept requests',
    sort: '-duration',
    rowKey: ({ traceId, spanId }) => `${traceId} ${spanId}`,
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
      { key: 'why', label: 'Why', cell: ({ verdict }) => verdict || h('span', { class: 'faint' }, '–'), class: 'why' },
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
        'Only slow, failed, aborted and leaking requests are kept, plus a few ordinary ones per minute. The overview counts every request.',
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
