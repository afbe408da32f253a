import * as fc from 'fast-check'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { AccessEntry } from '../../../runtime/src/access-log/access-entry.ts'
import { formatterOf } from '../../../runtime/src/access-log/access-format.ts'
import { timeFormat } from '../../../runtime/src/access-log/access-time.ts'

const source = { instance: 'shop-1', application: 'shop' }
const time = Date.UTC(2026, 10, 6, 14, 5, 9, 7)

const entry: AccessEntry = {
  time,
  clientAddress: '203.0.113.7',
  method: 'GET',
  path: '/shop/products/7',
  query: 'full=1&token=canary',
  httpVersion: '1.1',
  route: '/shop/products/:id',
  status: 200,
  bodySize: 312,
  durationMs: 1234.5678,
  userAgent: 'curl/8.5.0 "x"',
  referer: 'https://a.test/?token=canary',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  aborted: false,
  errorType: undefined,
}

const line = (pattern: string, of: AccessEntry = entry): string => formatterOf({ format: 'pattern', pattern }, source)(of)

test('each element of a pattern stands for what Tomcat documents', () => {
  const expected: Record<string, string> = {
    '%a %h': '203.0.113.7 203.0.113.7',
    '%b %B': '312 312',
    '%D %T': '1234568 1',
    '%{ms}T %{us}T %{ns}T %{s}T %{fracsec}T': '1235 1234568 1234567800 1 1.235',
    '%H %m %U': 'HTTP/1.1 GET /shop/products/7',
    '%q': '?full=1&token=[redacted]',
    '"%r"': '"GET /shop/products/7?full=1&token=[redacted] HTTP/1.1"',
    '%s %>s': '200 200',
    '%l %u %S %F': '- - - -',
    '%I %%': 'shop-1 %',
    '%t': '[06/Nov/2026:14:05:09 +0000]',
    '%{yyyy-MM-dd HH:mm:ss.SSS}t': '2026-11-06 14:05:09.007',
    '%{end:sec}t %{begin:msec}t %{msec_frac}t': `${Math.floor((time + 1234.5678) / 1000)} ${time} 007`,
    '%{end}t': '[06/Nov/2026:14:05:10 +0000]',
    '"%{Referer}i" "%{User-Agent}i"': String.raw`"https://a.test/?token=[redacted]" "curl/8.5.0 \"x\""`,
    '%{traceId}r %{spanId}r %{route}r %{application}r %{instance}r %{errorType}r': `${entry.traceId} ${entry.spanId} /shop/products/:id shop shop-1 -`,
    '%X': '-',
    'a\tb': 'a\tb',
  }
  expect(Object.fromEntries(Object.keys(expected).map((pattern) => [pattern, line(pattern)]))).toEqual(expected)
})

test('what is unknown is a hyphen', () => {
  const nothing: AccessEntry = {
    ...entry,
    clientAddress: undefined,
    status: undefined,
    bodySize: undefined,
    query: undefined,
    userAgent: undefined,
    aborted: true,
  }
  expect(line('%h %s %b %B|%q|%{User-Agent}i %{x}i %{x}o %{x}c %v %p %X', nothing)).toBe('- - - 0||- - - - - - X')
})

test('an unknown element is refused with its place', () => {
  for (const [pattern, at] of [
    ['%h %y', 3],
    ['%', 0],
    ['ab%{x}h', 2],
    ['%{nonsense}r', 0],
    ['%{QQQ}t', 0],
    ['%{x', 0],
    ['%{hours}T', 0],
  ] as const) {
    expect(() => line(pattern), pattern).toThrow(expect.objectContaining({ code: 'SPY_ACCESS_PATTERN_INVALID' }))
    expect(() => line(pattern), pattern).toThrow(new RegExp(`character ${at} `))
  }
})

test('headers, cookies, user and ports come from the request, and secrets stay out', async () => {
  const lines: string[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('x-set', 'a')
    response.writeHead(200, { 'X-Written': 'b', 'Set-Cookie': 'session=canary' }).end('ok')
    response.on('close', () =>
      lines.push(
        line('%u %v %{Host}i %{Cookie}i %{Authorization}i %{theme}c %{x-set}o %{x-written}o %{Set-Cookie}o %{none}o %{X-Many}i', {
          ...entry,
          request,
          response,
        }),
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const headers = { authorization: `Basic ${btoa('ann:canary')}`, cookie: 'session=canary; theme=dark', 'x-many': 'é' }
  await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text()
  await expect
    .poll(() => lines)
    .toEqual([`ann 127.0.0.1 127.0.0.1:${port} [redacted] [redacted] [redacted] a b [redacted] - ${String.raw`\xc3\xa9`}`])
})

test('no client makes a line break or a control character, whatever the pattern', () => {
  const isPrintable = (text: string): boolean => Array.from(text).every((character) => character >= ' ' && character <= '~')
  const hostile = fc.string({ unit: fc.constantFrom('\n', '\r', '"', '\\', '\0', '\u001b', '\u2028', 'é', '😀', 'a', '%') })
  fc.assert(
    fc.property(hostile, hostile, hostile, (path, userAgent, referer) => {
      expect(isPrintable(line('%r %U %{User-Agent}i %{Referer}i', { ...entry, path, userAgent, referer }))).toBe(true)
    }),
  )
})

test('the letters of SimpleDateFormat', () => {
  const write = (form: string): string | undefined => timeFormat(form)?.(time)
  expect(write("yyyy-MM-dd'T'HH:mm:ss.SSSX")).toBe('2026-11-06T14:05:09.007Z')
  expect(write('EEE, d MMM yy hh:mm a Z')).toBe('Fri, 6 Nov 26 02:05 PM +0000')
  expect(write("EEEE 'o''clock' ''")).toBe("Friday o'clock '")
  expect(write('yyyy-QQ')).toBeUndefined()
  expect(write("'unclosed")).toBeUndefined()
})

test('who has signed in comes before the user of Basic credentials, and cannot forge a line', () => {
  expect(line('%u', { ...entry, user: 'ann' })).toBe('ann')
  expect(line('%u', { ...entry, user: 'ann" 200\n' })).toBe(String.raw`ann\" 200\x0a`)
})
