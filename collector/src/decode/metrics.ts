/** ExportMetricsServiceRequest into the five otel_metrics tables; the aggregates of every request go to the rollups as well. */
import { metric as metricNames } from '@spyglass/agent/contract'
import type { RollupBuilder } from '../rollup/rollup-builder.ts'
import { AttributeReader } from './attributes.ts'
import { limits } from './limits.ts'
import { type MetricKind, type MetricTable, newMetricTables, type Point } from './metric-tables.ts'
import { Origin, walkResource, walkScope } from './origin.ts'
import { readPoint } from './metric-point.ts'
import { ProtoReader } from './proto-reader.ts'
import type { TableBlock } from '../native/table-block.ts'
import { secondsAt, type TimeWindow } from './time-window.ts'

const NO_BYTES = Buffer.alloc(0)
const DELTA = 1
/** Field 1 of ExponentialHistogramDataPoint. */
const EXP_ATTRIBUTES = 10
const KIND_BY_TAG: Readonly<Record<number, MetricKind>> = { 42: 'gauge', 58: 'sum', 74: 'histogram', 82: 'exp_histogram', 90: 'summary' }
const ROLLED_UP: ReadonlySet<string> = new Set([
  metricNames.httpServerDuration,
  metricNames.httpClientDuration,
  metricNames.dbClientDuration,
])

export class MetricDecoder {
  rejected = 0
  accepted = 0
  readonly #tables = newMetricTables()
  readonly #r = new ProtoReader(NO_BYTES)
  readonly #attributes = new AttributeReader(this.#r)
  #window: TimeWindow = { from: 0, to: 0 }
  #rollup: RollupBuilder | undefined

  get truncated(): number {
    return this.#attributes.truncated
  }

  get blocks(): TableBlock[] {
    return Object.values(this.#tables).map(({ block }) => block)
  }

  decode(body: Buffer, window: TimeWindow, rollup: RollupBuilder): void {
    const r = this.#r
    r.buf = body
    r.pos = 0
    this.#window = window
    this.#rollup = rollup
    this.#attributes.truncated = 0
    while (r.pos < body.length) {
      const tag = r.varint()
      if (tag === 10) this.#resourceMetrics(r.fieldEnd(body.length))
      else r.skip(tag, body.length)
    }
    r.close(body.length)
    r.buf = NO_BYTES
  }

  reset(): void {
    this.rejected = 0
    this.accepted = 0
    for (const { block } of Object.values(this.#tables)) block.reset()
  }

  #resourceMetrics(end: number): void {
    const start = this.#r.pos
    for (const kind of this.#kindsIn(end)) {
      this.#r.pos = start
      this.#readKind(kind, end)
    }
    this.#r.pos = end
  }

  /** Each table has dictionaries of its own, so a resource is read once for each kind of metric that it brings. */
  #readKind(kind: MetricKind, end: number): void {
    const table = this.#tables[kind]
    const origin = new Origin()
    origin.beginResource(table.resource)
    walkResource(this.#r, end, {
      resource: (at) => origin.readResource(this.#attributes, at),
      schema: (url) => (origin.resourceSchema = url),
      scope: (scopeEnd) => {
        origin.beginScope(table.scope)
        walkScope(this.#r, scopeEnd, {
          scope: (at) => origin.readScope(this.#attributes, at),
          schema: (url) => (origin.scopeSchema = url),
          item: (at) => this.#metric(table, origin, at),
        })
      },
    })
  }

  #kindsIn(end: number): Set<MetricKind> {
    const r = this.#r
    const kinds = new Set<MetricKind>()
    walkResource(r, end, {
      resource: (at) => (r.pos = at),
      schema: () => {},
      scope: (scopeEnd) =>
        walkScope(r, scopeEnd, {
          scope: (at) => (r.pos = at),
          schema: () => {},
          item: (itemEnd) => {
            while (r.pos < itemEnd) {
              const tag = r.varint()
              const kind = KIND_BY_TAG[tag]
              if (kind) kinds.add(kind)
              r.skip(tag, itemEnd)
            }
            r.close(itemEnd)
          },
        }),
    })
    return kinds
  }

  #metric(table: MetricTable, origin: Origin, end: number): void {
    const r = this.#r
    const about = { name: '', description: '', unit: '', temporality: 0, isMonotonic: false }
    let data = -1
    let dataEnd = -1
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) about.name = r.text(r.fieldEnd(end)).slice(0, limits.nameBytes)
      else if (tag === 18) about.description = r.text(r.fieldEnd(end)).slice(0, limits.valueBytes)
      else if (tag === 26) about.unit = r.text(r.fieldEnd(end)).slice(0, limits.nameBytes)
      else if (KIND_BY_TAG[tag] === table.kind) {
        dataEnd = r.fieldEnd(end)
        data = r.pos
        r.pos = dataEnd
      } else r.skip(tag, end)
    }
    r.close(end)
    if (data < 0) return
    this.#readAggregation(about, data, dataEnd)
    this.#points({ table, origin, about }, data, dataEnd)
    r.pos = end
  }

  /** Temporality (2) and monotony (3) stand beside the points, in any order. */
  #readAggregation(about: { temporality: number; isMonotonic: boolean }, start: number, end: number): void {
    const r = this.#r
    r.pos = start
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 16) about.temporality = r.varint()
      else if (tag === 24) about.isMonotonic = r.varint() !== 0
      else r.skip(tag, end)
    }
    r.close(end)
  }

  #points(metric: Metric, start: number, end: number): void {
    const r = this.#r
    r.pos = start
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) this.#point(metric, r.fieldEnd(end))
      else r.skip(tag, end)
    }
  }

  #point({ table, origin, about }: Metric, end: number): void {
    const start = this.#r.pos
    const point = readPoint(this.#attributes, table.kind, end)
    const seconds = point.time < 0 ? 0 : secondsAt(this.#r, point.time)
    if (seconds < this.#window.from || seconds > this.#window.to) {
      this.rejected++
      return
    }
    this.#pointAttributes(table, start, end)
    table.write(this.#r.buf, point, { origin, ...about })
    table.block.endRow(seconds)
    this.accepted++
    if (table.kind === 'exp_histogram' && about.temporality === DELTA && origin.aggregates && ROLLED_UP.has(about.name)) {
      this.#rollUp(about.name, origin, { point, start, end, seconds })
    }
    this.#r.pos = end
  }

  #pointAttributes(table: MetricTable, start: number, end: number): void {
    const r = this.#r
    const rowStart = table.attributes.keys.rows
    r.pos = start
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === table.attributesTag) this.#attributes.keyValue(table.attributes, r.fieldEnd(end), rowStart)
      else r.skip(tag, end)
    }
    table.attributes.endRow()
  }

  #rollUp(
    name: string,
    origin: Origin,
    { point, start, end, seconds }: { point: Point; start: number; end: number; seconds: number },
  ): void {
    const r = this.#r
    const attributes = new Map<string, string>()
    r.pos = start
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === EXP_ATTRIBUTES) attributes.set(...this.#attributes.pair(r.fieldEnd(end)))
      else r.skip(tag, end)
    }
    // A point speaks of the time before its own: one that ends on the minute belongs to the minute that ends there.
    const minute = Math.floor((seconds - 0.001) / 60) * 60
    this.#rollup?.point(
      name,
      { service: origin.service, instance: origin.instance, minute },
      {
        count: point.count,
        sum: point.sum,
        max: point.max,
        scale: point.scale,
        offset: point.positiveOffset,
        counts: point.positive,
        zeroCount: point.zeroCount,
        attributes,
      },
    )
  }
}

interface Metric {
  readonly table: MetricTable
  readonly origin: Origin
  readonly about: { name: string; description: string; unit: string; temporality: number; isMonotonic: boolean }
}
