/**
 * Histograms by three keys (route, method, status; digest, pool, error; peer, method, status). Keys are looked up one in the other, so
 * that no key has to be composed for a request. Bounded: what comes when the table is full counts in one overflow series.
 */
import type { AttributesInput, ExponentialPoint } from '../otlp/records.ts'
import { HISTOGRAM_SCALE } from '../contract/telemetry.ts'
import { ExponentialHistogram } from './exponential-histogram.ts'

export type SeriesKey = string | number

interface Series extends SeriesState {
  readonly keys: readonly [string, string, SeriesKey]
  idleIntervals: number
  /** Its count when {@link SeriesTable.changes} last gave it out. */
  seenCount: number
}

/** The state of a series within the current interval. */
export interface SeriesState {
  /** The same for the same series as long as it is not forgotten; no other of the process has it. */
  readonly id: number
  readonly attributes: AttributesInput
  /** The series' own: to be read, and only at once. */
  readonly histogram: ExponentialHistogram
}

export type SeriesReader = (series: SeriesState, startMs: number) => void

const OVERFLOW: AttributesInput = { 'otel.metric.overflow': true }
/** A series that recorded nothing for this many intervals is forgotten. */
const FORGET_AFTER = 30

export class SeriesTable {
  readonly #limit: number
  readonly #byKeys = new Map<string, Map<string, Map<SeriesKey, Series>>>()
  readonly #all = new Set<Series>()
  #overflow: Series | undefined
  #startMs: number

  constructor(limit: number, startMs: number) {
    this.#limit = limit
    this.#startMs = startMs
  }

  get size(): number {
    return this.#all.size
  }

  /** The histogram of these keys; `describe` gives the attributes of a series that is new. */
  at(keys: readonly [string, string, SeriesKey], describe: () => AttributesInput): ExponentialHistogram {
    const found = this.#byKeys.get(keys[0])?.get(keys[1])?.get(keys[2])
    return (found ?? this.#create(keys, describe)).histogram
  }

  /** What was recorded since the last call, as points of delta temporality. */
  collect(nowMs: number): ExponentialPoint[] {
    const points: ExponentialPoint[] = []
    for (const series of this.#all) {
      if (series.histogram.count > 0) points.push(this.#taken(series, nowMs))
      else if (++series.idleIntervals >= FORGET_AFTER) this.#forget(series)
    }
    if (this.#overflow && this.#overflow.histogram.count > 0) points.push(this.#taken(this.#overflow, nowMs))
    this.#startMs = nowMs
    return points
  }

  /** Passes on the series that recorded something since the last call, or with `all` those that hold anything. Takes nothing out of them. */
  changes(all: boolean, read: SeriesReader): void {
    for (const series of this.#all) this.#change(series, all, read)
    if (this.#overflow) this.#change(this.#overflow, all, read)
  }

  #change(series: Series, all: boolean, read: SeriesReader): void {
    const { count } = series.histogram
    if (count === 0 || (count === series.seenCount && !all)) return
    series.seenCount = count
    read(series, this.#startMs)
  }

  #taken(series: Series, nowMs: number): ExponentialPoint {
    const point = this.#pointOf(series, nowMs)
    series.idleIntervals = 0
    series.seenCount = 0
    series.histogram.clear()
    return point
  }

  #pointOf({ attributes, histogram }: Series, timeMs: number): ExponentialPoint {
    const { offset, counts } = histogram.buckets()
    return {
      attributes,
      startMs: this.#startMs,
      timeMs,
      count: histogram.count,
      sum: histogram.sum,
      min: histogram.min,
      max: histogram.max,
      scale: HISTOGRAM_SCALE,
      zeroCount: histogram.zeroCount,
      offset,
      counts,
    }
  }

  #create(keys: readonly [string, string, SeriesKey], describe: () => AttributesInput): Series {
    if (this.#all.size >= this.#limit) {
      this.#overflow ??= newSeries(keys, OVERFLOW)
      return this.#overflow
    }
    const series = newSeries(keys, describe())
    this.#all.add(series)
    entry(entry(this.#byKeys, keys[0], newMap<string, Map<SeriesKey, Series>>), keys[1], newMap<SeriesKey, Series>).set(keys[2], series)
    return series
  }

  #forget(series: Series): void {
    const [first, second, third] = series.keys
    this.#all.delete(series)
    const inner = this.#byKeys.get(first)
    const innermost = inner?.get(second)
    innermost?.delete(third)
    if (innermost?.size === 0) inner?.delete(second)
    if (inner?.size === 0) this.#byKeys.delete(first)
  }
}

let nextId = 0

const newMap = <K, V>(): Map<K, V> => new Map()

function newSeries(keys: readonly [string, string, SeriesKey], attributes: AttributesInput): Series {
  return { id: nextId++, keys, attributes, histogram: new ExponentialHistogram(), idleIntervals: 0, seenCount: 0 }
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}
