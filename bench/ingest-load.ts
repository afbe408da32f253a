/** The requests of the ingest benchmark: 512 spans each, 12 attributes, 10 resource attributes, an exception on one in ten. */
import { randomBytes } from 'node:crypto'
import { encodeOtlp } from '../test/support/otlp-proto.ts'

export const SPANS_PER_REQUEST = 512

const ROUTES = Array.from({ length: 40 }, (_, i) => `/shop/route-${i}/:id`)
const attribute = (key: string, value: string | number): object => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
})

const RESOURCE = [
  ['service.name', 'shop'],
  ['service.instance.id', 'http-1'],
  ['service.version', '1.4.2'],
  ['host.name', 'app-17.example.net'],
  ['process.pid', 4711],
  ['process.runtime.name', 'nodejs'],
  ['process.runtime.version', '24.21.0'],
  ['telemetry.sdk.name', 'opentelemetry'],
  ['telemetry.sdk.language', 'nodejs'],
  ['deployment.environment.name', 'production'],
] as const

/** One request whose spans end now; no two are alike. */
export function traceRequest(seed: number): Buffer {
  const now = BigInt(Date.now()) * 1_000_000n
  const spans = Array.from({ length: SPANS_PER_REQUEST }, (_, i) => span(seed * SPANS_PER_REQUEST + i, now))
  return encodeOtlp('Traces', {
    resourceSpans: [
      {
        resource: { attributes: RESOURCE.map(([key, value]) => attribute(key, value)) },
        scopeSpans: [{ scope: { name: '@opentelemetry/instrumentation-http', version: '0.301.0' }, spans }],
      },
    ],
  })
}

let traceId = randomBytes(16)

function span(n: number, now: bigint): object {
  if (n % 8 === 0) traceId = randomBytes(16)
  const route = ROUTES[n % ROUTES.length] as string
  const start = now - BigInt(1_000_000 + (n % 997) * 1000)
  return {
    traceId,
    spanId: randomBytes(8),
    parentSpanId: n % 8 === 0 ? Buffer.alloc(0) : randomBytes(8),
    name: `GET ${route}`,
    kind: n % 8 === 0 ? 2 : 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(now),
    attributes: attributesOf(n, route),
    ...(n % 10 === 0 ? { events: [exception(now)], status: { code: 2, message: 'it broke' } } : {}),
  }
}

function attributesOf(n: number, route: string): object[] {
  return [
    attribute('http.request.method', 'GET'),
    attribute('http.route', route),
    attribute('url.path', route.replace(':id', String(n))),
    attribute('url.scheme', 'http'),
    attribute('server.address', 'shop.example.net'),
    attribute('server.port', 443),
    attribute('http.response.status_code', n % 10 === 0 ? 500 : 200),
    attribute('client.address', `10.0.${n % 256}.${(n >> 8) % 256}`),
    attribute('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'),
    attribute('network.protocol.version', '1.1'),
    attribute('user.id', `user-${n % 5000}`),
    attribute('thread.id', n % 4),
  ]
}

const exception = (now: bigint): object => ({
  timeUnixNano: String(now),
  name: 'exception',
  attributes: [
    attribute('exception.type', 'TypeError'),
    attribute('exception.message', 'Cannot read properties of undefined'),
    attribute(
      'exception.stacktrace',
      'TypeError: Cannot read properties of undefined\n'.padEnd(700, '    at handler (/app/src/routes.ts:12:3)\n'),
    ),
  ],
})
