/** The five metric tables: their shared columns and their own. */
import { type DictionaryColumn, FixedColumn, MapColumn, TextColumn } from '../native/columns.ts'
import type { ByteWriter } from '../native/byte-writer.ts'
import type { AttributeReader } from './attributes.ts'
import type { ItemTime } from './item-time.ts'
import type { Origin } from './origin.ts'
import type { Whole } from './proto-reader.ts'
import { TableBlock } from '../native/table-block.ts'

export type MetricKind = 'gauge' | 'sum' | 'histogram' | 'exp_histogram' | 'summary'

/** One data point of any kind, without its attributes. Times are positions in the request, -1 when missing. */
export interface Point {
  time: number
  startTime: number
  value: number
  flags: number
  count: Whole
  sum: number
  min: number
  max: number
  scale: number
  zeroCount: Whole
  positiveOffset: number
  positive: Whole[]
  negativeOffset: number
  negative: Whole[]
  bounds: number[]
  quantiles: [quantile: number, value: number][]
  exemplars: Exemplar[]
}

export interface Exemplar {
  time: number
  value: number
  spanId: string
  traceId: string
  attributes: [string, string][]
}

export interface TimedPoint {
  readonly point: Point
  readonly time: ItemTime
}

export interface MetricAbout {
  readonly origin: Origin
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly temporality: number
  readonly isMonotonic: boolean
}

/** Field number of `attributes` in the data point of each kind, as a tag. */
const ATTRIBUTES_TAG: Readonly<Record<MetricKind, number>> = { gauge: 58, sum: 58, histogram: 74, exp_histogram: 10, summary: 58 }

const TEXTS: readonly (readonly [column: string, textOf: (about: MetricAbout) => string])[] = [
  ['ResourceSchemaUrl', ({ origin }) => origin.resourceSchema],
  ['ScopeName', ({ origin }) => origin.scopeName],
  ['ScopeVersion', ({ origin }) => origin.scopeVersion],
  ['ScopeSchemaUrl', ({ origin }) => origin.scopeSchema],
  ['MetricName', ({ name }) => name],
  ['MetricDescription', ({ description }) => description],
  ['MetricUnit', ({ unit }) => unit],
]

export class MetricTable {
  readonly kind: MetricKind
  readonly block: TableBlock
  readonly attributesTag: number
  readonly resource: MapColumn
  readonly scope: MapColumn
  readonly attributes: MapColumn
  readonly #exemplars: Exemplars | undefined
  readonly #texts: readonly (readonly [column: TextColumn, textOf: (about: MetricAbout) => string])[]

  constructor(kind: MetricKind) {
    this.kind = kind
    this.block = new TableBlock(`otel_metrics_${kind}`)
    this.attributesTag = ATTRIBUTES_TAG[kind]
    this.resource = this.block.map('ResourceAttributes')
    this.scope = this.block.map('ScopeAttributes')
    this.attributes = this.block.map('Attributes')
    this.#exemplars = kind === 'summary' ? undefined : new Exemplars(this.block)
    this.#texts = TEXTS.map(([name, textOf]) => [this.block.text(name), textOf])
  }

  /** Writes one row except its attributes. */
  write(attributes: AttributeReader, { point, time }: TimedPoint, about: MetricAbout): void {
    const { block } = this
    const { origin } = about
    const bytes = attributes.reader.buf
    origin.resource.row(this.resource, attributes)
    origin.scope.row(this.scope, attributes)
    this.#texts.forEach(([column, textOf]) => column.string(textOf(about)))
    block.fixed('ScopeDroppedAttrCount').data.u32(origin.scopeDropped)
    const service: DictionaryColumn = block.dictionary('ServiceName')
    service.string(origin.service)
    if (point.startTime < 0) block.fixed('StartTimeUnix').data.u64(0)
    else block.fixed('StartTimeUnix').data.copy(bytes, point.startTime, point.startTime + 8)
    block.fixed('TimeUnix').data.u64(time.low, time.high)
    block.fixed('Flags').data.u32(point.flags)
    this.#exemplars?.row(bytes, point.exemplars, time)
    this.#values(point, about)
  }

  #values(point: Point, about: MetricAbout): void {
    const { block, kind } = this
    if (kind === 'gauge' || kind === 'sum') block.fixed('Value').data.f64(point.value)
    else {
      block.fixed('Count').data.whole(point.count)
      block.fixed('Sum').data.f64(point.sum)
    }
    if (kind === 'histogram' || kind === 'exp_histogram') {
      block.fixed('Min').data.f64(point.min)
      block.fixed('Max').data.f64(point.max)
    }
    if (kind !== 'gauge' && kind !== 'summary') block.fixed('AggregationTemporality').data.u32(about.temporality)
    if (kind === 'sum') block.fixed('IsMonotonic').data.u8(about.isMonotonic ? 1 : 0)
    else if (kind === 'histogram') this.#histogram(point)
    else if (kind === 'exp_histogram') this.#exponential(point)
    else if (kind === 'summary') this.#summary(point)
  }

  #histogram(point: Point): void {
    this.#list('BucketCounts', point.positive, (out, count) => out.whole(count))
    this.#list('ExplicitBounds', point.bounds, (out, bound) => out.f64(bound))
  }

  #exponential(point: Point): void {
    const { block } = this
    block.fixed('Scale').data.u32(point.scale)
    block.fixed('ZeroCount').data.whole(point.zeroCount)
    block.fixed('PositiveOffset').data.u32(point.positiveOffset)
    block.fixed('NegativeOffset').data.u32(point.negativeOffset)
    this.#list('PositiveBucketCounts', point.positive, (out, count) => out.whole(count))
    this.#list('NegativeBucketCounts', point.negative, (out, count) => out.whole(count))
  }

  #summary(point: Point): void {
    this.#list('ValueAtQuantiles.Quantile', point.quantiles, (out, [quantile]) => out.f64(quantile))
    this.#list('ValueAtQuantiles.Value', point.quantiles, (out, [, value]) => out.f64(value))
  }

  #list<T>(name: string, values: readonly T[], write: (out: ByteWriter, value: T) => void): void {
    const column = this.block.array(name, FixedColumn)
    const { data } = column.items
    for (const value of values) write(data, value)
    column.endRow(data.length / 8)
  }
}

class Exemplars {
  readonly #map
  readonly #time
  readonly #value
  readonly #span
  readonly #trace
  #total = 0
  readonly #block: TableBlock

  constructor(block: TableBlock) {
    this.#block = block
    this.#map = block.array('Exemplars.FilteredAttributes', MapColumn)
    this.#time = block.array('Exemplars.TimeUnix', FixedColumn)
    this.#value = block.array('Exemplars.Value', FixedColumn)
    this.#span = block.array('Exemplars.SpanId', TextColumn)
    this.#trace = block.array('Exemplars.TraceId', TextColumn)
  }

  row(bytes: Buffer, exemplars: readonly Exemplar[], pointTime: ItemTime): void {
    if (this.#block.rows === 0) this.#total = 0
    for (const exemplar of exemplars) {
      this.#map.items.entries(exemplar.attributes)
      this.#writeTime(bytes, exemplar.time, pointTime)
      this.#value.items.data.f64(exemplar.value)
      this.#span.items.string(exemplar.spanId)
      this.#trace.items.string(exemplar.traceId)
    }
    this.#total += exemplars.length
    const columns: { endRow(total: number): void }[] = [this.#map, this.#time, this.#value, this.#span, this.#trace]
    for (const column of columns) column.endRow(this.#total)
  }

  /** An exemplar without a time gets the time of its point. */
  #writeTime(bytes: Buffer, at: number, pointTime: ItemTime): void {
    const { data } = this.#time.items
    if (at < 0 || bytes.readBigUInt64LE(at) === 0n) data.u64(pointTime.low, pointTime.high)
    else data.copy(bytes, at, at + 8)
  }
}

export function newMetricTables(): Readonly<Record<MetricKind, MetricTable>> {
  const table = (kind: MetricKind): MetricTable => new MetricTable(kind)
  return {
    gauge: table('gauge'),
    sum: table('sum'),
    histogram: table('histogram'),
    exp_histogram: table('exp_histogram'),
    summary: table('summary'),
  }
}
