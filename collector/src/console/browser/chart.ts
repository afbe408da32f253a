/** A time series drawn by uPlot, with a head that names the values under the cursor. Dragging over it chooses the range everywhere. */
import { fill, h } from './dom.ts'
import { keep } from './patch.ts'
import { change } from './location.ts'
import { time } from './format.ts'

export interface ChartSeries {
  readonly label: string
  /** Name of a colour in the style sheet: `--blue`. */
  readonly color: string
  readonly isFilled?: boolean
}

export interface ChartOptions {
  readonly title: string
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
  readonly height?: number
  /** Shown instead of the chart when there is no value. */
  readonly empty: string
}

export interface Chart {
  readonly element: HTMLElement
  /** Times in milliseconds; one list of values for each series, null where there is none. */
  update(times: readonly number[], values: readonly (readonly (number | null)[])[], range: { from: number; to: number }): void
  close(): void
}

const colorOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const SYNC = 'spyglass'
const HEIGHT = 150

export function createChart(options: ChartOptions): Chart {
  const { title, height = HEIGHT, empty } = options
  const legend = h('span', { class: 'legend', 'aria-live': 'off' })
  const body = h('div', { class: 'plot', role: 'img', 'aria-label': title })
  const note = h('p', { class: 'faint none', hidden: true }, empty)
  const element = keep(h('figure', { class: 'chart' }, h('figcaption', {}, h('span', { class: 'label' }, title), legend), note, body))
  let plot: uPlot | undefined
  const resize = new ResizeObserver(() => plot?.setSize({ width: body.clientWidth, height }))
  resize.observe(body)

  function update(times: readonly number[], values: readonly (readonly (number | null)[])[], range: { from: number; to: number }): void {
    const data = [times.map((ms) => ms / 1000), ...values.map((list) => [...list])] as uPlot.AlignedData
    const isEmpty = !values.some((list) => list.some((value) => value !== null))
    note.hidden = !isEmpty
    body.hidden = isEmpty
    if (isEmpty) return
    const [min, max] = [range.from / 1000, range.to / 1000]
    if (plot) plot.setData(data, false)
    else plot = new uPlot(plotOptions(options, body.clientWidth || 400, legend), data, body)
    plot.setScale('x', { min, max })
    drawLegend(options, legend, plot, undefined)
  }

  return {
    element,
    update,
    close() {
      resize.disconnect()
      plot?.destroy()
    },
  }
}

function plotOptions(options: ChartOptions, width: number, legend: HTMLElement): uPlot.Options {
  const grid = { stroke: colorOf('--line'), width: 1 }
  const axis = { stroke: colorOf('--faint'), grid, ticks: { ...grid, size: 4 }, font: '11px system-ui, sans-serif' }
  return {
    width,
    height: options.height ?? HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: SYNC }, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] } },
    axes: [
      {
        ...axis,
        size: 28,
        space: 60,
        values: (_plot, ticks) =>
          ticks.map((at) =>
            time(at * 1000)
              .replace(/^.* /, '')
              .slice(0, 5),
          ),
      },
      { ...axis, size: 58, space: 28, values: (_plot, ticks) => ticks.map((value) => options.format(value)) },
    ],
    series: [{}, ...options.series.map(lineOf)],
    hooks: { setCursor: [(plot) => drawLegend(options, legend, plot, plot.cursor.idx ?? undefined)], setSelect: [chooseRange] },
  }
}

function lineOf({ label, color, isFilled }: ChartSeries): uPlot.Series {
  const stroke = colorOf(color)
  return { label, stroke, width: 1.6, spanGaps: false, points: { size: 4 }, ...(isFilled ? { fill: `${stroke}22` } : {}) }
}

function chooseRange(plot: uPlot): void {
  const { left, width } = plot.select
  if (width < 8) return
  const [from, to] = [plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000]
  change({ from: Math.floor(from), to: Math.ceil(Math.max(to, from + 60_000)), range: undefined })
}

/** Values under the cursor, else the last ones. */
function drawLegend({ series, format }: ChartOptions, legend: HTMLElement, plot: uPlot, at: number | undefined): void {
  const index = at ?? lastIndex(plot)
  const seconds = plot.data[0][index]
  fill(
    legend,
    series.map(({ label, color }, i) => {
      const value = plot.data[i + 1]?.[index]
      return h('span', { class: `key ${color.slice(2)}` }, label, ' ', h('b', {}, typeof value === 'number' ? format(value) : '–'))
    }),
    at === undefined || seconds === undefined ? undefined : h('span', { class: 'faint' }, time(seconds * 1000)),
  )
}

function lastIndex(plot: uPlot): number {
  for (let i = plot.data[0].length - 1; i >= 0; i--) if (plot.data.slice(1).some((list) => typeof list[i] === 'number')) return i
  return 0
}
