/** The steps of the charts of requests and errors. */
import type { Red } from './api-types.ts'

type Row = Red['series'][number]

export interface RedSteps {
  /** Start of each step, in milliseconds since the epoch. */
  readonly times: readonly number[]
  /** What was counted in each step; undefined when nothing was. */
  readonly rows: readonly (Row | undefined)[]
  /** Requests per second; null where the data has not arrived. */
  readonly rates: readonly (number | null)[]
  /** Failed requests as a share of all. */
  readonly errorRatios: readonly (number | null)[]
}

/** A step without requests is zero, unless its data has not arrived: there the lines end. */
export function stepsOf({
  series,
  from,
  to,
  stepSeconds,
  readableUntil,
}: Pick<Red, 'series' | 'from' | 'to' | 'stepSeconds' | 'readableUntil'>): RedSteps {
  const step = stepSeconds * 1000
  const until = Math.min(to, readableUntil)
  const byTime = new Map(series.map((row) => [row.time, row]))
  const times: number[] = []
  for (let at = Math.floor(from / step) * step; at <= to; at += step) times.push(at)
  const rows = times.map((at) => byTime.get(at))
  const orNone = (at: number, value: number | undefined): number | null => value ?? (series.length === 0 || at + step > until ? null : 0)
  // the newest step is incomplete: its requests are divided by the part of it that has arrived
  const seconds = (at: number): number => Math.max(10, Math.min(stepSeconds, (until - at) / 1000))
  return {
    times,
    rows,
    rates: times.map((at, i) => orNone(at, rows[i] && rows[i].requests / seconds(at))),
    errorRatios: times.map((at, i) => orNone(at, rows[i] && rows[i].errors / Math.max(1, rows[i].requests))),
  }
}
