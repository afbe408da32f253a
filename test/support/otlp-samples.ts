/** Arbitrary OTLP requests for property tests, and the rows that they must become. */
import * as fc from 'fast-check'
import { Redactor } from '../../collector/src/redact/redactor.ts'

/** For tests of what a request becomes: arbitrary texts and numbers may look like secrets. */
export const AS_SENT = new Redactor({ except: ['', 'shop'] })

export const NOW = 1_800_000_000_000
export const WINDOW = { from: NOW / 1000 - 7 * 86_400, to: NOW / 1000 + 3600, nowMs: NOW }
const nanos = (ms: number): string => `${BigInt(Math.floor(ms)) * 1_000_000n}`

const text = fc.string({ unit: 'grapheme', maxLength: 60 })
const key = fc.oneof(fc.constantFrom('http.route', 'a', 'db.system.name', 'ключ'), fc.string({ minLength: 1, maxLength: 20 }))

/** A value with the text that the exporter makes of it. */
const value: fc.Arbitrary<{ value: object; text: string }> = fc.oneof(
  text.map((one) => ({ value: { stringValue: one }, text: one })),
  fc.boolean().map((one) => ({ value: { boolValue: one }, text: String(one) })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((one) => ({ value: { intValue: String(one) }, text: String(one) })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => ({ value: { doubleValue: one }, text: String(one) })),
  fc.array(fc.integer(), { maxLength: 4 }).map((list) => ({
    value: { arrayValue: { values: list.map((one) => ({ intValue: one })) } },
    text: JSON.stringify(list),
  })),
)

export const attributes = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 6 }).map((pairs) => ({
  proto: pairs.map(([name, one]) => ({ key: name, value: one.value })),
  map: Object.fromEntries(pairs.map(([name, one]) => [name, one.text])),
}))

const id = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes))

const time = fc.integer({ min: NOW - 86_400_000, max: NOW })

export const span = fc.record({
  traceId: id(16),
  spanId: id(8),
  parent: fc.oneof(fc.constant(Buffer.alloc(0)), id(8)),
  state: fc.constantFrom('', 'a=b'),
  name: text,
  kind: fc.integer({ min: 0, max: 5 }),
  start: time,
  duration: fc.integer({ min: 0, max: 10_000_000 }),
  attributes,
  status: fc.integer({ min: 0, max: 2 }),
  message: text,
  events: fc.array(fc.record({ time, name: text, attributes }), { maxLength: 3 }),
  links: fc.array(fc.record({ traceId: id(16), spanId: id(8), state: text, attributes }), { maxLength: 2 }),
})
type Span = typeof span extends fc.Arbitrary<infer T> ? T : never

export const spanGroup = fc.record({ resource: attributes, scope: text, version: text, spans: fc.array(span, { maxLength: 5 }) })
export type SpanGroup = typeof spanGroup extends fc.Arbitrary<infer T> ? T : never

export const protoOfSpans = (groups: readonly SpanGroup[]): object => ({
  resourceSpans: groups.map(({ resource, scope, version, spans }) => ({
    resource: { attributes: resource.proto },
    scopeSpans: [{ scope: { name: scope, version }, spans: spans.map(protoOfSpan) }],
  })),
})

const protoOfSpan = (one: Span): object => ({
  traceId: one.traceId,
  spanId: one.spanId,
  parentSpanId: one.parent,
  traceState: one.state,
  name: one.name,
  kind: one.kind,
  startTimeUnixNano: nanos(one.start),
  endTimeUnixNano: nanos(one.start + one.duration),
  attributes: one.attributes.proto,
  status: { code: one.status, message: one.message },
  events: one.events.map((event) => ({ timeUnixNano: nanos(event.time), name: event.name, attributes: event.attributes.proto })),
  links: one.links.map((link) => ({
    traceId: link.traceId,
    spanId: link.spanId,
    traceState: link.state,
    attributes: link.attributes.proto,
  })),
})

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']

export const rowsOfSpans = (groups: readonly SpanGroup[]): Record<string, unknown>[] =>
  groups.flatMap(({ resource, scope, version, spans }) =>
    spans.map((one) => ({
      Timestamp: BigInt(one.start) * 1_000_000n,
      TraceId: one.traceId.toString('hex'),
      SpanId: one.spanId.toString('hex'),
      ParentSpanId: one.parent.toString('hex'),
      TraceState: one.state,
      SpanName: one.name,
      SpanKind: KINDS[one.kind],
      ServiceName: resource.map['service.name'] ?? '',
      ResourceAttributes: resource.map,
      ScopeName: scope,
      ScopeVersion: version,
      SpanAttributes: one.attributes.map,
      Duration: one.duration * 1e6,
      StatusCode: ['Unset', 'Ok', 'Error'][one.status],
      StatusMessage: one.message,
      'Events.Timestamp': one.events.map((event) => BigInt(event.time) * 1_000_000n),
      'Events.Name': one.events.map((event) => event.name),
      'Events.Attributes': one.events.map((event) => event.attributes.map),
      'Links.TraceId': one.links.map((link) => link.traceId.toString('hex')),
      'Links.SpanId': one.links.map((link) => link.spanId.toString('hex')),
      'Links.TraceState': one.links.map((link) => link.state),
      'Links.Attributes': one.links.map((link) => link.attributes.map),
      Batch: 'batch-1',
    })),
  )
