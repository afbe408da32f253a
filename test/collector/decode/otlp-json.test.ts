import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { readNative } from '../../support/native.ts'
import { AS_SENT, NOW, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new OtlpDecoder(AS_SENT)
const nano = `${NOW}000001`

function decode(signal: 'traces' | 'logs' | 'metrics', json: string) {
  const decoded = decoder.decode(Buffer.from(json), { signal, isJson: true, window: WINDOW })
  return { ...decoded, tables: Object.fromEntries(decoded.blocks.map((block) => [block.table, readNative(block.encode('b'))])) }
}

const spansOf = (...spans: string[]): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.join(',')}]}]}]}`
const metricsOf = (...metrics: string[]): string => `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${metrics.join(',')}]}]}]}`
const span = (fields: string): string => `{"startTimeUnixNano":"${nano}"${fields === '' ? '' : `,${fields}`}}`
const spanRow = (fields: string): Record<string, unknown> | undefined => decode('traces', spansOf(span(fields))).tables['otel_traces']?.[0]

function failureOf(signal: 'traces' | 'logs' | 'metrics', json: string): string | undefined {
  try {
    decode(signal, json)
    return undefined
  } catch (error) {
    return codeOf(error) ?? 'uncoded'
  }
}

test.each(['', '[]', 'null', '{', '{"resourceSpans":5}', spansOf('{"traceId":"xyz"}'), spansOf('null')])(
  '%j is answered with SPY_OTLP_JSON: nothing of it can be stored',
  (json) => expect(failureOf('traces', json)).toBe('SPY_OTLP_JSON'),
)

test('a byte order mark in front of the body is no part of it', () => {
  expect(decode('traces', `\ufeff${spansOf(span('"name":"a"'))}`)).toMatchObject({ accepted: 1, rejected: 0, message: '' })
  expect(failureOf('traces', `\ufeff\ufeff${spansOf(span(''))}`)).toBe('SPY_OTLP_JSON')
})

test('unknown names are ignored', () => {
  expect(failureOf('traces', '{"resourceSpans":[{"unknown":{"a":[1]}}],"more":1e999}')).toBeUndefined()
})

test('any JSON gives rows or SPY_OTLP_JSON, in every place', () => {
  const places = [
    'resourceSpans',
    'scopeSpans',
    'spans',
    'resource',
    'attributes',
    'traceId',
    'kind',
    'status',
    'events',
    'startTimeUnixNano',
  ]
  const value: fc.Memo<unknown> = fc.memo((depth): fc.Arbitrary<unknown> =>
    depth <= 1
      ? fc.oneof<fc.Arbitrary<unknown>[]>(
          fc.jsonValue(),
          fc.constantFrom('SPAN_KIND_SERVER', '0'.repeat(32), nano, Number(nano), -1, 1e300),
        )
      : fc.oneof<fc.Arbitrary<unknown>[]>(
          fc.dictionary(fc.constantFrom(...places), value(depth - 1), { maxKeys: 4 }),
          fc.array(value(depth - 1), { maxLength: 3 }),
        ),
  )
  fc.assert(
    fc.property(fc.array(value(6), { maxLength: 3 }), (resourceSpans) => {
      expect([undefined, 'SPY_OTLP_JSON']).toContain(failureOf('traces', JSON.stringify({ resourceSpans })))
    }),
    { numRuns: 1000 },
  )
})

test('names of enumerations are read, in every enumeration', () => {
  expect(spanRow('"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}')).toMatchObject({
    SpanKind: 'Server',
    StatusCode: 'Error',
  })
  expect(spanRow('"kind":"5","status":{"code":1}')).toMatchObject({ SpanKind: 'Consumer', StatusCode: 'Ok' })
  const record = `{"timeUnixNano":"${nano}","severityNumber":"SEVERITY_NUMBER_ERROR2"}`
  expect(decode('logs', `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`).tables['otel_logs']).toMatchObject([
    { SeverityNumber: 18 },
  ])
  const sum = `{"name":"s","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[{"timeUnixNano":"${nano}"}]}}`
  expect(decode('metrics', metricsOf(sum)).tables['otel_metrics_sum']).toMatchObject([{ AggregationTemporality: 2 }])
})

test.each([
  ['"kind":"SPAN_KIND_SERVER2"', 'kind must be a number or one of SPAN_KIND_…'],
  ['"kind":"server"', 'kind must be a number or one of SPAN_KIND_…'],
  ['"traceId":"00"', 'traceId must be 32 hexadecimal digits'],
  ['"spanId":"zzzzzzzzzzzzzzzz"', 'spanId must be 16 hexadecimal digits'],
  ['"name":5', 'name must be a text'],
  ['"name":["a"]', 'name must be a text'],
  ['"attributes":[{"key":"a","value":{"intValue":1.5}}]', 'intValue must be a whole number'],
  ['"attributes":[{"key":"a","value":{"intValue":"9223372036854775808"}}]', 'intValue must be a whole number'],
  ['"attributes":[{"key":"a","value":{"intValue":""}}]', 'intValue must be a whole number'],
  ['"attributes":[{"key":"a","value":{"doubleValue":""}}]', 'doubleValue must be a number'],
  ['"attributes":[{"key":"a","value":{"doubleValue":"1e999"}}]', 'doubleValue must be a number'],
  ['"attributes":[{"key":"a","value":{"boolValue":"yes"}}]', 'boolValue must be true or false'],
  ['"attributes":[{"key":"a","value":{"bytesValue":"$$"}}]', 'bytesValue must be base64'],
  ['"attributes":[{"key":"a","value":"b"}]', 'value must be an object'],
  ['"attributes":[null]', 'attributes must be an object'],
  ['"events":["e"]', 'events must be an object'],
  ['"endTimeUnixNano":-1', 'endTimeUnixNano must be a whole number from 0'],
])('a span with %s is rejected beside a good one, with the reason and the place', (bad, reason) => {
  const { accepted, rejected, message } = decode('traces', spansOf(span(''), span(bad), 'null', span('')))
  expect([accepted, rejected]).toEqual([2, 2])
  expect(message).toContain(reason)
  expect(message).toContain('resourceSpans[0].scopeSpans[0].spans[1].')
})

test.each([
  ['"traceId":"00"', 'traceId must be 32 hexadecimal digits'],
  ['"spanId":5', 'spanId must be a text'],
  ['"attributes":[null]', 'attributes must be an object'],
])('a link of a span, an exemplar of a point with %s costs itself alone', (bad, reason) => {
  const key = bad.startsWith('"attributes"') ? bad.replace('attributes', 'filteredAttributes') : bad
  const spans = decode('traces', spansOf(span(`"links":[{"traceState":"a"},{${bad}},{"traceState":"b"},5]`)))
  expect([spans.accepted, spans.rejected]).toEqual([1, 0])
  expect(spans.tables['otel_traces']).toMatchObject([{ 'Links.TraceState': ['a', 'b'] }])
  expect(spans.message).toContain(`omitted: ${reason} (resourceSpans[0].scopeSpans[0].spans[0].links[1].`)
  expect(spans.message).toContain('omitted: links must be an object')
  const points = `{"dataPoints":[{"timeUnixNano":"${nano}","asDouble":1,"exemplars":[{"asDouble":1},{${key}},{"asDouble":2}]}]}`
  const metrics = decode('metrics', metricsOf(`{"name":"a","gauge":${points}}`))
  expect([metrics.accepted, metrics.rejected]).toEqual([1, 0])
  expect(metrics.tables['otel_metrics_gauge']).toMatchObject([{ Value: 1, 'Exemplars.Value': [1, 2] }])
})

test('a bad point costs itself, a metric with a bad name all its points, a bad scope or resource attribute nothing but itself', () => {
  const points = (...values: string[]): string =>
    `{"dataPoints":[${values.map((value) => `{"timeUnixNano":"${nano}","asDouble":${value}}`).join(',')}]}`
  const metrics = [
    `{"name":"a","gauge":${points('1', '"x"', '2')}}`,
    `{"name":5,"gauge":${points('1', '2')}}`,
    `{"name":"c","gauge":${points('3')}}`,
  ]
  const scope = `{"scope":{"name":7,"version":"1"},"schemaUrl":[],"metrics":[${metrics.join(',')}]}`
  const attributes = '[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"bad","value":{"intValue":"x"}}]'
  const { accepted, rejected, message, tables } = decode(
    'metrics',
    `{"resourceMetrics":[{"resource":{"attributes":${attributes}},"scopeMetrics":[5,${scope}]},5]}`,
  )
  expect([accepted, rejected]).toEqual([3, 3])
  expect(tables['otel_metrics_gauge']).toMatchObject([
    { MetricName: 'a', Value: 1, ServiceName: 'shop', ResourceAttributes: { 'service.name': 'shop' }, ScopeVersion: '1', ScopeName: '' },
    { MetricName: 'a', Value: 2 },
    { MetricName: 'c', Value: 3 },
  ])
  for (const place of ['resource.attributes[1].value.intValue', 'scopeMetrics[1].scope.name', 'scopeMetrics[0]', 'resourceMetrics[1]']) {
    expect(message).toContain(place)
  }
})

test('more faults than anyone reads end the request', () => {
  expect(failureOf('traces', JSON.stringify({ resourceSpans: Array.from({ length: 2000 }, () => 5) }))).toBe('SPY_OTLP_JSON')
})

test.each([
  ['1544712660300000001', '1544712660300000001'],
  ['"1544712660300000001"', '1544712660300000001'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['9007199254740993', '9007199254740993'],
  ['9007199254740993.0', '9007199254740993'],
  ['9.007199254740993e15', '9007199254740993'],
  ['123456789012345e3', '123456789012345000'],
  ['"123456789012345E+3"', '123456789012345000'],
  ['1e3', '1000'],
  ['"1e3"', '1000'],
  ['12e-1', undefined],
  ['120e-1', '12'],
  ['"2.0"', '2'],
  ['-0', '0'],
  ['"007"', '7'],
  ['1e400', undefined],
  ['99999999999999999999', undefined],
  ['1.5', undefined],
])('the integer %s is %s', (json, expected) => {
  const value = `"attributes":[{"key":"a","value":{"intValue":${json}}},{"key":"b","value":{"stringValue":"say: \\"1234567890123456789, "}}]`
  const { tables, rejected } = decode('traces', spansOf(span(value), span('')))
  const [row] = tables['otel_traces'] ?? []
  if (expected === undefined) expect(rejected).toBe(1)
  else expect(row).toMatchObject({ SpanAttributes: { a: expected, b: 'say: "1234567890123456789, ' } })
})

test('any 64-bit integer and any double come through exactly, as number and as text', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (whole, double) => {
        const attributes = [`{"intValue":${whole}}`, `{"intValue":"${whole}"}`, `{"doubleValue":${double}}`, `{"doubleValue":"${double}"}`]
        const list = attributes.map((value, i) => `{"key":"k${i}","value":${value}}`)
        const text = String(double)
        expect(spanRow(`"attributes":[${list.join(' , ')}]`)).toMatchObject({
          SpanAttributes: { k0: String(whole), k1: String(whole), k2: text === '0' && Object.is(double, -0) ? '0' : text, k3: text },
        })
      },
    ),
  )
})

test('times and counts as JSON numbers keep every digit', () => {
  expect(decode('traces', spansOf(`{"startTimeUnixNano":${nano},"endTimeUnixNano": ${NOW}000004}`)).tables['otel_traces']).toMatchObject([
    { Timestamp: BigInt(nano), Duration: 3 },
  ])
  const most = String(2n ** 64n - 1n)
  const point = `{"timeUnixNano":${nano},"count":${most},"bucketCounts":[${most},"${most}",18446744073709551614]}`
  const { blocks } = decode('metrics', metricsOf(`{"name":"h","histogram":{"dataPoints":[${point}]}}`))
  const bytes = Buffer.concat(blocks.map((block) => block.encode('b')))
  const ones = '\u00ff'.repeat(8)
  expect(bytes.toString('latin1')).toContain(`${ones}${ones}\u00fe${ones.slice(1)}`)
})

test('a long number where a text belongs is no text', () => {
  expect(decode('traces', spansOf(span(''), span('"name":12345678901234567890'))).rejected).toBe(1)
})

test('words for doubles are read', () => {
  const attributes = ['"NaN"', '"Infinity"', '"-Infinity"'].map((value, i) => `{"key":"k${i}","value":{"doubleValue":${value}}}`)
  expect(spanRow(`"attributes":[${attributes.join(',')}]`)).toMatchObject({
    SpanAttributes: { k0: 'NaN', k1: 'Infinity', k2: '-Infinity' },
  })
})
