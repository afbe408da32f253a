import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AttributesInput, ProtobufWriter, type SpanRecord, encodeRequest, writeSpan } from '@spyglass/agent/otlp'
import { type DecodedSpan, decodeTraces, plainAttributes } from '../../support/otlp-definitions.ts'

const RESOURCE = { 'service.name': 'shop', 'spyglass.aggregates': true, pid: 7 }

function requestOf(spans: readonly SpanRecord[]): Buffer {
  const writer = new ProtobufWriter()
  const records = spans.map((span) => {
    writeSpan(writer, span)
    return { bytes: writer.take(), scope: span.scope }
  })
  return encodeRequest(writer, records, { resource: RESOURCE, scope: { name: 'spyglass.agent', version: '1' } })
}

const spansOf = (body: Buffer): readonly DecodedSpan[] =>
  decodeTraces(body).resourceSpans[0]?.scopeSpans.flatMap((scope) => scope.spans) ?? []
const nanosOf = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)

const hexOf = (length: number) =>
  fc.uint8Array({ minLength: length / 2, maxLength: length / 2 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const scalar = fc.oneof(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.maxSafeInteger(), fc.double({ noNaN: true, noInteger: true }))
const attributes: fc.Arbitrary<AttributesInput> = fc.dictionary(fc.string(), fc.oneof(scalar, fc.array(scalar, { maxLength: 4 })), {
  maxKeys: 6,
  noNullPrototype: true,
})
const time = fc.double({ min: 1, max: 4_000_000_000_000, noNaN: true })

const spanRecord: fc.Arbitrary<SpanRecord> = fc.record(
  {
    traceId: hexOf(32),
    spanId: hexOf(16),
    parentSpanId: hexOf(16),
    traceState: fc.string({ minLength: 1 }),
    flags: fc.integer({ min: 1, max: 255 }),
    name: fc.string({ minLength: 1, unit: 'grapheme' }),
    kind: fc.constantFrom(1, 2, 3, 4, 5),
    startMs: time,
    endMs: time,
    attributes,
    events: fc.array(fc.record({ timeMs: time, name: fc.string({ minLength: 1 }), attributes }), { maxLength: 3 }),
    links: fc.array(fc.record({ traceId: hexOf(32), spanId: hexOf(16), attributes }), { maxLength: 2 }),
    status: fc.record({ code: fc.constantFrom('ok', 'error'), message: fc.string({ minLength: 1 }) }),
  },
  { requiredKeys: ['traceId', 'spanId', 'name', 'kind', 'startMs', 'endMs'] },
)

test('what a protobuf reader finds in a request is what the spans said', () => {
  fc.assert(
    fc.property(fc.array(spanRecord, { minLength: 1, maxLength: 5 }), (spans) => {
      expect(spansOf(requestOf(spans)).map(plainSpan)).toEqual(spans.map(expectedSpan))
    }),
    { numRuns: 200 },
  )
})

function plainSpan(span: DecodedSpan): unknown {
  return {
    ...span,
    attributes: plainAttributes(span),
    events: (span.events ?? []).map((event) => ({ ...event, attributes: plainAttributes(event) })),
    links: (span.links ?? []).map((link) => ({ ...link, attributes: plainAttributes(link) })),
  }
}

function expectedSpan(span: SpanRecord): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    ...(span.traceState === undefined ? {} : { traceState: span.traceState }),
    flags: span.flags ?? 1,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: nanosOf(span.startMs),
    endTimeUnixNano: nanosOf(span.endMs),
    attributes: span.attributes ?? {},
    events: (span.events ?? []).map(({ timeMs, ...event }) => ({ ...event, timeUnixNano: nanosOf(timeMs) })),
    links: span.links ?? [],
    ...(span.status ? { status: { code: span.status.code === 'ok' ? 1 : 2, message: span.status.message } } : {}),
  }
}

test('the stock encoder of OpenTelemetry writes the same span', () => {
  const record: SpanRecord = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: '00f067aa0ba902b7',
    traceState: 'rojo=1',
    name: 'GET /shop/orders/:id',
    kind: 2,
    startMs: 1_700_000_000_000.25,
    endMs: 1_700_000_000_250.5,
    attributes: { 'http.route': '/shop/orders/:id', 'http.response.status_code': 500, share: 0.5, on: true, list: ['a', 'b'] },
    events: [{ timeMs: 1_700_000_000_001, name: 'exception', attributes: { 'exception.type': 'Error' } }],
    links: [{ traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331', attributes: { a: 1 } }],
    status: { code: 'error', message: 'bad' },
  }
  type StockSpan = Parameters<(typeof ProtobufTraceSerializer)['serializeRequest']>[0][number]
  const stock = {
    name: record.name,
    kind: 1, // OpenTelemetry's own numbers of kinds begin at 0
    spanContext: () => ({ traceId: record.traceId, spanId: record.spanId, traceFlags: 1, traceState: { serialize: () => 'rojo=1' } }),
    parentSpanContext: { traceId: record.traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 },
    startTime: [1_700_000_000, 250_000],
    endTime: [1_700_000_000, 250_500_000],
    status: { code: 2, message: 'bad' },
    attributes: record.attributes,
    links: [{ context: { traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331', traceFlags: 1 }, attributes: { a: 1 } }],
    events: [{ name: 'exception', time: [1_700_000_000, 1_000_000], attributes: { 'exception.type': 'Error' } }],
    duration: [0, 250_250_000],
    ended: true,
    resource: { attributes: RESOURCE },
    instrumentationScope: { name: 'spyglass.agent', version: '1' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as unknown as StockSpan
  const theirs = decodeTraces(ProtobufTraceSerializer.serializeRequest([stock]) ?? new Uint8Array())
  const ours = decodeTraces(requestOf([record]))
  const comparable = ({ resourceSpans: [group] }: typeof ours): unknown => ({
    resource: plainAttributes(group?.resource ?? {}),
    scope: group?.scopeSpans[0]?.scope,
    span: withoutFlags(group?.scopeSpans[0]?.spans[0]),
  })
  expect(comparable(ours)).toEqual(comparable(theirs))
})

/** The stock encoder also says in the flags whether the parent was remote, and how much was dropped. */
function withoutFlags(span: DecodedSpan | undefined): unknown {
  return JSON.parse(JSON.stringify(span, (key, value: unknown) => (key === 'flags' || key.startsWith('dropped') ? undefined : value)))
}

test('spans of several scopes stand under their own scope', () => {
  const span = { traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1', name: 'x', kind: 1, startMs: 1, endMs: 2 } as const
  const body = requestOf([span, { ...span, scope: { name: 'app' } }, { ...span, scope: { name: 'app' } }])
  expect(decodeTraces(body).resourceSpans[0]?.scopeSpans.map(({ scope, spans }) => [scope.name, spans.length])).toEqual([
    ['spyglass.agent', 1],
    ['app', 2],
  ])
})
