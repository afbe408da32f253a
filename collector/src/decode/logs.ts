/** Decodes ExportLogsServiceRequest into otel_logs. Records of a known sender with one of our event names become events as well. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { AttributeReader } from './attributes.ts'
import { EVENT_PREFIX, eventOf } from './event-record.ts'
import { idEnd, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { ItemTime, NO_TIME } from './item-time.ts'
import { limits } from './limits.ts'
import { Origin, walkGroup } from './origin.ts'
import { ProtoReader } from './proto-reader.ts'
import { type DecodeReport, TOO_MUCH } from './report.ts'
import { readFields, readOrReject } from './salvage.ts'
import { TableBlock } from '../native/table-block.ts'
import { reasonOutside, type TimeWindow } from './time-window.ts'

const NO_BYTES = Buffer.alloc(0)
/** The column holds a byte; OpenTelemetry defines the numbers up to 24. */
const MAX_SEVERITY = 255
const LONG_NAMES = `event names and severities longer than ${limits.nameBytes} bytes`

/** An event and who sent it. */
export interface OriginatedEvent {
  readonly event: SpyglassEvent
  readonly server: string
  readonly service: string
  readonly instance: string
}

class LogFields {
  severity = 0
  severityText = 0
  severityTextEnd = 0
  body = 0
  bodyEnd = 0
  traceId = 0
  traceIdEnd = 0
  spanId = 0
  spanIdEnd = 0
  name = 0
  nameEnd = 0
  flags = 0
  time = -1
  observed = -1
  clear(): void {
    this.time = this.observed = -1
    this.severity = this.severityText = this.severityTextEnd = this.body = this.bodyEnd = this.flags = 0
    this.traceId = this.traceIdEnd = this.spanId = this.spanIdEnd = this.name = this.nameEnd = 0
  }
}

export class LogDecoder {
  readonly block = new TableBlock('otel_logs')
  readonly events: OriginatedEvent[] = []
  readonly #report: DecodeReport
  readonly #r = new ProtoReader(NO_BYTES)
  readonly #attributes: AttributeReader
  readonly #record = new LogFields()
  readonly #time = new ItemTime()
  readonly #origin = new Origin()
  #attributeSpots: number[] = []
  #window: TimeWindow = { from: 0, to: 0, nowMs: 0 }
  #isKnown = false
  readonly #timestamp = this.block.fixed('Timestamp').data
  readonly #timestampTime = this.block.fixed('TimestampTime').data
  readonly #traceId = this.block.text('TraceId').data
  readonly #spanId = this.block.text('SpanId').data
  readonly #flags = this.block.fixed('TraceFlags').data
  readonly #severityText = this.block.dictionary('SeverityText')
  readonly #severity = this.block.fixed('SeverityNumber').data
  readonly #service = this.block.dictionary('ServiceName')
  readonly #body = this.block.text('Body')
  readonly #resourceMap = this.block.map('ResourceAttributes')
  readonly #scopeMap = this.block.map('ScopeAttributes')
  readonly #map = this.block.map('LogAttributes')
  readonly #name = this.block.text('EventName')

  constructor(report: DecodeReport) {
    this.#report = report
    this.#attributes = new AttributeReader(this.#r, report)
  }

  /** `isKnown`: records with our event names become events. */
  decode(body: Buffer, window: TimeWindow, isKnown: boolean): void {
    const r = this.#r
    r.buf = body
    r.pos = 0
    this.#window = window
    this.#isKnown = isKnown
    readFields(this.#attributes, body.length, (tag) => {
      if (tag === 10) this.#resourceLogs(r.fieldEnd(body.length))
      else r.skip(tag, body.length)
    })
    r.buf = NO_BYTES
  }

  reset(): void {
    this.block.reset()
    this.events.length = 0
  }

  #resourceLogs(end: number): void {
    const origin = this.#origin
    origin.beginResource()
    walkGroup(this.#attributes, end, {
      head: (at) => origin.readResource(this.#attributes, at),
      schema: (url) => (origin.resourceSchema = url),
      member: (at) => this.#scopeLogs(at),
    })
  }

  #scopeLogs(end: number): void {
    const origin = this.#origin
    origin.beginScope()
    walkGroup(this.#attributes, end, {
      head: (at) => origin.readScope(this.#attributes, at),
      schema: (url) => (origin.scopeSchema = url),
      member: (at) => this.#recordOrNothing(at),
    })
  }

  #recordOrNothing(end: number): void {
    if (!this.block.beginRow()) this.#report.reject(TOO_MUCH)
    else if (readOrReject(this.#attributes, end, this.#takeRecord)) return
    this.#r.pos = end
    this.block.dropRow()
  }

  readonly #takeRecord = (end: number): boolean => {
    this.#read(end)
    const isInTime = this.#findTime()
    if (isInTime) this.#write()
    else this.#report.reject(reasonOutside(this.#window))
    return isInTime
  }

  /** Its own time, or the observed time, or the time of receipt. */
  #findTime(): boolean {
    const { buf } = this.#r
    if (!this.#time.take(buf, this.#record.time) && !this.#time.take(buf, this.#record.observed)) {
      this.#time.takeReceipt(this.#window)
      this.#report.change(`log records ${NO_TIME}`)
    }
    return this.#time.isWithin(this.#window)
  }

  #read(end: number): void {
    const r = this.#r
    const record = this.#record
    record.clear()
    this.#attributeSpots.length = 0
    const rowStart = this.#map.keys.length
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 9) record.time = r.fixed64(end)
      else if (tag === 89) record.observed = r.fixed64(end)
      else if (tag === 16) record.severity = r.varint()
      else if (tag === 69) record.flags = r.fixed32(end)
      else if (tag === 50) this.#attribute(r.fieldEnd(end), rowStart)
      else if ((tag & 7) === 2) this.#bytesField(tag, r.fieldEnd(end))
      else r.skip(tag, end)
    }
    r.close(end)
  }

  #attribute(end: number, rowStart: number): void {
    this.#attributeSpots.push(this.#r.pos, end)
    this.#attributes.keyValue(this.#map, end, rowStart)
  }

  #bytesField(tag: number, end: number): void {
    const r = this.#r
    const record = this.#record
    const start = r.pos
    r.pos = end
    if (tag === 26) [record.severityText, record.severityTextEnd] = [start, end]
    else if (tag === 42) [record.body, record.bodyEnd] = [start, end]
    else if (tag === 74) [record.traceId, record.traceIdEnd] = [start, end]
    else if (tag === 82) [record.spanId, record.spanIdEnd] = [start, end]
    else if (tag === 98) [record.name, record.nameEnd] = [start, end]
  }

  #write(): void {
    const r = this.#r
    const { buf } = r
    const record = this.#record
    const attributes = this.#attributes
    this.#timestamp.u64(this.#time.low, this.#time.high)
    this.#timestampTime.u32(Math.floor(this.#time.seconds))
    this.#traceId.hex(buf, record.traceId, idEnd(r, record.traceId, record.traceIdEnd, TRACE_ID_BYTES))
    this.#spanId.hex(buf, record.spanId, idEnd(r, record.spanId, record.spanIdEnd, SPAN_ID_BYTES))
    this.#flags.u8(record.flags & 255)
    this.#severityText.add(
      buf,
      record.severityText,
      attributes.cut(record.severityText, record.severityTextEnd, limits.nameBytes, LONG_NAMES),
    )
    this.#severity.u8(record.severity > MAX_SEVERITY ? 0 : record.severity)
    this.#service.string(this.#origin.service)
    r.pos = record.body
    attributes.value(this.#body, record.bodyEnd)
    this.#map.endRow()
    this.#name.add(buf, record.name, attributes.cut(record.name, record.nameEnd, limits.nameBytes, LONG_NAMES))
    this.#writeOrigin(this.#origin)
    if (this.#isKnown) this.#noteEvent(this.#time.seconds)
    this.block.endRow(this.#time.seconds)
  }

  #writeOrigin(origin: Origin): void {
    this.block.dictionary('ResourceSchemaUrl').string(origin.resourceSchema)
    origin.resource.row(this.#resourceMap, this.#attributes)
    this.block.dictionary('ScopeSchemaUrl').string(origin.scopeSchema)
    this.block.text('ScopeName').string(origin.scopeName)
    this.block.dictionary('ScopeVersion').string(origin.scopeVersion)
    origin.scope.row(this.#scopeMap, this.#attributes)
  }

  #noteEvent(seconds: number): void {
    const r = this.#r
    const record = this.#record
    if (record.nameEnd - record.name <= EVENT_PREFIX.length) return
    const name = r.buf.toString('utf8', record.name, record.nameEnd)
    if (!name.startsWith(EVENT_PREFIX)) return
    const attributes = new Map<string, string>()
    for (let i = 0; i < this.#attributeSpots.length; i += 2) {
      r.pos = this.#attributeSpots[i] as number
      attributes.set(...this.#attributes.pair(this.#attributeSpots[i + 1] as number))
    }
    r.pos = record.body
    const body = record.bodyEnd > record.body ? this.#attributes.anyValue(record.bodyEnd, 0) : ''
    const message = typeof body === 'string' ? body : JSON.stringify(body ?? '')
    const event = eventOf({ name, attributes, message, time: Math.round(seconds * 1000) })
    if (!event) return
    const { server, service, instance } = this.#origin
    this.events.push({ event, server, service, instance })
  }
}
