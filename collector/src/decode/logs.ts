/** ExportLogsServiceRequest into otel_logs. Records whose event name is one of ours come out as events too. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { AttributeReader } from './attributes.ts'
import { EVENT_PREFIX, eventOf } from './event-record.ts'
import { limits } from './limits.ts'
import { Origin, walkResource, walkScope } from './origin.ts'
import { ProtoReader } from './proto-reader.ts'
import { TableBlock } from '../native/table-block.ts'
import { findFixed64, secondsAt, type TimeWindow } from './time-window.ts'

const NO_BYTES = Buffer.alloc(0)
const TIME = 9
const OBSERVED = 89

/** An event and who sent it. */
export interface OriginatedEvent {
  readonly event: SpyglassEvent
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
  clear(): void {
    this.severity = this.severityText = this.severityTextEnd = this.body = this.bodyEnd = this.flags = 0
    this.traceId = this.traceIdEnd = this.spanId = this.spanIdEnd = this.name = this.nameEnd = 0
  }
}

export class LogDecoder {
  readonly block = new TableBlock('otel_logs')
  readonly events: OriginatedEvent[] = []
  rejected = 0
  readonly #r = new ProtoReader(NO_BYTES)
  readonly #attributes = new AttributeReader(this.#r)
  readonly #record = new LogFields()
  readonly #origin = new Origin()
  #attributeSpots: number[] = []
  #window: TimeWindow = { from: 0, to: 0 }
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

  get truncated(): number {
    return this.#attributes.truncated
  }

  decode(body: Buffer, window: TimeWindow): void {
    const r = this.#r
    r.buf = body
    r.pos = 0
    this.#window = window
    this.#attributes.truncated = 0
    while (r.pos < body.length) {
      const tag = r.varint()
      if (tag === 10) this.#resourceLogs(r.fieldEnd(body.length))
      else r.skip(tag, body.length)
    }
    r.close(body.length)
    r.buf = NO_BYTES
  }

  reset(): void {
    this.block.reset()
    this.rejected = 0
    this.events.length = 0
  }

  #resourceLogs(end: number): void {
    const origin = this.#origin
    origin.beginResource(this.#resourceMap)
    walkResource(this.#r, end, {
      resource: (at) => origin.readResource(this.#attributes, at),
      schema: (url) => (origin.resourceSchema = url),
      scope: (at) => this.#scopeLogs(at),
    })
  }

  #scopeLogs(end: number): void {
    const origin = this.#origin
    origin.beginScope(this.#scopeMap)
    walkScope(this.#r, end, {
      scope: (at) => origin.readScope(this.#attributes, at),
      schema: (url) => (origin.scopeSchema = url),
      item: (at) => this.#recordIfInTime(at),
    })
  }

  #recordIfInTime(end: number): void {
    const r = this.#r
    let time = findFixed64(r, TIME, end)
    if (time < 0 || secondsAt(r, time) === 0) time = findFixed64(r, OBSERVED, end)
    const seconds = time < 0 ? 0 : secondsAt(r, time)
    if (seconds < this.#window.from || seconds > this.#window.to) {
      this.rejected++
      r.pos = end
      return
    }
    this.#read(end)
    this.#write(time, seconds)
  }

  #read(end: number): void {
    const r = this.#r
    const record = this.#record
    record.clear()
    this.#attributeSpots.length = 0
    const rowStart = this.#map.keys.rows
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 16) record.severity = r.varint()
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

  #write(time: number, seconds: number): void {
    const r = this.#r
    const { buf } = r
    const record = this.#record
    const origin = this.#origin
    this.#timestamp.copy(buf, time, time + 8)
    this.#timestampTime.u32(Math.floor(seconds))
    this.#traceId.hex(buf, record.traceId, record.traceIdEnd)
    this.#spanId.hex(buf, record.spanId, record.spanIdEnd)
    this.#flags.u8(record.flags & 255)
    this.#severityText.add(buf, record.severityText, Math.min(record.severityTextEnd, record.severityText + limits.nameBytes))
    this.#severity.u8(record.severity & 255)
    this.#service.string(origin.service)
    const after = r.pos
    r.pos = record.body
    this.#attributes.value(this.#body, record.bodyEnd)
    this.#map.endRow()
    this.#name.add(buf, record.name, record.nameEnd)
    this.#writeOrigin(origin)
    this.block.endRow(seconds)
    this.#noteEvent(seconds)
    r.pos = after
  }

  #writeOrigin(origin: Origin): void {
    this.block.dictionary('ResourceSchemaUrl').string(origin.resourceSchema)
    origin.resource.row()
    this.block.dictionary('ScopeSchemaUrl').string(origin.scopeSchema)
    this.block.text('ScopeName').string(origin.scopeName)
    this.block.dictionary('ScopeVersion').string(origin.scopeVersion)
    origin.scope.row()
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
    if (event) this.events.push({ event, service: this.#origin.service, instance: this.#origin.instance })
  }
}
