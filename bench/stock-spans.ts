/**
 * Spans as stock instrumentations of OpenTelemetry write them: a server span with its URL, a client span with one, two statements with values in them, and a
 * function. A fifth of each; what redaction meets there is not plain.
 */
import { randomBytes } from 'node:crypto'
import { encodeOtlp } from '../test/support/otlp-proto.ts'

export const SPANS_PER_STOCK_REQUEST = 500

const attribute = (key: string, value: string | number): object => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
})
const attributes = (values: Readonly<Record<string, string | number>>): object[] =>
  Object.entries(values).map(([key, value]) => attribute(key, value))

const RESOURCE = attributes({
  'service.name': 'shop',
  'service.instance.id': '627cc493-f310-47de-96bd-71410b7dec09',
  'service.version': '1.4.2',
  'host.name': 'app-17.example.net',
  'process.pid': 4711,
  'process.executable.name': 'node',
  'process.runtime.name': 'nodejs',
  'process.runtime.version': '24.21.0',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.language': 'nodejs',
})

/** Paths and ids differ from span to span, as in life; hosts, agents and statements recur. */
export function stockRequest(seed: number): Buffer {
  const now = BigInt(Date.now()) * 1_000_000n
  const spans = Array.from({ length: SPANS_PER_STOCK_REQUEST }, (_, i) => span(seed * SPANS_PER_STOCK_REQUEST + i, now))
  return encodeOtlp('Traces', {
    resourceSpans: [
      {
        resource: { attributes: RESOURCE },
        scopeSpans: [{ scope: { name: '@opentelemetry/instrumentation-http', version: '0.301.0' }, spans }],
      },
    ],
  })
}

let traceId = randomBytes(16)

function span(n: number, now: bigint): object {
  const kind = n % 5
  if (kind === 0) traceId = randomBytes(16)
  return {
    traceId,
    spanId: randomBytes(8),
    parentSpanId: kind === 0 ? Buffer.alloc(0) : randomBytes(8),
    startTimeUnixNano: String(now - BigInt(1_000_000 + (n % 997) * 1000)),
    endTimeUnixNano: String(now),
    ...[server, client, select, update, internal][kind]!(n),
  }
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'curl/8.14.1',
]

const server = (n: number): object => ({
  name: 'GET /orders/:id',
  kind: 2,
  attributes: attributes({
    'http.url': `http://shop.example.net/orders/${n}?view=full&page=${n % 7}`,
    'http.host': 'shop.example.net:8080',
    'net.host.name': 'shop.example.net',
    'http.method': 'GET',
    'http.scheme': 'http',
    'http.target': `/orders/${n}?view=full&page=${n % 7}`,
    'http.user_agent': AGENTS[n % AGENTS.length]!,
    'http.flavor': '1.1',
    'net.transport': 'ip_tcp',
    'net.peer.ip': `10.0.${n % 256}.${(n >> 8) % 256}`,
    'net.peer.port': 20_000 + (n % 40_000),
    'http.status_code': 200,
    'http.route': '/orders/:id',
  }),
})

const client = (n: number): object => ({
  name: 'POST',
  kind: 3,
  attributes: attributes({
    'http.request.method': 'POST',
    'server.address': 'payments.example.net',
    'server.port': 443,
    'url.full': `https://payments.example.net:443/v1/charges/${n}/capture`,
    'http.response.status_code': 201,
    'network.peer.address': '192.0.2.17',
    'network.peer.port': 443,
    'network.protocol.version': '1.1',
  }),
})

const statement = (name: string, text: string): object => ({
  name,
  kind: 3,
  attributes: attributes({
    'db.system': 'postgresql',
    'db.name': 'shop',
    'db.connection_string': 'postgresql://db.example.net:5432/shop',
    'net.peer.name': 'db.example.net',
    'net.peer.port': 5432,
    'db.user': 'shop',
    'db.statement': text,
  }),
})

const select = (): object =>
  statement(
    'pg.query:SELECT shop',
    'SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = $1 AND o.state = $2',
  )

const update = (n: number): object =>
  statement('pg.query:UPDATE shop', `UPDATE orders SET state = 'paid', paid_at = now() WHERE id = ${n % 50}`)

const internal = (n: number): object => ({
  name: 'render order',
  kind: 1,
  attributes: attributes({
    'code.function': 'renderOrder',
    'code.filepath': '/app/src/orders/render.ts',
    'code.lineno': 42,
    'order.id': n,
  }),
})
