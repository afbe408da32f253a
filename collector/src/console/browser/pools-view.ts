/** Pools of database connections: how many are lent, who waits, who holds. */
import { get, ofRange } from './api.ts'
import type { Pool } from './api-types.ts'
import { type Chart, createChart } from './chart.ts'
import { h, update } from './dom.ts'
import { count, type Figure, milliseconds } from './format.ts'
import { type Place, rangeOf } from './location.ts'
import { badge, holderTable, nothing } from './parts.ts'
import type { View } from './view.ts'

interface PoolStep {
  readonly time: number
  readonly instance: string
  readonly pool: string
  readonly active: number
  readonly waiting: number
  readonly max: number
}

interface Series {
  readonly from: number
  readonly to: number
  readonly rows: readonly PoolStep[]
}

export function createPools(place: Place): View {
  const list = h('div', { class: 'pools' })
  const problem = h('div')
  const charts = new Map<string, Chart>()
  return {
    title: 'Datasources',
    element: h('div', {}, h('h1', {}, 'Datasources'), problem, list),
    isLive: rangeOf(place).isLive,
    async refresh() {
      const [{ pools }, history] = await Promise.all([get<{ pools: readonly Pool[] }>('pools'), historyOf()])
      const series = history instanceof Error ? undefined : history
      update(problem, history instanceof Error && nothing('The history of the datasources cannot be shown.', history.message))
      if (pools.length === 0)
        update(list, nothing('No datasource is open.', 'Datasources come from the configuration; none is open in any instance.'))
      else
        update(
          list,
          pools.map((pool) => poolCard(pool, chartOf(charts, pool, series))),
        )
    },
    close: () => charts.forEach((chart) => chart.close()),
  }
}

/** The current state matters more than its history, so it is shown without. */
async function historyOf(): Promise<Series | Error> {
  return get<Series>('pool-series', ofRange()).catch((error: unknown) => error as Error)
}

function poolCard(pool: Pool, chart: HTMLElement): HTMLElement {
  const { instance, name, state, driver, target, lastError, borrowers } = pool
  const holders = borrowers.length > 0 ? `Held by ${borrowers.length}` : 'Nobody holds a connection'
  return h(
    'article',
    { class: `pool ${state === 'exhausted' || state === 'down' ? 'is-bad' : ''}`, 'data-key': pool.objectName },
    h('header', {}, h('h2', {}, name), badge(state), h('span', { class: 'faint' }, `${instance} · ${driver} · ${target}`)),
    h('div', { class: 'poolbody' }, h('div', {}, gauge(pool), figures(pool)), chart),
    lastError && h('p', { class: 'bad-text' }, `Last error: ${lastError}`),
    h('h3', {}, state === 'unknown' ? 'Its process is silent: who holds connections is not known' : holders),
    borrowers.length > 0 && holderTable(pool.objectName, borrowers),
  )
}

function gauge({ activeConnections, idleConnections, maxConnections, waitingBorrowers }: Pool): HTMLElement {
  const text = `${count(activeConnections)} of ${count(maxConnections)} lent, ${count(idleConnections)} idle, ${count(waitingBorrowers)} waiting`
  const part = (size: Figure, name: string): HTMLElement => {
    const element = h('span', { class: name })
    element.style.width = `${((size ?? 0) / Math.max(1, maxConnections ?? 0)) * 100}%`
    return element
  }
  return h(
    'div',
    {},
    h('div', { class: 'gauge', role: 'img', 'aria-label': text }, part(activeConnections, 'lent'), part(idleConnections, 'idle')),
    h('p', { class: 'gaugetext' }, text),
  )
}

function figures({ borrows, timeouts, leaks, leakedNow, waitP95, useP95, peakActive }: Pool): HTMLElement {
  const pair = (name: string, value: string, tone = ''): HTMLElement => h('div', { class: tone }, h('dt', {}, name), h('dd', {}, value))
  return h(
    'dl',
    { class: 'figures' },
    pair('wait p95', milliseconds((waitP95 ?? Number.NaN) * 1000)),
    pair('held p95', milliseconds((useP95 ?? Number.NaN) * 1000)),
    pair('borrows', count(borrows)),
    pair('peak', count(peakActive)),
    pair('gave up', count(timeouts), (timeouts ?? 0) > 0 ? 'warn' : ''),
    pair('leaks', `${count(leaks)}${leakedNow ? `, ${leakedNow} now` : ''}`, leakedNow ? 'bad' : ''),
  )
}

function chartOf(charts: Map<string, Chart>, pool: Pool, series: Series | undefined): HTMLElement {
  const key = pool.objectName
  let chart = charts.get(key)
  if (!chart) {
    chart = createChart({
      title: 'Connections',
      height: 120,
      format: count,
      empty: 'No history in this range: pool metrics are sampled every few seconds and take a moment to arrive.',
      series: [
        { label: 'lent', color: '--blue', isFilled: true },
        { label: 'waiting', color: '--red', isFilled: true },
        { label: 'max', color: '--faint' },
      ],
    })
    charts.set(key, chart)
  }
  const rows = series?.rows.filter((row) => isOf(pool, row)) ?? []
  if (series)
    chart.update(
      rows.map((row) => row.time),
      (['active', 'waiting', 'max'] as const).map((name) => rows.map((row) => row[name])),
      series,
    )
  return chart.element
}

/** Rows of earlier versions have the name of the instance alone. */
const isOf = (pool: Pool, row: PoolStep): boolean =>
  row.pool === pool.name && (row.instance === pool.instanceId || row.instance === pool.instance)
