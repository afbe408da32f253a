/** The chart of an incident's signal, with its threshold as a line. */
import { type Chart, createChart } from './chart.ts'
import { type Child } from './dom.ts'
import { bytes, count, milliseconds, percent } from './format.ts'
import type { IncidentRoom, Signal } from './incident-types.ts'
import { said, t } from './language.ts'
import { nothing } from './parts.ts'

export interface SignalChart {
  /** The chart of the newest data. */
  drawn(room: IncidentRoom): Child
  close(): void
}

const COLORS = ['--blue', '--amber']

/** It is made when it is known what it shows. */
export function signalChart(): SignalChart {
  let chart: Chart | undefined
  let made = ''
  return {
    drawn({ signal, range }) {
      if (!signal) return nothing(t('No numbers of it are in the store.'), t('The timeline says what is known.'))
      const shape = JSON.stringify([signal.title, signal.series.map(({ label }) => label), signal.threshold?.label])
      if (shape !== made) chart?.close()
      if (!chart || shape !== made) chart = createChart(optionsOf(signal))
      made = shape
      const first = signal.times[0] ?? range.from
      chart.update(signal.times, valuesOf(signal), { from: first, to: Math.max(first + 60_000, signal.times.at(-1) ?? range.to) })
      return chart.element
    },
    close: () => chart?.close(),
  }
}

function optionsOf({ title, unit, series, threshold }: Signal): Parameters<typeof createChart>[0] {
  const lines = series.map(({ label }, i) => ({ label, color: COLORS[i] ?? '--violet', isFilled: i === 0 }))
  const bound = threshold ? [{ label: said('threshold: {rule}', { rule: threshold.label }), color: '--red' }] : []
  return { title, series: [...lines, ...bound], format: formatOf(unit), height: 200, empty: t('Nothing was measured in this time.') }
}

function valuesOf({ times, series, threshold }: Signal): (readonly (number | null)[])[] {
  const values = series.map((one) => one.values)
  const isEmpty = !values.some((list) => list.some((value) => value !== null)) // a threshold alone is no signal
  return threshold ? [...values, times.map(() => (isEmpty ? null : threshold.value))] : values
}

const FORMATS: Readonly<Record<string, (value: number) => string>> = {
  '1': percent,
  ms: milliseconds,
  s: (seconds) => milliseconds(seconds * 1000),
  By: bytes,
}

function formatOf(unit: string): (value: number) => string {
  return FORMATS[unit] ?? count
}
