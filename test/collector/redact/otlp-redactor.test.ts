import { assert, property } from 'fast-check'
import { array, integer, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { OtlpRedactor } from '../../../collector/src/redact/otlp-redactor.ts'
import { Redactor } from '../../../collector/src/redact/redactor.ts'
import { readNative } from '../../support/native.ts'
import { decodeOtlp, encodeOtlp } from '../../support/otlp-proto.ts'
import { protoOfSpans, spanGroup } from '../../support/otlp-samples.ts'
import { asJson, CARD, MARK, plantedLogs, plantedMetrics, plantedTraces, showsSecret } from './planted-requests.ts'

const window = { from: 0, to: 1e10, nowMs: Date.now() }
const requests = [
  ['traces', 'Traces', plantedTraces],
  ['logs', 'Logs', plantedLogs],
  ['metrics', 'Metrics', plantedMetrics],
] as const
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const plain = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? ''
const attributesOf = (attributes: readonly object[]): unknown => {
  const body = encodeOtlp('Traces', { resourceSpans: [{ resource: { attributes } }] })
  const decoded = decodeOtlp('Traces', new OtlpRedactor(new Redactor()).redact(body, 'traces')) as {
    resourceSpans: { resource: { attributes: { key: string; value: object }[] } }[]
  }
  return Object.fromEntries(decoded.resourceSpans[0]?.resource.attributes.map(({ key, value }) => [key, value]) ?? [])
}

test.each(requests)('a secret in any place of %s reaches no column, by protobuf and JSON', (signal, message, planted) => {
  const redactor = new Redactor()
  const decoder = new OtlpDecoder(redactor)
  for (const isJson of [false, true]) {
    const body = isJson ? Buffer.from(asJson(planted())) : encodeOtlp(message, planted())
    const { blocks, accepted, rejected, events } = decoder.decode(body, { signal, isJson, window, isKnown: true })
    expect({ rejected, hasRows: accepted > 0 }).toEqual({ rejected: 0, hasRows: true })
    for (const block of blocks) expect(block.encode('b').includes(MARK), block.table).toBe(false)
    const rows = blocks.flatMap((block) => readNative(block.encode('b')))
    const shown = rows.flatMap((row) => Object.entries(row).filter(([, value]) => showsSecret(plain(value))))
    expect(shown.slice(0, 3)).toEqual([])
    expect(showsSecret(JSON.stringify(events))).toBe(false)
  }
  expect(redactor.redacted).toBeGreaterThan(100)
})

test.each(requests)('what is redacted in %s once is left alone the second time', (signal, message, planted) => {
  const redactor = new OtlpRedactor(new Redactor())
  const once = redactor.redact(encodeOtlp(message, planted()), signal)
  expect(redactor.redact(once, signal)).toBe(once)
})

test('a request without secrets is the same bytes', () => {
  const redactor = new OtlpRedactor(new Redactor())
  assert(
    property(array(spanGroup, { maxLength: 3 }), (groups) => {
      const body = encodeOtlp('Traces', protoOfSpans(groups))
      const redacted = redactor.redact(body, 'traces')
      // Arbitrary text may look like a secret; what remains is a request all the same.
      if (redacted !== body) expect(decodeOtlp('Traces', redacted)).toBeDefined()
    }),
  )
  const plain = encodeOtlp('Traces', {
    resourceSpans: [{ resource: { attributes: [text('a', 'b')] }, scopeSpans: [{ spans: [{ name: 'GET /x' }] }] }],
  })
  expect(redactor.redact(plain, 'traces')).toBe(plain)
})

test('lengths of all messages around a change are right, however long the texts are', () => {
  assert(
    property(array(integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 6 }), (lengths) => {
      const attributes = lengths.flatMap((length, i) => [text(`password.${i}`, 'x'.repeat(length + 1)), text(`a${i}`, 'y'.repeat(length))])
      const spans = [{ name: 'n', attributes, events: [{ name: 'e', attributes }] }]
      const body = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
      const redacted = decodeOtlp('Traces', new OtlpRedactor(new Redactor()).redact(body, 'traces'))
      const expected = JSON.parse(JSON.stringify(decodeOtlp('Traces', body)).replaceAll(/"x+"/g, '"[redacted]"')) as unknown
      expect(JSON.parse(JSON.stringify(redacted))).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('an attribute loses as much as its name and its value say', () => {
  const int = (key: string, intValue: string): object => ({ key, value: { intValue } })
  const attributes = [
    text('http.request.method', 'GET'),
    text('password', ''),
    text('gen_ai.token.type', 'input'),
    int('gen_ai.usage.input_tokens', '512'),
    int('pin', '1234'),
    int('order', '4000056655665557'),
    int('at', '1732612345678901234'),
    int('negative', '-1'),
    { key: 'is_secret', value: { boolValue: true } },
    { key: 'empty' },
    text('db.query.summary', 'SELECT orders'),
    text('k8s.secret.name', 'tls'),
    text('url.path', '/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc'),
    text('db.connection_string', 'Server=db;Pwd=x;'),
    text('db.source', 'Server=db;Pwd=x;'),
    text('http.request.body', '{"a":"x","n":[1]}'),
    text('http.response.body', 'a plain text'),
    text('graphql.document', '{ user(id: "x") { id } }'),
  ]
  expect(attributesOf(attributes)).toMatchObject({
    'http.request.method': { stringValue: 'GET' },
    password: { stringValue: '' },
    'gen_ai.token.type': { stringValue: 'input' },
    'gen_ai.usage.input_tokens': { intValue: '512' },
    pin: { stringValue: '[redacted]' },
    order: { intValue: '4000056655665557' },
    at: { intValue: '1732612345678901234' },
    negative: { intValue: '-1' },
    is_secret: { boolValue: true },
    'db.query.summary': { stringValue: 'SELECT orders' },
    'k8s.secret.name': { stringValue: 'tls' },
    'url.path': { stringValue: '/reset/[redacted]' },
    'db.connection_string': { stringValue: '[redacted]' },
    'db.source': { stringValue: 'Server=db;Pwd=[redacted];' },
    'http.request.body': { stringValue: '{"a":?,"n":[?]}' },
    'http.response.body': { stringValue: '[redacted]' },
    'graphql.document': { stringValue: '{ user(id: ?) { id } }' },
  })
})

test('a statement is read in the dialect that stands beside it, before it or behind it', () => {
  const sql = `SELECT "it's" FROM t WHERE a = 'x'`
  for (const order of [0, 1]) {
    const beside = [text('db.statement', sql), text('db.system', 'postgresql')]
    expect(attributesOf(order === 0 ? beside : beside.toReversed())).toMatchObject({
      'db.statement': { stringValue: `SELECT "it's" FROM t WHERE a = ?` },
    })
  }
  expect(attributesOf([text('db.statement', sql)])).toMatchObject({ 'db.statement': { stringValue: 'SELECT ? FROM t WHERE a = ?' } })
})

test('a command with one argument is no summary of a statement', () => {
  for (const system of ['redis', 'memcached', 'valkey']) {
    for (const key of ['db.statement', 'db.query.text', 'db.query.summary']) {
      const attributes = attributesOf([text(key, `GET ${MARK}`), text('db.system', system)])
      expect(attributes, `${system} ${key}`).toMatchObject({ [key]: { stringValue: 'GET ?' } })
    }
  }
})

test.each([
  'db.params',
  'db.parameters.0',
  'db.values',
  'db.postgresql.values',
  'db.redis.args',
  'db.query.parameter.name',
  'sql.params',
  'sql.bindings',
  'graphql.variables.email',
])('%s holds data', (key) => {
  expect(attributesOf([text(key, MARK)])).toEqual({ [key]: { stringValue: '[redacted]' } })
})

test.each(['db.namespace', 'db.collection.name', 'db.response.returned_rows', 'graphql.operation.name'])('%s stays', (key) => {
  expect(attributesOf([text(key, 'orders')])).toEqual({ [key]: { stringValue: 'orders' } })
})

test('a pair of a secret name and its value is as secret as a field of that name', () => {
  const pair = (name: string): object => ({ kvlistValue: { values: [text('name', name), text('value', MARK)] } })
  const attributes = attributesOf([{ key: 'headers', value: { arrayValue: { values: [pair('Authorization'), pair('Accept')] } } }])
  expect(attributes).toMatchObject({
    headers: {
      arrayValue: {
        values: [
          { kvlistValue: { values: [text('name', 'Authorization'), text('value', '[redacted]')] } },
          { kvlistValue: { values: [text('name', 'Accept'), text('value', MARK)] } },
        ],
      },
    },
  })
})

test('a key that holds a secret loses it', () => {
  expect(attributesOf([text(`password=${MARK}`, 'x'), { key: `Bearer ${MARK}` }])).toEqual({
    'password=[redacted]': { stringValue: '[redacted]' },
    'Bearer [redacted]': undefined,
  })
})

test('an excepted service is stored as sent, the others are not', () => {
  const resourceSpans = ['open', 'shut'].map((service) => ({
    scopeSpans: [{ spans: [{ name: 'n', attributes: [text('password', MARK)] }] }],
    resource: { attributes: [text('service.name', service)] },
  }))
  const redacted = new OtlpRedactor(new Redactor({ except: ['open'] })).redact(encodeOtlp('Traces', { resourceSpans }), 'traces')
  const values = (decodeOtlp('Traces', redacted) as { resourceSpans: { scopeSpans: unknown }[] }).resourceSpans.map(({ scopeSpans }) =>
    JSON.stringify(scopeSpans).includes(MARK),
  )
  expect(values).toEqual([true, false])
})

test('of a repeated field the last counts, as for the decoder', () => {
  const field = (tag: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
  const value = (content: string): Buffer => field(18, field(10, Buffer.from(content)))
  const attribute = Buffer.concat([field(10, Buffer.from('open')), value('first'), value(MARK), field(10, Buffer.from('password'))])
  const body = field(10, field(10, field(10, attribute)))
  expect(new OtlpRedactor(new Redactor()).redact(body, 'traces').includes(MARK)).toBe(false)
})

test('garbage and torn requests are walked to where they can be, and never throw', () => {
  const redactor = new OtlpRedactor(new Redactor())
  const body = encodeOtlp('Logs', plantedLogs())
  assert(
    property(uint8Array({ maxLength: 200 }), integer({ min: 0, max: body.length }), (bytes, cut) => {
      expect(redactor.redact(Buffer.from(bytes), 'logs')).toBeInstanceOf(Buffer)
      expect(redactor.redact(Buffer.concat([body.subarray(0, cut), bytes]), 'logs')).toBeInstanceOf(Buffer)
    }),
    { numRuns: 300 },
  )
})

test.each(['traces', 'metrics', 'logs'] as const)(
  'the walk of %s comes to its end though a message ends within a field, whatever the field',
  (signal) => {
    const redactor = new OtlpRedactor(new Redactor())
    const nested = (depth: number, content: Buffer): Buffer => {
      let body = content
      for (let i = 0; i < depth; i++) body = Buffer.concat([Buffer.of(i === depth - 1 ? 10 : 18, body.length), body])
      return body
    }
    for (let depth = 0; depth <= 4; depth++) {
      for (let tag = 0; tag < 256; tag++) {
        for (const content of [Buffer.of(tag), Buffer.of(8, 1, tag), Buffer.of(tag, 200)]) {
          const body = nested(depth, content)
          expect(redactor.redact(body, signal)).toEqual(body)
        }
      }
    }
    const requests = { traces: plantedTraces, metrics: plantedMetrics, logs: plantedLogs }
    const names = { traces: 'Traces', metrics: 'Metrics', logs: 'Logs' } as const
    const whole = encodeOtlp(names[signal], requests[signal]())
    const header = (length: number): Buffer => Buffer.of(10, (length & 127) | 128, length >> 7)
    for (let cut = 3; cut < Math.min(whole.length, 16_000); cut++) {
      const content = whole.subarray(3, cut)
      expect(redactor.redact(Buffer.concat([header(content.length), content]), signal)).toBeInstanceOf(Buffer)
    }
  },
)

test('a long text is searched as far as it is stored', () => {
  const long = `${'x '.repeat(32_700)}password=${MARK}${' y'.repeat(10_000)}`
  expect(JSON.stringify(attributesOf([text('note', long)]))).not.toContain(MARK)
  expect(CARD.length).toBe(16)
})
