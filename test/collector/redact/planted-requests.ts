/**
 * OTLP requests with a secret planted in every place where a sender can put text, in a form by which it can be known as one. The places
 * are found by walking the message definitions' JSON, so none is forgotten when one is added here.
 */

const nanos = (): string => String(BigInt(Date.now()) * 1_000_000n)

/** Every planted text contains it. */
export const MARK = 'zQ7secret'
/** A Visa test number. */
export const CARD = '4000056655665556'

/** Texts of no particular key. */
const forms = [
  `password=${MARK}`,
  `login failed: {"token":"${MARK}"}`,
  `Authorization: Bearer ${MARK}`,
  `got Bearer ${MARK}abc`,
  `connect postgres://bob:${MARK}@db/x`,
  `card ${CARD}`,
  `card 4000 0566 5566 5556`,
  `{ apiKey: '${MARK}' }`,
  `[["X-Api-Key","${MARK}"]]`,
  `rawHeaders: [ 'Host', 'x', 'Cookie', '${MARK}' ]`,
  `insert into users (a) values ('${MARK}') - duplicate key`,
  `the password was ${MARK}`,
  `passphrase "${MARK}"`,
  `token ${MARK}`,
  `AUTH PLAIN ${MARK}`,
  `curl -u user:${MARK} https://host/`,
  `mysql -uroot -p${MARK}`,
  `Authorization: Digest username="bob", response="${MARK}"`,
  `executed SELECT a FROM t WHERE a='${MARK}'`,
  `it ends … WHERE a='${MARK}'`,
  `params: ["${MARK}"]`,
  `DETAIL:  parameters: $1 = '${MARK}'`,
  `https://discord.com/api/webhooks/123/${MARK}`,
  `glrt-0123456789abcdefgh${MARK}`,
  `connection_string=${MARK}`,
] as const

/** Keys, and values that are a secret under them. */
const keyed: readonly (readonly [string, object])[] = [
  ['http.request.header.authorization', { arrayValue: { values: [{ stringValue: `Basic ${MARK}` }] } }],
  ['http.request.header.cookie', { stringValue: `a=${MARK}` }],
  ['http.response.header.set-cookie', { arrayValue: { values: [{ stringValue: MARK }] } }],
  ['db.password', { stringValue: MARK }],
  ['api_key', { bytesValue: Buffer.from(MARK) }],
  ['session.id', { stringValue: MARK }],
  ['pin', { kvlistValue: { values: [{ key: 'x', value: { stringValue: MARK } }] } }],
  ['url.full', { stringValue: `https://bob:${MARK}@host/x?q=${MARK}#${MARK}` }],
  ['url.query', { stringValue: `q=${MARK}&${MARK}` }],
  ['http.url', { stringValue: `http://host/?a=${MARK}` }],
  ['http.target', { stringValue: `/x?a=${MARK}` }],
  ['http.request.header.referer', { arrayValue: { values: [{ stringValue: `http://host/?a=${MARK}` }] } }],
  ['process.command_args', { arrayValue: { values: ['node', '--password', MARK, `-p${MARK}`].map((stringValue) => ({ stringValue })) } }],
  ['process.command_line', { stringValue: `mysql -p${MARK} --token ${MARK}` }],
  ['db.query.parameter.0', { stringValue: MARK }],
  ...[
    'http.request.header.x-functions-key',
    'http.request.header.x-hub-signature-256',
    'rpc.request.metadata.x-session',
    'session.previous_id',
    'redis.key',
    'db.bind_vars',
    'mysql.values',
    'knex.bindings',
    'messaging.message.body',
    'baggage',
    'http.request.header.baggage',
    'http.request.header.x-amzn-oidc-data',
    'db.connection_string',
    'dsn',
    'saml.assertion',
    'hmac_key',
    'signature',
    'tls.client.key',
    'verification_code',
    'webhook_url',
    'user.iban',
    'http.request.body',
    'http.request.body.text',
    'response.payload',
    'faas.document',
    'aws.lambda.event',
    'cloudevents.event_data',
    'gen_ai.input.messages',
    'gen_ai.tool.call.arguments',
    'llm.prompts',
    'input.value',
  ].map((key) => [key, { stringValue: MARK }] as const),
  ...['mongodb.query', 'db.mongodb.filter', 'elasticsearch.request.body', 'messaging.kafka.message.value'].map(
    (key) => [key, { stringValue: `{"a":"${MARK}"}` }] as const,
  ),
  // Content that begins as SQL, is a map, a list or bytes.
  ['gen_ai.prompt', { stringValue: `Select ${MARK} from the list` }],
  ['http.response.body', { kvlistValue: { values: [{ key: 'x', value: { stringValue: MARK } }] } }],
  ['gen_ai.output.messages', { arrayValue: { values: [{ stringValue: MARK }, nested(MARK)] } }],
  ['messaging.message.payload', { bytesValue: Buffer.from(MARK) }],
  ['db.query.text', { kvlistValue: { values: [{ key: 'x', value: { stringValue: MARK } }] } }],
  ['graphql.operation.body', { stringValue: `{ a(x: "${MARK}") }` }],
  ['url.full', { stringValue: `//bob:${MARK}@host/x` }],
  ['headers', { arrayValue: { values: ['X-Api-Key', MARK, 'Accept', 'x'].map((stringValue) => ({ stringValue })) } }],
  ['process.command_args', { arrayValue: { values: ['wget', '--user', `bob:${MARK}`].map((stringValue) => ({ stringValue })) } }],
  [
    'pairs',
    {
      kvlistValue: {
        values: [
          { key: 'Name', value: { stringValue: 'Authorization' } },
          { key: 'Values', value: { arrayValue: { values: [{ stringValue: MARK }] } } },
        ],
      },
    },
  ],
  ['pan', { intValue: CARD }],
  ['pan.double', { doubleValue: Number(CARD) }],
  ['note', { bytesValue: Buffer.from(`password=${MARK}`) }],
  ['headers', { arrayValue: { values: [pair('X-Api-Key', MARK), pair('Accept', 'x')] } }],
  ['http.request.rawHeaders', { arrayValue: { values: ['Host', 'h', 'Cookie', MARK].map((stringValue) => ({ stringValue })) } }],
  [
    'request',
    {
      kvlistValue: {
        values: [
          { key: 'raw_headers', value: { arrayValue: { values: ['Authorization', MARK].map((stringValue) => ({ stringValue })) } } },
        ],
      },
    },
  ],
  [
    'deep',
    { kvlistValue: { values: [{ key: 'list', value: { arrayValue: { values: [nested(`token=${MARK}`), nested(MARK, 'secret')] } } }] } },
  ],
]

function nested(stringValue: string, key = 'x'): object {
  return { kvlistValue: { values: [{ key, value: { stringValue } }] } }
}

function pair(...texts: readonly string[]): object {
  return { arrayValue: { values: texts.map((stringValue) => ({ stringValue })) } }
}

/** Statements, each with its database. */
const statements: readonly (readonly [system: string, key: string, text: string])[] = [
  ['postgresql', 'db.statement', `SELECT * FROM t WHERE a = '${MARK}' AND b IN (${CARD}, 5)`],
  ['postgresql', 'db.query.text', `SELECT $$${MARK}$$, E'it\\'s ${MARK}'`],
  ['mysql', 'db.statement', `SELECT "${MARK}", 'it\\'s ${MARK}'`],
  ['microsoft.sql_server', 'db.query.text', `SELECT [it's], N'${MARK}'`],
  ['oracle', 'db.statement', `SELECT q'[it's ${MARK}]' FROM dual`],
  ['a.new.database', 'db.query.text', `SELECT 'it\\'s ${MARK}', "${MARK}"`],
  ['redis', 'db.statement', `SET session:${MARK} ${MARK}\n${MARK}`],
  ['mongodb', 'db.statement', `{"find":"${MARK}","filter":{"a":"${MARK}","b":{"$in":["${MARK}"]}}}`],
  ['elasticsearch', 'db.query.text', `{"query":{"match":{"a":"${MARK}"}}}`],
  ['memcached', 'db.statement', `set ${MARK} 0 60 5\r\n${MARK}`],
  ['cassandra', 'db.statement', `SELECT a FROM t WHERE b = '${MARK}' // ${MARK}`],
  ['', 'db.statement', `${MARK} is no SQL`],
]

interface Attribute {
  readonly key: string
  readonly value: object
}

const form = (n: number): string => forms[n % forms.length] as string
const textAttribute = (key: string, stringValue: string): Attribute => ({ key, value: { stringValue } })

/** Every keyed secret, and every form under a key that says nothing. */
export const secretAttributes: readonly Attribute[] = [
  ...keyed.map(([key, value]) => ({ key, value })),
  ...forms.map((text, i) => textAttribute(`note.${i}`, text)),
  { key: 'notes', value: { arrayValue: { values: forms.map((stringValue) => ({ stringValue })) } } },
]

const resource = { attributes: [textAttribute('service.name', 'planted'), ...secretAttributes] }
const scope = (n: number): object => ({ name: form(n), version: form(n + 1), attributes: secretAttributes })

export function plantedTraces(): object {
  const id = (n: number, length: number): Buffer => Buffer.alloc(length, n + 1)
  const common = { kind: 3, startTimeUnixNano: nanos(), endTimeUnixNano: nanos() }
  const spans = [
    ...statements.map(([system, key, text], n) => ({
      ...common,
      traceId: id(n, 16),
      spanId: id(n, 8),
      name: text,
      // The database is named behind the statement or before it.
      attributes: [textAttribute(key, text), textAttribute('db.system.name', system)][n % 2 ? 'reverse' : 'slice'](),
    })),
    ...forms.map((text, n) => ({
      ...common,
      traceId: id(100 + n, 16),
      spanId: id(100 + n, 8),
      traceState: `a=${form(2)}`,
      name: text,
      attributes: secretAttributes,
      events: [
        {
          timeUnixNano: nanos(),
          name: text,
          attributes: [textAttribute('exception.stacktrace', `Error: ${text}\n at x`), ...secretAttributes],
        },
      ],
      links: [{ traceId: id(1, 16), spanId: id(1, 8), traceState: text, attributes: secretAttributes }],
      status: { code: 2, message: text },
    })),
    { ...common, traceId: id(200, 16), spanId: id(200, 8), name: `GET /login?user=${MARK}` },
  ]
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: scope(0), spans, schemaUrl: form(3) }], schemaUrl: form(4) }] }
}

export function plantedLogs(): object {
  const bodies: readonly object[] = [
    ...forms.map((stringValue) => ({ stringValue })),
    nested(`password=${MARK}`),
    nested(MARK, 'password'),
    { arrayValue: { values: forms.map((stringValue) => ({ stringValue })) } },
    { bytesValue: Buffer.from(`password=${MARK}`) },
    { intValue: CARD },
  ]
  const logRecords = bodies.map((body, n) => ({
    timeUnixNano: nanos(),
    severityText: n % 2 ? form(n) : 'INFO',
    eventName: n % 3 ? form(n) : '',
    body,
    attributes: [...secretAttributes, textAttribute('db.statement', `SELECT '${MARK}'`), textAttribute('db.system', 'sqlite')],
  }))
  const event = {
    timeUnixNano: nanos(),
    eventName: 'spyglass.pool.exhausted',
    body: { stringValue: `password=${MARK}` },
    attributes: [
      textAttribute('spyglass.event.resource', 'x'),
      textAttribute('spyglass.event.holders', `[{"token":"${MARK}"}]`),
      ...secretAttributes,
    ],
  }
  return {
    resourceLogs: [
      { resource, scopeLogs: [{ scope: scope(1), logRecords: [...logRecords, event], schemaUrl: form(5) }], schemaUrl: form(6) },
    ],
  }
}

export function plantedMetrics(): object {
  const exemplars = [{ timeUnixNano: nanos(), asDouble: 1, filteredAttributes: secretAttributes }]
  const statement = [textAttribute('db.query.text', `SELECT '${MARK}'`), textAttribute('db.system.name', 'postgresql')]
  const point = { timeUnixNano: nanos(), startTimeUnixNano: nanos(), attributes: [...secretAttributes, ...statement] }
  const distribution = { ...point, count: '1', sum: 1 }
  const about = (n: number): object => ({ name: form(n), description: form(n + 1), unit: form(n + 2) })
  const metrics = [
    { ...about(0), gauge: { dataPoints: [{ ...point, asDouble: 1, exemplars }] } },
    { ...about(1), sum: { aggregationTemporality: 2, dataPoints: [{ ...point, asInt: '1', exemplars }] } },
    { ...about(2), histogram: { aggregationTemporality: 1, dataPoints: [{ ...distribution, bucketCounts: ['1'], exemplars }] } },
    {
      ...about(3),
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [{ ...distribution, scale: 0, positive: { offset: 0, bucketCounts: ['1'] }, exemplars }],
      },
    },
    { ...about(4), summary: { dataPoints: [distribution] } },
    {
      name: 'db.client.operation.duration',
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [{ ...distribution, scale: 4, positive: { offset: 0, bucketCounts: ['1'] } }],
      },
    },
  ]
  const aggregates = { attributes: [...resource.attributes, { key: 'spyglass.aggregates', value: { boolValue: true } }] }
  return {
    resourceMetrics: [{ resource: aggregates, scopeMetrics: [{ scope: scope(2), metrics, schemaUrl: form(7) }], schemaUrl: form(8) }],
  }
}

/** The same request as OTLP/JSON has it: identifiers in hexadecimal digits, other bytes in base64. */
export function asJson(request: object): string {
  return JSON.stringify(request, (key: string, value: unknown) => {
    const isBuffer = typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer'
    if (!isBuffer) return value
    const bytes = Buffer.from((value as { data: number[] }).data)
    return bytes.toString(key.endsWith('Id') ? 'hex' : 'base64')
  })
}

/** Whether a text shows a planted secret, plainly or as base64. */
export function showsSecret(text: string): boolean {
  return (
    text.includes(MARK) ||
    text.includes(CARD) ||
    text.includes('4000 0566 5566 5556') ||
    text.includes(Buffer.from(MARK).toString('base64').slice(0, 11))
  )
}
