/** The state of the server: instances, rate, errors, durations, and the routes that take most of the time. */
import { get, ofRange } from './api.ts'
import type { Instance, Instances, Red, ReleaseChange, RouteTotal } from './api-types.ts'
import { type Chart, createChart } from './chart.ts'
import { type Child, h, update } from './dom.ts'
import { ago, bytes, count, counted, milliseconds, percent, rate, timestamp } from './format.ts'
import { linkTo, type Place, rangeOf } from './location.ts'
import { badge, cutNote, nothing, tile } from './parts.ts'
import { stepsOf } from './red-steps.ts'
import { refusalTable } from './refusal-table.ts'
import { refusalRows } from './refusals.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

const NONE = 'No request in this range.'

export function createOverview(place: Place): View {
  const tiles = h('div', { class: 'tiles' })
  const charts = {
    rate: createChart({
      title: 'Requests per second',
      series: [{ label: 'rate', color: '--blue', isFilled: true }],
      format: rate,
      empty: NONE,
    }),
    errors: createChart({
      title: 'Failed requests',
      series: [{ label: 'errors', color: '--red', isFilled: true }],
      format: percent,
      empty: NONE,
    }),
    durations: createChart({
      title: 'Duration',
      series: [
        { label: 'p50', color: '--green' },
        { label: 'p95', color: '--amber' },
        { label: 'p99', color: '--violet' },
      ],
      format: milliseconds,
      empty: NONE,
    }),
  }
  const managed = managedTables()
  const routes = routeTable()
  const more = h('p', { class: 'faint' })
  const problem = h('div')
  const element = h(
    'div',
    {},
    tiles,
    h('div', { class: 'charts' }, charts.rate.element, charts.errors.element, charts.durations.element),
    section('Instances', problem, managed.instances),
    section('Refused', managed.refusals),
    section('Routes', more, routes.element),
  )
  return {
    title: 'Overview',
    element,
    isLive: rangeOf(place).isLive,
    async refresh() {
      const [red, resources] = await Promise.allSettled([get<Red>('red', ofRange()), get<Instances>('instances')])
      if (resources.status === 'fulfilled') managed.update(resources.value)
      update(problem, resources.status === 'rejected' && nothing('The instances cannot be shown.', (resources.reason as Error).message))
      if (red.status === 'rejected') throw red.reason
      drawTiles(tiles, red.value)
      drawCharts(charts, red.value)
      routes.update(routesOf(red.value))
      update(more, cutNote(red.value.routes.length, red.value.mostRoutes, 'routes by the time spent in them'))
    },
    close: () => Object.values(charts).forEach((chart) => chart.close()),
  }
}

/** What management knows: the instances, and what was refused in them. */
function managedTables() {
  const [instances, refusals] = [instanceTable(), refusalTable()]
  return {
    instances: instances.element,
    refusals: refusals.element,
    update({ instances: known, applications }: Instances): void {
      instances.update(known)
      refusals.update(refusalRows(applications))
    },
  }
}

const section = (title: string, ...content: HTMLElement[]): HTMLElement => h('section', {}, h('h2', {}, title), ...content)

function drawTiles(tiles: HTMLElement, { total, series }: Red): void {
  const ratio = total.requests === 0 ? 0 : total.errors / total.requests
  const slowest = Math.max(0, ...series.map(({ max }) => max))
  update(
    tiles,
    tile('Requests', count(total.requests), 'every request counted'),
    tile('Rate', rate(total.rate), 'mean over the range'),
    tile('Failed', percent(ratio), counted(total.errors, 'request'), ratio > 0.05 ? 'bad' : ratio > 0.01 ? 'warn' : ''),
    tile(
      'p95',
      total.requests ? milliseconds(total.p95) : '–',
      total.services > 1 ? `the highest of ${total.services} services` : 'of every request in the range',
    ),
    tile('Slowest', total.requests ? milliseconds(slowest) : '–', 'single request'),
  )
}

function drawCharts(charts: Record<'rate' | 'errors' | 'durations', Chart>, red: Red): void {
  const { times, rows, rates, errorRatios } = stepsOf(red)
  charts.rate.update(times, [rates], red)
  charts.errors.update(times, [errorRatios], red)
  charts.durations.update(
    times,
    (['p50', 'p95', 'p99'] as const).map((key) => rows.map((row) => (row ? row[key] : null))),
    red,
  )
}

function instanceTable() {
  return createTable<Instance>({
    caption: 'Instances, as reported to the management process',
    rowKey: ({ name }) => name,
    columns: [
      { key: 'name', label: 'Instance', cell: ({ name }) => h('strong', {}, name) },
      { key: 'state', label: 'State', cell: ({ state }) => badge(state) },
      { key: 'pid', label: 'Process', cell: ({ pid }) => (pid ? String(pid) : '–'), class: 'number' },
      { key: 'generation', label: 'Generation', cell: ({ generation }) => count(generation), class: 'number' },
      { key: 'uptime', label: 'Up for', cell: ({ uptime }) => ago(uptime), class: 'number' },
      { key: 'restarts', label: 'Restarts', cell: ({ restarts }) => count(restarts), class: 'number' },
      { key: 'cpu', label: 'CPU', cell: ({ cpuUtilization }) => percent(cpuUtilization), class: 'number' },
      { key: 'rss', label: 'Memory', cell: ({ rss }) => bytes(rss), class: 'number' },
      { key: 'active', label: 'Active', cell: ({ activeRequests }) => count(activeRequests), class: 'number' },
      { key: 'count', label: 'Requests', cell: ({ requests }) => count(requests), class: 'number' },
      {
        key: 'p95',
        label: 'p95, 1 m',
        cell: ({ requestDurationP95 }) => milliseconds((requestDurationP95 ?? Number.NaN) * 1000),
        class: 'number',
      },
    ],
    empty: () =>
      nothing('No instance is known.', 'No instance has reported to the management process yet: the server may still be starting.'),
  })
}

type Route = RouteTotal & { readonly change: ReleaseChange | undefined }

function routesOf({ routes, releases }: Red): readonly Route[] {
  const keyOf = ({ service, route }: { readonly service: string; readonly route: string }): string => `${service}\n${route}`
  const changes = new Map(releases.map((change) => [keyOf(change), change]))
  return routes.map((route) => ({ ...route, change: changes.get(keyOf(route)) }))
}

function routeCell({ route, service, change }: Route): Child {
  const link = h('a', { href: linkTo('slow', '', { service, route }) }, route)
  return change ? [link, ' ', releaseNote(change)] : link
}

function releaseNote({ version, before, since, p95, beforeP95 }: ReleaseChange): HTMLElement {
  const isSlower = p95 > beforeP95
  const title = `p95 ${milliseconds(p95)}, in ${before} it was ${milliseconds(beforeP95)}; first seen ${timestamp(since)}`
  return h('span', { class: isSlower ? 'bad-text' : 'faint', title }, `${isSlower ? 'slower' : 'faster'} since ${version}`)
}

function routeTable() {
  return createTable<Route>({
    caption: 'Routes in the range, counted over every request',
    sort: '-total',
    rowKey: ({ service, route }) => `${service} ${route}`,
    columns: [
      { key: 'service', label: 'Service', cell: ({ service }) => service, by: ({ service }) => service },
      {
        key: 'route',
        label: 'Route',
        cell: routeCell,
        by: ({ route }) => route,
      },
      { key: 'requests', label: 'Requests', cell: (row) => count(row.requests), by: (row) => row.requests, class: 'number' },
      { key: 'errors', label: 'Failed', cell: failedCell, by: (row) => row.errors / Math.max(1, row.requests), class: 'number' },
      { key: 'p50', label: 'p50', cell: (row) => milliseconds(row.p50), by: (row) => row.p50, class: 'number' },
      { key: 'p95', label: 'p95', cell: (row) => milliseconds(row.p95), by: (row) => row.p95, class: 'number' },
      { key: 'p99', label: 'p99', cell: (row) => milliseconds(row.p99), by: (row) => row.p99, class: 'number' },
      { key: 'max', label: 'Slowest', cell: (row) => milliseconds(row.max), by: (row) => row.max, class: 'number' },
      { key: 'total', label: 'Time spent', cell: (row) => milliseconds(row.total), by: (row) => row.total, class: 'number' },
    ],
    empty: () =>
      nothing(
        'No request in this range.',
        'Counts arrive every 10 s, a few seconds after the requests. Widen the range, or send a request.',
      ),
  })
}

function failedCell({ errors, requests }: RouteTotal): HTMLElement {
  const ratio = errors / Math.max(1, requests)
  return h('span', { class: ratio > 0.05 ? 'bad-text' : ratio > 0 ? '' : 'faint', title: counted(errors, 'request') }, percent(ratio))
}
