/** Decodes ExportMetricsServiceRequest into the five otel_metrics tables, and the aggregates of every request into the rollups. */
import { metric as metricNames } from '@spyglass/agent/contract'
import type { RollupBuilder } from '../rollup/rollup-builder.ts'
import { AttributeReader } from './attributes.ts'
import { ItemTime, NO_TIME } from './item-time.ts'
import { limits } from './limits.ts'
import { readPoint } from './metric-point.ts'
import { type MetricKind, type MetricTable, newMetricTables, type Point } from './metric-tables.ts'
import { Origin, walkGroup } from './origin.ts'
import { SortedAttributes } from './sorted-attributes.ts'
import { ProtoReader } from './proto-reader.ts'
import { type DecodeReport, TOO_MUCH } from './report.ts'
import { readFields, readOrReject } from './salvage.ts'
import type { TableBlock } from '../native/table-block.ts'
import { reasonOutside, type TimeWindow } from './time-window.ts'

const NO_BYTES = Buffer.alloc(0)
const DELTA = 1
const KIND_BY_TAG: Readonly<Record<number, MetricKind>> = { 42: 'gauge', 58: 'sum', 74: 'histogram', 82: 'exp_histogram', 90: 'summary' }
const ROLLED_UP: ReadonlySet<string> = new Set([
  metricNames.httpServerDuration,
  metricNames.httpClientDuration,
  metricNames.dbClientDuration,
  metricNames.errorDuration,
])
const LONG_TEXTS = `metric descriptions longer than ${limits.valueBytes} bytes`

interface About {
  name: string
  description: string
  unit: string
  temporality: number
  isMonotonic: boolean
}

interface Metric {
  readonly table: MetricTable
  readonly about: About
}

export class MetricDecoder {
  accepted = 0
  readonly #report: DecodeReport
  readonly #tables = newMetricTables()
  readonly #r = new ProtoReader(NO_BYTES)
  readonly #attributes: AttributeReader
  readonly #sorted: SortedAttributes
  readonly #origin = new Origin()
  readonly #time = new ItemTime()
  #window: TimeWindow = { from: 0, to: 0, nowMs: 0 }
  #rollup: RollupBuilder | undefined

  constructor(report: DecodeReport) {
    this.#report = report
    this.#attributes = new AttributeReader(this.#r, report)
    this.#sorted = new SortedAttributes(this.#attributes)
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
    readFields(this.#attributes, body.length, (tag) => {
      if (tag === 10) this.#resourceMetrics(r.fieldEnd(body.length))
      else r.skip(tag, body.length)
    })
    r.buf = NO_BYTES
  }

  reset(): void {
    this.accepted = 0
    for (const { block } of Object.values(this.#tables)) block.reset()
  }

  #resourceMetrics(end: number): void {
    const origin = this.#origin
    origin.beginResource()
    walkGroup(this.#attributes, end, {
      head: (at) => origin.readResource(this.#attributes, at),
      schema: (url) => (origin.resourceSchema = url),
      member: (at) => this.#scopeMetrics(at),
    })
  }

  #scopeMetrics(end: number): void {
    const origin = this.#origin
    origin.beginScope()
    walkGroup(this.#attributes, end, {
      head: (at) => origin.readScope(this.#attributes, at),
      schema: (url) => (origin.scopeSchema = url),
      member: (at) => readOrReject(this.#attributes, at, this.#takeMetric),
    })
  }

  /** Name, unit and data come in any order, and so do points and temporality within the data. */
  readonly #takeMetric = (end: number): boolean => {
    const r = this.#r
    const about: About = { name: '', description: '', unit: '', temporality: 0, isMonotonic: false }
    let table: MetricTable | undefined
    let data = 0
    let dataEnd = 0
    while (r.pos < end) {
      const tag = r.varint()
      const kind = KIND_BY_TAG[tag]
      if (kind) {
        table = this.#tables[kind]
        dataEnd = r.fieldEnd(end)
        data = r.pos
        r.pos = dataEnd
      } else this.#readAbout(about, tag, end)
    }
    r.close(end)
    if (table) this.#readData({ table, about }, data, dataEnd)
    return true
  }

  #readAbout(about: About, tag: number, end: number): void {
    const r = this.#r
    if (tag === 10) about.name = this.#attributes.name(end, 'metric names')
    else if (tag === 26) about.unit = this.#attributes.name(end, 'units')
    else if (tag === 18) about.description = this.#attributes.cutText(r.text(r.fieldEnd(end)), limits.valueBytes, LONG_TEXTS)
    else r.skip(tag, end)
  }

  #readData({ table, about }: Metric, start: number, end: number): void {
    const r = this.#r
    r.pos = start
    const whole = readFields(this.#attributes, end, (tag) => {
      if (tag === 16) about.temporality = r.varint()
      else if (tag === 24) about.isMonotonic = r.varint() !== 0
      else r.skip(tag, end)
    })
    r.pos = start
    const takePoint = (at: number): boolean => this.#takePoint({ table, about }, at)
    while (r.pos < whole) {
      const tag = r.varint()
      if (tag === 10) this.#pointOrNothing(table, r.fieldEnd(whole), takePoint)
      else r.skip(tag, whole)
    }
  }

  #pointOrNothing(table: MetricTable, end: number, takePoint: (end: number) => boolean): void {
    if (!table.block.beginRow()) this.#report.reject(TOO_MUCH)
    else if (readOrReject(this.#attributes, end, takePoint)) return
    this.#r.pos = end
    table.block.dropRow()
  }

  #takePoint({ table, about }: Metric, end: number): boolean {
    const start = this.#r.pos
    const point = readPoint(this.#attributes, table.kind, end)
    if (!this.#findTime(point)) {
      this.#report.reject(reasonOutside(this.#window))
      return false
    }
    this.#sorted.write(table, start, end)
    const isRolledUp = table.kind === 'exp_histogram' && about.temporality === DELTA && this.#origin.aggregates && ROLLED_UP.has(about.name)
    const named = isRolledUp ? this.#sorted.pairs() : undefined
    table.write(this.#attributes, { point, time: this.#time }, { origin: this.#origin, ...about })
    table.block.endRow(this.#time.seconds)
    this.accepted++
    if (named) this.#rollUp(about.name, point, named)
    return true
  }

  #findTime({ time }: Point): boolean {
    if (!this.#time.take(this.#r.buf, time)) {
      this.#time.takeReceipt(this.#window)
      this.#report.change(`data points ${NO_TIME}`)
    }
    return this.#time.isWithin(this.#window)
  }

  #rollUp(name: string, point: Point, attributes: ReadonlyMap<string, string>): void {
    const { server, application, service, instance, version } = this.#origin
    // A point covers the time before its timestamp: one that ends on the minute belongs to the minute that ends there.
    const minute = Math.floor((this.#time.seconds - 0.001) / 60) * 60
    this.#rollup?.point(
      name,
      { server, application, service, instance, version, minute },
      {
        count: Number(point.count),
        sum: point.sum,
        max: point.max,
        scale: point.scale,
        offset: point.positiveOffset,
        counts: point.positive.map(Number),
        zeroCount: Number(point.zeroCount),
        attributes,
      },
    )
  }
}
