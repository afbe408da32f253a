import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AccessEntry } from '../../../runtime/src/access-log/access-entry.ts'
import { redactSecretParameters } from '@spyglass/agent/redact'
import { formatterOf } from '../../../runtime/src/access-log/access-format.ts'

const source = { instance: 'http-1', application: 'shop' }
const json = formatterOf({ format: 'json' }, source)
const combined = formatterOf({ format: 'combined' }, source)
const common = formatterOf({ format: 'common' }, source)

const plain: AccessEntry = {
  time: Date.UTC(2026, 0, 31, 12, 0, 0, 7),
  clientAddress: '127.0.0.1',
  method: 'GET',
  path: '/shop/products/7',
  query: 'full=1',
  httpVersion: '1.1',
  route: '/shop/products/:id',
  status: 200,
  bodySize: 312,
  durationMs: 1.7341,
  userAgent: 'curl/8.5.0',
  referer: undefined,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  aborted: false,
  errorType: undefined,
}

/** Whatever a client may send, and then some: any character, with the awkward ones often. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\n', '\r', '"', '\\', '\0', '\u001b', '\u009b', '\u2028', 'é', '漢', '😀', ' ', '\ud800'),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
})
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const entries: fc.Arbitrary<AccessEntry> = fc.record({
  time: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  clientAddress: maybe(fc.oneof(fc.ipV4(), fc.ipV6(), hostile)),
  method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
  path: hostile,
  query: maybe(fc.string().filter((text) => redactSecretParameters(text) === text)),
  httpVersion: fc.constantFrom('1.0', '1.1', '2.0'),
  route: maybe(hostile),
  status: maybe(fc.integer({ min: 100, max: 599 })),
  bodySize: maybe(fc.nat()),
  durationMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
  userAgent: maybe(hostile),
  referer: maybe(hostile),
  traceId: maybe(fc.stringMatching(/^[0-9a-f]{32}$/)),
  spanId: maybe(fc.stringMatching(/^[0-9a-f]{16}$/)),
  aborted: fc.boolean(),
  errorType: maybe(fc.constantFrom('request_body_timeout', 'no_instance')),
})

// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

test('a JSON line has the documented fields in the documented form', () => {
  expect(json(plain)).toBe(
    '{"time":"2026-01-31T12:00:00.007Z","client.address":"127.0.0.1","http.request.method":"GET","url.path":"/shop/products/7",' +
      '"url.query":"full=1","http.route":"/shop/products/:id","http.response.status_code":200,"http.response.body.size":312,' +
      '"duration_ms":1.734,"user_agent.original":"curl/8.5.0","trace_id":"0af7651916cd43dd8448eb211c80319c",' +
      '"span_id":"b7ad6b7169203331","instance":"http-1","application":"shop"}',
  )
})

test('unknown values are omitted, and an aborted request says so', () => {
  const line = json({
    ...plain,
    query: undefined,
    route: undefined,
    status: undefined,
    bodySize: undefined,
    traceId: undefined,
    spanId: undefined,
    aborted: true,
  })
  expect(Object.keys(JSON.parse(line) as object)).toEqual([
    'time',
    'client.address',
    'http.request.method',
    'url.path',
    'duration_ms',
    'user_agent.original',
    'aborted',
    'instance',
    'application',
  ])
})

test('a time between two milliseconds is shown as the one that has begun', () => {
  for (const time of [1_699_999_999_999.9998, 1_700_000_000_000.0002]) {
    expect(JSON.parse(json({ ...plain, time }))).toMatchObject({ time: new Date(Math.floor(time)).toISOString() })
  }
})

test('lines of requests that are alike in part are told apart', () => {
  const alike = fc.record({
    path: fc.constantFrom('', '/', '/a', '/b', '/1a', `/${'a'.repeat(300)}`, `/${'b'.repeat(300)}`),
    method: fc.constantFrom('GET', 'PUT'),
    route: fc.constantFrom(undefined, '/a', '/:id'),
    status: fc.constantFrom(undefined, 200, 404),
    query: fc.constantFrom(undefined, '', 'q=1'),
    userAgent: fc.constantFrom(undefined, '', 'curl/8', 'Curl/8'),
    bodySize: fc.constantFrom(undefined, 0, 17, 4095, 4096, 2 ** 40),
  })
  fc.assert(
    fc.property(fc.array(alike, { minLength: 2, maxLength: 20 }), (several) => {
      for (const { path, method, route, status, query, userAgent, bodySize } of several) {
        const entry = { ...plain, path, method, route, status, query, userAgent, bodySize }
        expect(JSON.parse(json(entry))).toEqual(
          JSON.parse(
            JSON.stringify({
              time: '2026-01-31T12:00:00.007Z',
              'client.address': '127.0.0.1',
              'http.request.method': method,
              'url.path': path,
              'url.query': query,
              'http.route': route,
              'http.response.status_code': status,
              'http.response.body.size': bodySize,
              duration_ms: 1.734,
              'user_agent.original': userAgent,
              trace_id: plain.traceId,
              span_id: plain.spanId,
              instance: 'http-1',
              application: 'shop',
            }),
          ),
        )
      }
    }),
  )
})

test('a JSON line parsed gives what was written, whatever a client sends', () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const line = json(entry)
      expect(line).not.toMatch(UNPRINTABLE)
      const expected = {
        time: new Date(entry.time).toISOString(),
        'client.address': entry.clientAddress,
        'http.request.method': entry.method,
        'url.path': entry.path,
        'url.query': entry.query,
        'http.route': entry.route,
        'http.response.status_code': entry.status,
        'http.response.body.size': entry.bodySize,
        duration_ms: Math.round(entry.durationMs * 1000) / 1000,
        'user_agent.original': entry.userAgent,
        trace_id: entry.traceId,
        span_id: entry.traceId && entry.spanId,
        aborted: entry.aborted || undefined,
        'error.type': entry.errorType,
        instance: 'http-1',
        application: 'shop',
      }
      expect(JSON.parse(line)).toEqual(Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)))
    }),
    { numRuns: 1000 },
  )
})

describe('the formats of Apache', () => {
  const LINE = /^(\S+) - - \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$/
  const unescape = (text: string): string =>
    Buffer.from(
      text.replaceAll(/\\x([0-9a-f]{2})|\\(["\\])/g, (_, hex: string | undefined, mark: string) =>
        hex ? String.fromCharCode(Number.parseInt(hex, 16)) : mark,
      ),
      'latin1',
    ).toString('utf8')
  const wellFormed = (text: string): string => text.toWellFormed()

  test('common is what every log reader knows', () => {
    expect(common(plain)).toBe('127.0.0.1 - - [31/Jan/2026:12:00:00 +0000] "GET /shop/products/7?full=1 HTTP/1.1" 200 312')
  })

  test('a combined line parsed gives what was written, whatever a client sends', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const line = combined(entry)
        expect(line).toMatch(/^[\u0020-\u007e]*$/)
        const [, , , request, status, size, referer, agent] = LINE.exec(line) ?? []
        const target = entry.query === undefined ? entry.path : `${entry.path}?${entry.query}`
        expect(unescape(request ?? '')).toBe(wellFormed(`${entry.method} ${target} HTTP/${entry.httpVersion}`))
        expect(status).toBe(String(entry.status ?? '-'))
        expect(size).toBe(String(entry.bodySize || '-'))
        expect(unescape(referer ?? '')).toBe(wellFormed(entry.referer ?? '-'))
        expect(unescape(agent ?? '')).toBe(wellFormed(entry.userAgent ?? '-'))
      }),
      { numRuns: 1000 },
    )
  })
})

test('values of secret query parameters never reach the log', () => {
  expect(redactSecretParameters('a=1&token=abc&Access_Token=x&b=2')).toBe('a=1&token=[redacted]&Access_Token=[redacted]&b=2')
  expect(redactSecretParameters('password=')).toBe('password=[redacted]')
  for (const format of [json, common, combined]) expect(format({ ...plain, query: 'user_password=canary&x=1' })).not.toContain('canary')
})
