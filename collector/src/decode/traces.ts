/**
 * Decodes ExportTraceServiceRequest into otel_traces and otel_traces_trace_id_ts, with the values of the OpenTelemetry Collector's exporter.
 * A span that was exported while its request ran (`spyglass.partial`) and the final one are both stored: readers drop the partial one.
 */
import { type RollupBuilder, SPAN_KEYS } from '../rollup/rollup-builder.ts'
import { AttributeReader } from './attributes.ts'
import { Found } from './found.ts'
import { DictionaryColumn, FixedColumn, MapColumn } from '../native/columns.ts'
import { idEnd, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { ItemTime, NO_TIME } from './item-time.ts'
import type { OtlpRedactor } from '../redact/index.ts'
import { SpanFields } from './span-fields.ts'
import { LONG_STATES, SpanLinks, TOO_MANY_DETAILS } from './span-links.ts'
import { SpanGuard } from './span-guard.ts'
import { limits } from './limits.ts'
import { Origin, RepeatedText, walkGroup } from './origin.ts'
import { ProtoReader } from './proto-reader.ts'
import { type DecodeReport, TOO_MUCH } from './report.ts'
import { readFields, readOrReject } from './salvage.ts'
import { TableBlock } from '../native/table-block.ts'
import { reasonOutside, type TimeWindow } from './time-window.ts'
import { TraceTimes } from './trace-times.ts'

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const STATUSES = ['Unset', 'Ok', 'Error']
const SERVER = 2
const CLIENT = 3
const ERROR = 2
const NO_BYTES = Buffer.alloc(0)
const LONG_NAMES = `names of spans and events longer than ${limits.nameBytes} bytes`
const LONG_MESSAGES = `status messages longer than ${limits.valueBytes} bytes`
const BACKWARDS = 'spans that end before they start were given the duration 0'

export class TraceDecoder {
  readonly block = new TableBlock('otel_traces')
  readonly times = new TraceTimes()
  readonly #report: DecodeReport
  readonly #r = new ProtoReader(NO_BYTES)
  readonly #attributes: AttributeReader
  readonly #span = new SpanFields()
  readonly #time = new ItemTime()
  readonly #origin = new Origin()
  readonly #guard: SpanGuard
  readonly #found = new Found(SPAN_KEYS)
  readonly #scopeName = new RepeatedText()
  readonly #scopeVersion = new RepeatedText()
  #service = 0
  #kinds: number[] = []
  #statuses: number[] = []
  #events = 0
  /** Positions of the events of the current span that have no time. */
  readonly #timelessEvents: number[] = []
  #window: TimeWindow = { from: 0, to: 0, nowMs: 0 }
  #rollup: RollupBuilder | undefined

  readonly #timestamp = this.block.fixed('Timestamp').data
  readonly #traceId = this.block.text('TraceId').data
  readonly #spanId = this.block.text('SpanId').data
  readonly #parentId = this.block.text('ParentSpanId').data
  readonly #state = this.block.text('TraceState')
  readonly #name = this.block.dictionary('SpanName')
  readonly #kind = this.block.dictionary('SpanKind')
  readonly #serviceName = this.block.dictionary('ServiceName')
  readonly #resourceMap = this.block.map('ResourceAttributes')
  readonly #scopeNameColumn = this.block.text('ScopeName')
  readonly #scopeVersionColumn = this.block.text('ScopeVersion')
  readonly #map = this.block.map('SpanAttributes')
  readonly #duration = this.block.fixed('Duration').data
  readonly #status = this.block.dictionary('StatusCode')
  readonly #message = this.block.text('StatusMessage')
  readonly #eventTime = this.block.array('Events.Timestamp', FixedColumn)
  readonly #eventName = this.block.array('Events.Name', DictionaryColumn)
  readonly #eventMap = this.block.array('Events.Attributes', MapColumn)
  readonly #links: SpanLinks

  constructor(report: DecodeReport, redactor: OtlpRedactor) {
    this.#report = report
    this.#guard = new SpanGuard(redactor, this.#r)
    this.#attributes = new AttributeReader(this.#r, report, this.#guard)
    this.#links = new SpanLinks(this.block, this.#attributes)
  }

  /** Decodes one request; the rows are in `block` until `reset`. */
  decode(body: Buffer, window: TimeWindow, rollup: RollupBuilder): void {
    const r = this.#r
    this.#guard.begin(body)
    r.pos = 0
    this.#window = window
    this.#rollup = rollup
    this.#kinds = KINDS.map((kind) => this.#kind.stringKey(kind))
    this.#statuses = STATUSES.map((status) => this.#status.stringKey(status))
    for (const key of SPAN_KEYS) this.#map.keys.stringKey(key)
    readFields(this.#attributes, body.length, (tag) => {
      if (tag === 10) this.#resourceSpans(r.fieldEnd(body.length))
      else r.skip(tag, body.length)
    })
    this.#guard.end()
    r.buf = NO_BYTES
  }

  reset(): void {
    this.block.reset()
    this.times.reset()
    this.#events = 0
    this.#links.count = 0
  }

  #resourceSpans(end: number): void {
    this.#origin.beginResource()
    this.#guard.beginResource()
    let first = true
    walkGroup(this.#attributes, end, {
      head: (at) => {
        this.#guard.beginResource(at)
        this.#origin.readResource(this.#attributes, this.#guard.redact(this.#r.pos, at, 'resource'))
      },
      schema: () => {},
      member: (at) => {
        if (first) {
          this.#service = this.#serviceName.stringKey(this.#origin.service)
          first = false
        }
        this.#scopeSpans(at)
      },
    })
  }

  #scopeSpans(end: number): void {
    this.#origin.beginScope()
    let first = true
    walkGroup(this.#attributes, end, {
      head: (at) => this.#origin.readScope(this.#attributes, this.#guard.redact(this.#r.pos, at, 'scope')),
      schema: () => {},
      member: (at) => {
        if (first) {
          this.#scopeName.set(this.#origin.scopeName)
          this.#scopeVersion.set(this.#origin.scopeVersion)
          first = false
        }
        this.#redactedSpan(at)
      },
    })
  }

  /** Most spans are plain. A span is redacted only if something in it is not. */
  #redactedSpan(end: number): void {
    const r = this.#r
    const start = r.pos
    if (this.#guard.isExcepted) return this.#spanOrNothing(end)
    if (this.#guard.attempt()) {
      this.#spanOrNothing(end)
      if (this.#guard.settle()) return
    }
    this.#spanOrNothing(this.#guard.redact(start, end, 'span'))
    r.pos = end
  }

  #spanOrNothing(end: number): void {
    const events = this.#events
    const links = this.#links.count
    if (!this.block.beginRow()) this.#report.reject(TOO_MUCH)
    else if (readOrReject(this.#attributes, end, this.#takeSpan)) return
    this.#r.pos = end
    this.block.dropRow()
    this.#events = events
    this.#links.count = links
  }

  readonly #takeSpan = (end: number): boolean => {
    this.#readSpan(end)
    if (this.#guard.isOn && !this.#isPlain()) return false
    this.#checkIds()
    const isInTime = this.#findTime()
    if (isInTime) this.#writeSpan()
    else this.#report.reject(reasonOutside(this.#window))
    return isInTime
  }

  /** Whether everything in the span is plain. */
  #isPlain(): boolean {
    const { state, stateEnd, message, messageEnd, name, nameEnd } = this.#span
    this.#guard.text(state, stateEnd)
    this.#guard.text(message, messageEnd)
    if (!this.#guard.isHit) this.#span.nameIndex = this.#guard.name(this.#name, name, nameEnd)
    return !this.#guard.isHit
  }

  /** The start; without one the end; without both the time of receipt. */
  #findTime(): boolean {
    const { buf } = this.#r
    const { start, end } = this.#span
    if (!this.#time.take(buf, start) && !this.#time.take(buf, end)) {
      this.#time.takeReceipt(this.#window)
      this.#report.change(`spans ${NO_TIME}`)
    }
    return this.#time.isWithin(this.#window)
  }

  #checkIds(): void {
    const span = this.#span
    span.traceIdEnd = idEnd(this.#r, span.traceId, span.traceIdEnd, TRACE_ID_BYTES)
    span.spanIdEnd = idEnd(this.#r, span.spanId, span.spanIdEnd, SPAN_ID_BYTES)
    span.parentIdEnd = idEnd(this.#r, span.parentId, span.parentIdEnd, SPAN_ID_BYTES)
  }

  #readSpan(end: number): void {
    const r = this.#r
    const span = this.#span
    span.clear()
    this.#found.clear()
    this.#timelessEvents.length = 0
    const rowStart = this.#map.keys.length
    const eventStart = this.#events
    const linkStart = this.#links.count
    while (r.pos < end) {
      const tag = r.varint()
      switch (tag) {
        case 10:
          span.traceIdEnd = r.fieldEnd(end)
          span.traceId = r.pos
          r.pos = span.traceIdEnd
          break
        case 18:
          span.spanIdEnd = r.fieldEnd(end)
          span.spanId = r.pos
          r.pos = span.spanIdEnd
          break
        case 34:
          span.parentIdEnd = r.fieldEnd(end)
          span.parentId = r.pos
          r.pos = span.parentIdEnd
          break
        case 42:
          span.nameEnd = r.fieldEnd(end)
          span.name = r.pos
          r.pos = span.nameEnd
          break
        case 48:
          span.kind = r.varint()
          break
        case 57:
          span.start = r.fixed64(end)
          break
        case 65:
          span.end = r.fixed64(end)
          break
        case 74:
          this.#attributes.spanKeyValue(this.#map, r.fieldEnd(end), rowStart, this.#found)
          if (this.#guard.isHit) return
          break
        case 90:
          this.#event(r.fieldEnd(end), eventStart)
          break
        case 106:
          this.#links.read(r.fieldEnd(end), linkStart)
          break
        default:
          this.#rareField(tag, end)
      }
    }
    r.close(end)
  }

  #rareField(tag: number, end: number): void {
    const r = this.#r
    const span = this.#span
    if (tag === 26) {
      span.stateEnd = r.fieldEnd(end)
      span.state = r.pos
      r.pos = span.stateEnd
    } else if (tag === 122) this.#readStatus(r.fieldEnd(end))
    else r.skip(tag, end)
  }

  #readStatus(end: number): void {
    const r = this.#r
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 18) {
        this.#span.messageEnd = r.fieldEnd(end)
        this.#span.message = r.pos
        r.pos = this.#span.messageEnd
      } else if (tag === 24) this.#span.status = r.varint()
      else r.skip(tag, end)
    }
    r.close(end)
  }

  #event(end: number, rowStart: number): void {
    const r = this.#r
    if (this.#events - rowStart >= limits.details) {
      this.#attributes.tooMuch(TOO_MANY_DETAILS)
      r.pos = end
      return
    }
    const map = this.#eventMap.items
    const mapStart = map.keys.length
    let time = -1
    let name = 0
    let nameEnd = 0
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 9) time = r.fixed64(end)
      else if (tag === 18) {
        nameEnd = r.fieldEnd(end)
        name = r.pos
        r.pos = nameEnd
      } else if (tag === 26) this.#attributes.spanKeyValue(map, r.fieldEnd(end), mapStart)
      else r.skip(tag, end)
    }
    r.close(end)
    this.#writeEventTime(time)
    if (this.#guard.isOn) this.#guard.text(name, nameEnd)
    if (this.#guard.isHit) return
    this.#eventName.items.add(r.buf, name, this.#attributes.cut(name, nameEnd, limits.nameBytes, LONG_NAMES))
    map.endRow()
    this.#events++
  }

  /** An event without a time gets the time of its span, which is known only after the whole span has been read. */
  #writeEventTime(at: number): void {
    const { data } = this.#eventTime.items
    if (at >= 0 && (this.#r.buf.readUInt32LE(at) !== 0 || this.#r.buf.readUInt32LE(at + 4) !== 0)) return data.copy(this.#r.buf, at, at + 8)
    this.#timelessEvents.push(data.length)
    data.u64(0)
  }

  #writeSpan(): void {
    const { buf } = this.#r
    const span = this.#span
    const { seconds } = this.#time
    this.#timestamp.u64(this.#time.low, this.#time.high)
    const nanos = this.#writeDuration()
    this.#traceId.hex(buf, span.traceId, span.traceIdEnd)
    this.#spanId.hex(buf, span.spanId, span.spanIdEnd)
    this.#parentId.hex(buf, span.parentId, span.parentIdEnd)
    this.#state.add(buf, span.state, this.#attributes.cut(span.state, span.stateEnd, limits.valueBytes, LONG_STATES))
    const name =
      span.nameIndex >= 0
        ? span.nameIndex
        : this.#name.key(buf, span.name, this.#attributes.cut(span.name, span.nameEnd, limits.nameBytes, LONG_NAMES))
    this.#name.addIndex(name)
    this.#kind.addIndex(this.#kinds[span.kind] ?? (this.#kinds[0] as number))
    this.#status.addIndex(this.#statuses[span.status] ?? (this.#statuses[0] as number))
    this.#message.add(buf, span.message, this.#attributes.cut(span.message, span.messageEnd, limits.valueBytes, LONG_MESSAGES))
    this.#serviceName.addIndex(this.#service)
    this.#scopeName.row(this.#scopeNameColumn)
    this.#scopeVersion.row(this.#scopeVersionColumn)
    this.#origin.resource.row(this.#resourceMap, this.#attributes)
    this.#map.endRow()
    this.#endDetails()
    // the rollup reads values for the first time and may find one malformed, so the row ends only afterwards
    if (!this.#origin.aggregates && (span.kind === SERVER || span.kind === CLIENT)) this.#rollUp(name, seconds, nanos)
    this.block.endRow(seconds)
    this.times.add(buf.toString('latin1', span.traceId, span.traceIdEnd), seconds, seconds + nanos / 1e9)
  }

  #endDetails(): void {
    for (const at of this.#timelessEvents) {
      this.#eventTime.items.data.bytes.writeUInt32LE(this.#time.low, at)
      this.#eventTime.items.data.bytes.writeUInt32LE(this.#time.high, at + 4)
    }
    for (const column of [this.#eventTime, this.#eventName, this.#eventMap]) column.endRow(this.#events)
    this.#links.endRow()
  }

  /** End minus start, in 64 bits; 0 if the end is missing or before the start. */
  #writeDuration(): number {
    const { end } = this.#span
    const { buf } = this.#r
    let low = end < 0 ? 0 : buf.readUInt32LE(end) - this.#time.low
    let high = end < 0 ? 0 : buf.readUInt32LE(end + 4) - this.#time.high
    if (low < 0) {
      low += 4_294_967_296
      high--
    }
    if (high < 0) {
      low = high = 0
      if (buf.readUInt32LE(end) > 0 || buf.readUInt32LE(end + 4) > 0) this.#report.change(BACKWARDS) // 0 is no time
    }
    this.#duration.u64(low, high)
    return high * 4_294_967_296 + low
  }

  #rollUp(name: number, seconds: number, nanos: number): void {
    const failed = this.#span.status === ERROR
    const { server, application, service, instance, version } = this.#origin
    const origin = { server, application, service, instance, version, minute: Math.floor(seconds / 60) * 60 }
    const value = (key: (typeof SPAN_KEYS)[number]): string => this.#foundText(SPAN_KEYS.indexOf(key))
    this.#rollup?.span(origin, { name: this.#name.textOf(name), isServer: this.#span.kind === SERVER, failed, nanos, value })
  }

  #foundText(index: number): string {
    const start = this.#found.at[index * 2] as number
    if (start === 0) return ''
    this.#r.pos = start
    const value = this.#attributes.anyValue(this.#found.at[index * 2 + 1] as number, 0)
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  }
}
