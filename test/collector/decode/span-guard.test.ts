import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { limits } from '../../../collector/src/decode/limits.ts'
import { SpanGuard } from '../../../collector/src/decode/span-guard.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'
import { OtlpRedactor, Redactor } from '../../../collector/src/redact/index.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'

const window = { from: 0, to: 1e10, nowMs: Date.now() }
const options = { signal: 'traces', isJson: false, window } as const
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })

function request(spans: readonly object[], services: readonly string[] = ['shop']): Buffer {
  const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), startTimeUnixNano: '1700000000000000000' }
  return encodeOtlp('Traces', {
    resourceSpans: services.map((service) => ({
      ...(service === '' ? {} : { resource: { attributes: [text('service.name', service), text('pin', '1234')] } }),
      scopeSpans: [
        { scope: { name: 'lib', attributes: [text('pin', '1234')] }, spans: spans.map((span) => ({ ...ids, name: 'n', ...span })) },
      ],
    })),
  })
}

const rowsOf = (decoder: OtlpDecoder, body: Buffer): Record<string, unknown>[] =>
  readNative(
    (decoder.decode(body, options).blocks.find(({ table }) => table === 'otel_traces') as { encode(b: string): Buffer }).encode('b'),
  )

test('whatever is cut off a span is reported once, whether the span was plain at first sight or not', () => {
  const many = Array.from({ length: limits.attributes + 3 }, (_, i) => text(`a${i}`, 'v'))
  const long = text('a', 'x'.repeat(limits.valueBytes + 1))
  const events = Array.from({ length: limits.details + 2 }, () => ({ name: 'e' }))
  for (const extra of [[], [text('password', 'x')]]) {
    const decoder = new OtlpDecoder()
    for (let i = 0; i < 3; i++) rowsOf(decoder, request([{ attributes: [text('a', 'v')] }]))
    expect(decoder.decode(request([{ attributes: [...extra, ...many] }]), options).truncated).toBe(3 + extra.length)
    expect(decoder.decode(request([{ attributes: [...extra, long] }]), options).truncated).toBe(1)
    expect(decoder.decode(request([{ attributes: extra, events }]), options).truncated).toBe(2)
    expect(decoder.decode(request([{ name: 'n'.repeat(limits.nameBytes + 1), attributes: extra }]), options).truncated).toBe(1)
  }
})

test('attributes are the same, in the order and of the kind that were sent, whether the first look was enough or not', () => {
  const kinds = [
    text('text', 'plain'),
    text('empty', ''),
    { key: 'int', value: { intValue: '443' } },
    { key: 'zero', value: { intValue: '0' } },
    { key: 'large', value: { intValue: '4398046511103' } },
    { key: 'negative', value: { intValue: '-5' } },
    { key: 'time', value: { intValue: '1732612345678901234' } },
    { key: 'double', value: { doubleValue: 0.5 } },
    { key: 'true', value: { boolValue: true } },
    { key: 'none' },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
  ]
  const decoder = new OtlpDecoder()
  const expected = {
    text: 'plain',
    empty: '',
    int: '443',
    zero: '0',
    large: '4398046511103',
    negative: '-5',
    time: '1732612345678901234',
    double: '0.5',
    true: 'true',
    none: '',
    list: '["a"]',
  }
  for (let i = 0; i < 5; i++) {
    const spans = [...kinds.map((kind) => ({ attributes: [kind] })), { attributes: kinds }]
    const maps = rowsOf(decoder, request(spans)).map((row) => row['SpanAttributes'])
    expect(maps.at(-1)).toEqual(expected)
    expect(Object.assign({}, ...(maps.slice(0, -1) as object[]))).toEqual(expected)
  }
})

test('services are excepted one by one, also in one request, also those without a name', () => {
  for (const except of [['open'], ['']]) {
    const decoder = new OtlpDecoder(new Redactor({ except }))
    const services = ['', 'open', 'shut']
    const rows = rowsOf(decoder, request([{ attributes: [text('password', 'x')] }], services))
    expect(rows.map((row) => (row['SpanAttributes'] as Record<string, string>)['password'])).toEqual(
      services.map((service) => (except.includes(service) ? 'x' : '[redacted]')),
    )
    expect(rows.map((row) => (row['ResourceAttributes'] as Record<string, string>)['pin'])).toEqual([
      undefined,
      ...['open', 'shut'].map((service) => (except.includes(service) ? '1234' : '[redacted]')),
    ])
  }
})

test('the more spans are not plain the fewer are tried, and one that is plain is soon tried again', () => {
  const guard = new SpanGuard(new OtlpRedactor(new Redactor()), new ProtoReader(Buffer.alloc(0)))
  const tries = (spans: number, isPlain: boolean): number => {
    let count = 0
    for (let i = 0; i < spans; i++) {
      if (!guard.attempt()) continue
      count++
      if (!isPlain) guard.hit()
      guard.settle()
    }
    return count
  }
  expect(tries(1000, true)).toBe(1000)
  expect(tries(1000, false)).toBeLessThan(25)
  tries(200, true)
  expect(tries(1000, true)).toBe(1000)
})

test('at first sight, too, a long text is cut and reported, and of a value with two texts the first counts', () => {
  const decoder = () => {
    const made = new OtlpDecoder()
    rowsOf(made, request([{}, {}, {}])) // the name is known afterwards, and spans are tried again
    return made
  }
  const valueOf = (body: Buffer): unknown => rowsOf(decoder(), body).map((row) => (row['SpanAttributes'] as Record<string, string>)['a'])[0]
  for (const length of [limits.valueBytes, limits.valueBytes + 1]) {
    const body = request([{ attributes: [text('a', 'x'.repeat(length))] }])
    expect(valueOf(body)).toBe('x'.repeat(limits.valueBytes))
    expect(decoder().decode(body, options).truncated).toBe(length - limits.valueBytes)
  }
  const twice = request([{ attributes: [text('a', 'abcd')] }])
  twice.set([10, 1, 97, 10, 1, 98], twice.indexOf('abcd') - 2)
  expect(valueOf(twice)).toBe('a')
})

const KEYS = [
  ...'note http.request.method url.full http.target url.query db.system db.system.name db.statement db.query.text db.query.summary'.split(
    ' ',
  ),
  ...'process.command_line http.request.header.authorization x-api-key max_tokens mongodb.query graphql.document rawHeaders'.split(' '),
  ...'process.command_args messaging.rabbitmq.body password=hunter2 exception.message spyglass.application'.split(' '),
]
const VALUES = [
  '',
  'GET',
  '443',
  'mysql',
  'postgresql',
  'redis',
  "SELECT 'a', 1",
  'SELECT a FROM t WHERE b = $1',
  'SELECT t',
  'SET k hunter2',
  'http://shop.example.net/orders/17',
  'http://bob:hunter2@host/?q=hunter2',
  '/orders/17?token=hunter2',
  'a=1&b=2',
  'password=hunter2',
  'at f (/app/a.ts:12:3)',
  'curl -u bob:hunter2 http://host',
  'x'.repeat(200),
  '[redacted]',
]
const value = fc.oneof(
  fc.constantFrom(...VALUES).map((stringValue) => ({ stringValue })),
  fc.constantFrom('1', '-1', '4111111111111111', '1732612345678901234').map((intValue) => ({ intValue })),
  fc.boolean().map((boolValue) => ({ boolValue })),
  fc.array(fc.constantFrom(...VALUES), { maxLength: 3 }).map((texts) => ({
    arrayValue: { values: texts.map((stringValue) => ({ stringValue })) },
  })),
)
const attributes = fc.array(
  fc.constantFrom(...KEYS).chain((key) => value.map((one) => ({ key, value: one }))),
  { maxLength: 6 },
)
const spans = fc.array(
  fc.record({
    name: fc.constantFrom('n', "SELECT 'a', 1", 'GET /a?b=c'),
    kind: fc.constantFrom(1, 3),
    attributes,
    events: fc.array(fc.record({ name: fc.constantFrom('e', 'password=hunter2'), attributes }), { maxLength: 2 }),
  }),
  { maxLength: 4 },
)

test('a span that is redacted while it is decoded is stored and counted as one that was redacted as bytes before', () => {
  const decoder = new OtlpDecoder()
  const [walking, plain] = [new Redactor(), new OtlpDecoder(new Redactor({ except: ['shop'] }))]
  const walk = new OtlpRedactor(walking)
  const counted = new Redactor()
  const guarded = new OtlpDecoder(counted)
  const contents = (by: OtlpDecoder, body: Buffer) => {
    const { blocks } = by.decode(body, options)
    return blocks.map((block) => readNative((block as { encode(b: string): Buffer }).encode('b')))
  }
  fc.assert(
    fc.property(spans, (list) => {
      const body = request(list)
      const expected = contents(plain, walk.redact(body, 'traces'))
      expect(contents(decoder, body)).toEqual(expected)
      expect(contents(guarded, body)).toEqual(expected)
      expect(counted.redacted).toBe(walking.redacted)
    }),
    { numRuns: 400 },
  )
})

const SECRET_TEXT = 'Bearer abcdefghijklmnop'
/** Attributes that differ in little: the case of the name, a letter, how the value is nested, what stands beside them. */
const TWINS = [
  ...['path', 'Path', 'PATH', 'password', 'Password', 'pAssword', 'x-api-key', 'X-Api-Key', 'pass word', 'pаssword'].flatMap((key) => [
    text(key, 'value 1'),
    text(key, 'value 2'),
  ]),
  text('note', 'Bearer'),
  text('note', SECRET_TEXT),
  text('note', SECRET_TEXT.toUpperCase()),
  text('db.system', 'postgresql'),
  text('db.system', 'redis'),
  text('db.statement', 'GET key'),
  text('db.statement', "SELECT 'a'"),
  text('url.full', 'http://h/p?a=b'),
  text('spyglass.application', 'shop'),
  text('spyglass.application', 'blog'),
  text('http.request.method', 'GET'),
  { key: 'number', value: { intValue: '4111111111111111' } },
  { key: 'number', value: { intValue: '4111111111111112' } },
  { key: 'number', value: { intValue: '443' } },
  { key: 'password', value: { intValue: '443' } },
  ...['note', 'password'].flatMap((key) => [
    { key, value: { arrayValue: { values: [{ stringValue: SECRET_TEXT }, { stringValue: 'value 1' }] } } },
    { key: 'map', value: { kvlistValue: { values: [text(key, 'value 1')] } } },
    { key, value: { bytesValue: Buffer.from('value 1') } },
  ]),
]

/** Of few attributes in one order, as senders write them, most of them repeated; some spans are rejected, and what they wrote is dropped. */
const repeating = fc.array(fc.constantFrom(...TWINS), { minLength: 1, maxLength: 6 }).chain((few) =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(2, 3),
      attributes: fc.oneof(fc.constant(few), fc.subarray(few), fc.shuffledSubarray([...few, ...TWINS])),
      events: fc.oneof(fc.constant([]), fc.constant([{ name: 'e', attributes: few }])),
      startTimeUnixNano: fc.constantFrom(...Array.from({ length: 5 }, () => '1700000000000000000'), '99999999999999999999'.slice(0, 19)),
      traceId: fc.constantFrom(...Array.from({ length: 5 }, () => Buffer.alloc(16, 1)), Buffer.alloc(3, 1)),
    }),
    { minLength: 2, maxLength: 10 },
  ),
)

test('an attribute like one before it is stored as if it stood alone', () => {
  const walk = new OtlpRedactor(new Redactor())
  const [plain, guarded] = [new OtlpDecoder(new Redactor({ except: ['shop'] })), new OtlpDecoder()]
  const contents = (by: OtlpDecoder, body: Buffer) => by.decode(body, options).blocks.map((block) => readNative(block.encode('b')))
  fc.assert(
    fc.property(repeating, (list) => {
      const body = request([...list, { attributes: [] }])
      expect(contents(guarded, body)).toEqual(contents(plain, walk.redact(body, 'traces')))
    }),
    { numRuns: 250 },
  )
})

test('a statement like one before it is read by the database of its own span', () => {
  const statement = text('db.statement', 'GET key')
  const spans = ['postgresql', 'postgresql', 'redis', 'redis'].map((system) => ({ attributes: [text('db.system', system), statement] }))
  const decoder = new OtlpDecoder()
  for (let i = 0; i < 3; i++) {
    const rows = rowsOf(decoder, request(spans)).map((row) => (row['SpanAttributes'] as Record<string, string>)['db.statement'])
    expect(rows).toEqual(['GET key', 'GET key', 'GET ?', 'GET ?'])
  }
})

test('attributes beyond the limit are cut off, also if each is like the one before', () => {
  const decoder = new OtlpDecoder()
  for (let i = 0; i < 3; i++) {
    const { truncated } = decoder.decode(request([{ attributes: Array(limits.attributes + 2).fill(text('a', 'v')) as object[] }]), options)
    expect(truncated).toBe(2)
  }
})
