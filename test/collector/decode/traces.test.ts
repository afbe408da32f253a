import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { TraceDecoder } from '../../../collector/src/decode/traces.ts'
import { DecodeReport } from '../../../collector/src/decode/report.ts'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { OtlpRedactor } from '../../../collector/src/redact/otlp-redactor.ts'
import { RollupBuilder } from '../../../collector/src/rollup/rollup-builder.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { AS_SENT, NOW, protoOfSpans, rowsOfSpans, spanGroup, WINDOW } from '../../support/otlp-samples.ts'

const report = new DecodeReport()
const decoder = new TraceDecoder(report, new OtlpRedactor(AS_SENT))

function rowsOf(body: Buffer): Record<string, unknown>[] {
  decoder.reset()
  report.reset()
  decoder.decode(body, WINDOW, new RollupBuilder())
  return decoder.block.rows === 0 ? [] : readNative(decoder.block.encode('batch-1'))
}

test('whatever protobufjs encodes comes back as the exporter’s rows', () => {
  fc.assert(
    fc.property(fc.array(spanGroup, { maxLength: 3 }), (groups) => {
      expect(rowsOf(encodeOtlp('Traces', protoOfSpans(groups)))).toEqual(rowsOfSpans(groups))
    }),
    { numRuns: 150 },
  )
})

/** The code of what it throws; undefined when it throws nothing. */
function failureOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return codeOf(error) ?? 'uncoded'
  }
}

test('garbage gives rows or SPY_OTLP_MALFORMED, nothing else', () => {
  const otlp = new OtlpDecoder(AS_SENT)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('traces', 'metrics', 'logs'), (bytes, signal) => {
      const failure = failureOf(() => otlp.decode(Buffer.from(bytes), { signal, isJson: false, window: WINDOW }))
      expect([undefined, 'SPY_OTLP_MALFORMED']).toContain(failure)
    }),
    { numRuns: 2000 },
  )
})

test('a request with any byte changed gives whole blocks or SPY_OTLP_MALFORMED', () => {
  const change = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(spanGroup, { minLength: 1, maxLength: 2 }), change, (groups, changes) => {
      const body = encodeOtlp('Traces', protoOfSpans(groups))
      for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte
      expect([undefined, 'SPY_OTLP_MALFORMED']).toContain(failureOf(() => rowsOf(body)))
    }),
    { numRuns: 500 },
  )
})

const nanos = (ms: number): string => String(BigInt(ms) * 1_000_000n)
const one = (fields: object): Buffer => encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] })

test('a span outside the time window is rejected by itself', () => {
  const body = encodeOtlp('Traces', {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { name: 'old', startTimeUnixNano: nanos(NOW - 8 * 86_400_000) },
              { name: 'good', startTimeUnixNano: nanos(NOW) },
              { name: 'ahead', startTimeUnixNano: nanos(NOW + 3_700_000) },
              { name: '1970', startTimeUnixNano: '5' },
            ],
          },
        ],
      },
    ],
  })
  expect(rowsOf(body).map(({ SpanName }) => SpanName)).toEqual(['good'])
  expect(report.rejected).toBe(3)
})

test('attributes beyond the bounds are cut off and counted', () => {
  const attributes = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: { stringValue: 'x'.repeat(i === 0 ? 100_000 : 1) } }))
  const [row] = rowsOf(one({ startTimeUnixNano: nanos(NOW), attributes }))
  expect(Object.keys(row!['SpanAttributes'] as object)).toHaveLength(256)
  expect((row!['SpanAttributes'] as Record<string, string>)['k0']).toHaveLength(65_536)
  expect(report.truncated).toBe(45)
})

test('bad UTF-8 is stored, not refused', () => {
  const body = one({ startTimeUnixNano: nanos(NOW), name: 'abcd' })
  body[body.indexOf('abcd')] = 0xff
  expect(rowsOf(body)).toHaveLength(1)
})

test('an attribute nested beyond the bound becomes empty and is counted', () => {
  let value: object = { stringValue: 'deep' }
  for (let i = 0; i < 40; i++) value = { arrayValue: { values: [value] } }
  rowsOf(one({ startTimeUnixNano: nanos(NOW), attributes: [{ key: 'a', value }] }))
  expect(report.truncated).toBe(1)
})

test('an end before the start makes a duration of 0', () => {
  expect(rowsOf(one({ startTimeUnixNano: nanos(NOW), endTimeUnixNano: nanos(NOW - 1) }))[0]).toMatchObject({ Duration: 0 })
})

const rowOf = (fields: object): Record<string, unknown> => rowsOf(one({ startTimeUnixNano: nanos(NOW), ...fields }))[0] ?? {}

test('ids of zeros are empty, as those that are absent: span, trace, parent, link', () => {
  const zeros = { traceId: Buffer.alloc(16), spanId: Buffer.alloc(8), parentSpanId: Buffer.alloc(8) }
  const links = [{ traceId: zeros.traceId, spanId: zeros.spanId }]
  const empty = { TraceId: '', SpanId: '', ParentSpanId: '' }
  expect(rowOf({ ...zeros, links })).toMatchObject({ ...empty, 'Links.TraceId': [''], 'Links.SpanId': [''] })
  expect(rowOf({})).toMatchObject(empty)
  const last = (length: number): Buffer => Buffer.from([...Buffer.alloc(length - 1), 1])
  expect(rowOf({ traceId: last(16), parentSpanId: last(8), links: [{ traceId: last(16), spanId: last(8) }] })).toMatchObject({
    TraceId: `${'0'.repeat(31)}1`,
    ParentSpanId: `${'0'.repeat(15)}1`,
    'Links.TraceId': [`${'0'.repeat(31)}1`],
  })
  decoder.times.finish()
  expect(decoder.times.block.rows).toBe(1)
})

test('a trace id of zeros makes no row in the lookup table', () => {
  rowsOf(one({ startTimeUnixNano: nanos(NOW), traceId: Buffer.alloc(16) }))
  expect(decoder.times.finish().rows).toBe(0)
})

test('every text that is too long is cut between characters, and each cut is counted', () => {
  const long = (bytes: number): string => '连'.repeat(Math.ceil(bytes / 3) + 1)
  const row = rowOf({
    name: '连'.repeat(400),
    status: { message: long(65_536) },
    traceState: long(65_536),
    attributes: [{ key: long(1024), value: { stringValue: long(65_536) } }],
    events: [{ timeUnixNano: nanos(NOW), name: long(1024) }],
    links: [{ traceState: long(65_536) }],
  })
  const texts = [
    row['SpanName'],
    row['StatusMessage'],
    row['TraceState'],
    ...Object.entries(row['SpanAttributes'] as Record<string, string>).flat(),
    ...(row['Events.Name'] as string[]),
    ...(row['Links.TraceState'] as string[]),
  ]
  expect(texts).toHaveLength(7)
  for (const text of texts) expect(text).toMatch(/^连+$/)
  expect(report.truncated).toBe(7)
  expect(report.message).toContain('2 × names of spans and events longer than 1024 bytes were cut')
})

test.each([
  ['a trace id of 5 bytes', { traceId: Buffer.alloc(5, 1) }, 'a trace id of 5 bytes instead of 16'],
  ['a span id of 16 bytes', { spanId: Buffer.alloc(16, 1) }, 'a span id of 16 bytes instead of 8'],
  ['a parent id of 1 byte', { parentSpanId: Buffer.of(0) }, 'a span id of 1 bytes instead of 8'],
])('%s costs its span alone', (_, bad, reason) => {
  const attributes = [{ key: 'a', value: { stringValue: 'b' } }]
  const events = [{ timeUnixNano: nanos(NOW), name: 'e', attributes }]
  const good = { startTimeUnixNano: nanos(NOW), attributes, events, links: [{ traceState: 's' }] }
  const spans = [
    { ...good, name: 'first' },
    { ...good, ...bad, name: 'bad' },
    { ...good, name: 'last' },
  ]
  const rows = rowsOf(encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }))
  expect(rows).toMatchObject(
    ['first', 'last'].map((SpanName) => ({ SpanName, SpanAttributes: { a: 'b' }, 'Events.Name': ['e'], 'Links.TraceState': ['s'] })),
  )
  expect(report.rejected).toBe(1)
  expect(report.message).toContain(`1 × ${reason}`)
})

const linkWith = (text: string, fields: object = {}): object => ({
  traceState: text,
  attributes: [{ key: 'k', value: { stringValue: text } }],
  ...fields,
})

test.each([
  ['a trace id of 1 byte', { traceId: Buffer.of(1) }, 'a trace id of 1 bytes instead of 16'],
  ['a span id of 16 bytes', { spanId: Buffer.alloc(16, 1) }, 'a span id of 16 bytes instead of 8'],
  [
    'a secret and a bad id',
    { spanId: Buffer.of(1), attributes: [{ key: 'password', value: { stringValue: 'x' } }] },
    'a span id of 1 bytes instead of 8',
  ],
])('a link with %s costs itself alone, and is counted once', (_, bad, reason) => {
  const links = [linkWith('first'), linkWith('bad', bad), linkWith('last')]
  const rows = rowsOf(one({ startTimeUnixNano: nanos(NOW), name: 'a', links }))
  expect(rows).toMatchObject([
    {
      SpanName: 'a',
      'Links.TraceId': ['', ''],
      'Links.SpanId': ['', ''],
      'Links.TraceState': ['first', 'last'],
      'Links.Attributes': [{ k: 'first' }, { k: 'last' }],
    },
  ])
  expect([report.rejected, report.broken]).toEqual([0, 1])
  expect(report.message).toMatch(new RegExp(`^Stored with changes: 1 × omitted: a link, ${reason} \\(at byte \\d+\\)$`))
})

test('a span that has a list before what cannot be read is rejected once', () => {
  const list = { arrayValue: { values: [{ stringValue: 'x' }] } }
  const events = [{ name: 'good', attributes: [{ key: 'list', value: list }] }, { name: 'bad' }]
  const body = one({ startTimeUnixNano: nanos(NOW), events })
  body[body.indexOf('bad') - 2] = 0x2c // wire type 4 in place of the name
  expect(rowsOf(body)).toEqual([])
  expect([report.rejected, report.broken]).toEqual([1, 1])
})

test('a span that is torn within its bounds costs itself, and the resources beside it are kept', () => {
  const group = (name: string): object => ({ scopeSpans: [{ spans: [{ startTimeUnixNano: nanos(NOW), name, traceState: 'xx' }] }] })
  const body = encodeOtlp('Traces', { resourceSpans: [group('one'), group('two'), group('three')] })
  body[body.indexOf('two') - 2] = 0x2c // wire type 4 in place of the name
  expect(rowsOf(body).map(({ SpanName }) => SpanName)).toEqual(['one', 'three'])
  expect(report.message).toContain('1 rejected: 1 × wire type 4 (at byte ')
})

test('an unreadable resource attribute is dropped, and its spans are stored', () => {
  const attributes = ['a', 'b', 'c'].map((key) => ({ key, value: { stringValue: key.repeat(5) } }))
  const body = encodeOtlp('Traces', {
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [{ startTimeUnixNano: nanos(NOW) }] }] }],
  })
  body[body.indexOf('bbbbb') - 1] = 200
  expect(rowsOf(body)).toMatchObject([{ ResourceAttributes: { a: 'aaaaa', c: 'ccccc' } }])
  expect([report.rejected, report.message]).toEqual([0, expect.stringContaining('omitted: resource attribute') as string])
})

test('a request that is cut off keeps what came before, and says that the rest was lost', () => {
  const spans = ['one', 'two', 'three'].map((name) => ({ startTimeUnixNano: nanos(NOW), name }))
  const body = encodeOtlp('Traces', { resourceSpans: spans.map((span) => ({ scopeSpans: [{ spans: [span] }] })) })
  expect(rowsOf(body.subarray(0, -3)).map(({ SpanName }) => SpanName)).toEqual(['one', 'two'])
  expect(report.message).toContain('the rest of a message cannot be read: a length beyond its message')
})

test('so many broken spans that each exception counts end the looking at more of them', () => {
  const bad = { traceId: Buffer.of(1), startTimeUnixNano: nanos(NOW) }
  const spans = [...Array.from({ length: 1500 }, () => bad), { startTimeUnixNano: nanos(NOW) }]
  expect(rowsOf(encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }))).toEqual([])
  expect([report.rejected, report.broken]).toEqual([1501, 1000])
  expect(report.message).toContain('501 × skipped after 1000 malformed ones')
})

test('a span without a time gets that of its receipt, one with an end alone that, and its events the span’s', () => {
  const receipt = BigInt(NOW) * 1_000_000n
  const events = [{ name: 'e' }, { name: 'f', timeUnixNano: nanos(NOW - 5) }]
  expect(rowsOf(one({ name: 'a', events }))).toMatchObject([
    { Timestamp: receipt, Duration: 0, 'Events.Timestamp': [receipt, BigInt(nanos(NOW - 5))] },
  ])
  expect(report.message).toBe('Stored with changes: 1 × spans without a time were given the time of receipt')
  const end = BigInt(nanos(NOW - 60_000))
  expect(rowsOf(one({ startTimeUnixNano: '0', endTimeUnixNano: String(end), events: [{ name: 'e' }] }))).toMatchObject([
    { Timestamp: end, Duration: 0, 'Events.Timestamp': [end] },
  ])
  expect(report.message).toBe('')
})

test('a span that ends before it starts has the duration 0, which is reported; one without an end is not', () => {
  for (const endTimeUnixNano of [undefined, '0', nanos(NOW)]) {
    expect(rowsOf(one({ startTimeUnixNano: nanos(NOW), ...(endTimeUnixNano === undefined ? {} : { endTimeUnixNano }) }))).toMatchObject([
      { Duration: 0 },
    ])
    expect(report.message).toBe('')
  }
  expect(rowsOf(one({ startTimeUnixNano: nanos(NOW), endTimeUnixNano: nanos(NOW - 1) }))).toMatchObject([{ Duration: 0 }])
  expect(report.message).toBe('Stored with changes: 1 × spans that end before they start were given the duration 0')
})

test('a span that is found broken when its rollup is made is dropped whole, and the block stays one that can be read', () => {
  const span = (name: string) => ({
    name,
    kind: 3,
    startTimeUnixNano: nanos(NOW),
    attributes: [{ key: 'db.system.name', value: { boolValue: true } }],
  })
  const body = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [span('torn'), span('whole')] }] }] })
  body[body.indexOf('db.system.name') + 'db.system.name'.length + 3] = 0xe5 // a number that goes on behind the end of its value
  expect(rowsOf(body).map((row) => row['SpanName'])).toEqual(['whole'])
  expect([decoder.block.rows, report.rejected]).toEqual([1, 1])
})
