import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRequestHead, type RequestHead } from '../../../runtime/src/router/request-head.ts'
import { growthExponent } from '../../support/growth.ts'

const read = (text: string, isTrusted = false, maxCount = 200): RequestHead | string =>
  readRequestHead(`${text.replaceAll('\n', '\r\n')}\r\n\r\n`, { isTrusted, maxCount })

test('what belongs to the connection stays on this side, also what Connection names; everything else goes on as it came', () => {
  expect(
    read('GET /a?b=c HTTP/1.1\nHost: a.test\nConnection: keep-alive, X-Secret\nX-Secret: 1\nKeep-Alive: 5\nTE: gzip\nX-Many: 1\nX-Many:2 '),
  ).toEqual({
    method: 'GET',
    target: '/a?b=c',
    minor: 1,
    host: 'a.test',
    lines: 'Host: a.test\r\nX-Many: 1\r\nX-Many:2 \r\n',
    body: 0,
    keepAlive: true,
    upgrade: '',
    forwardedFor: undefined,
    forwardedProto: undefined,
    forwardedHost: undefined,
  })
})

test('Connection cannot take away what frames the request', () => {
  expect(read('POST / HTTP/1.1\nHost: a\nContent-Length: 5\nConnection: content-length, host, close')).toMatchObject({
    lines: 'Host: a\r\nContent-Length: 5\r\n',
    body: 5,
    keepAlive: false,
  })
})

test('Connection cannot take away who the client is behind a trusted proxy that passes it on', () => {
  const text =
    'GET / HTTP/1.1\nHost: a\nConnection: x-forwarded-for, Forwarded, X-Real-IP, x-secret\nX-Forwarded-For: 1.2.3.4\nX-Real-IP: 1.2.3.4\nX-Secret: 1'
  expect(read(text, true)).toMatchObject({
    lines: 'Host: a\r\nX-Forwarded-For: 1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\n',
    forwardedFor: '1.2.3.4',
  })
})

test('forwarded fields are those of trusted proxies; from anybody else they are removed, and so is what only the router may say', () => {
  const text =
    'GET / HTTP/1.1\nHost: a\nX-Forwarded-For: 1.2.3.4\nx-forwarded-for: 5.6.7.8\nX-Forwarded-Proto: https\nForwarded: for=x\nX-Real-IP: 9\nX-Forwarded-User: root\nx-forwarded-client-cert: x\nx-spyglass-peer: forged'
  expect(read(text)).toMatchObject({ lines: 'Host: a\r\n', forwardedFor: undefined, forwardedProto: undefined })
  expect(read(text, true)).toMatchObject({
    lines:
      'Host: a\r\nX-Forwarded-For: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\nX-Forwarded-Proto: https\r\nForwarded: for=x\r\nX-Real-IP: 9\r\nX-Forwarded-User: root\r\nx-forwarded-client-cert: x\r\n',
    forwardedFor: '1.2.3.4, 5.6.7.8',
    forwardedProto: 'https',
  })
})

test('an upgrade is asked for by both fields, without a body', () => {
  expect(read('GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket')).toMatchObject({
    upgrade: 'websocket',
    lines: 'Host: a\r\n',
  })
  expect(read('GET / HTTP/1.1\nHost: a\nUpgrade: websocket')).toMatchObject({ upgrade: '' })
  expect(read('POST / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: x\nContent-Length: 3')).toMatchObject({ upgrade: '', body: 3 })
})

const valid = 'Host: a.test'
test.each([
  ['no request line', 'GET /'],
  ['HTTP/2.0', `GET / HTTP/2.0\n${valid}`],
  ['HTTP/0.9', `GET / HTTP/0.9\n${valid}`],
  ['two spaces in the request line', `GET  / HTTP/1.1\n${valid}`],
  ['a tab in the request line', `GET\t/ HTTP/1.1\n${valid}`],
  ['bytes beyond ASCII in the target', `GET /\xe9 HTTP/1.1\n${valid}`],
  ['a space in the target', `GET /a b HTTP/1.1\n${valid}`],
  ['an unknown method', `FOO / HTTP/1.1\n${valid}`],
  ['a method in lower case', `get / HTTP/1.1\n${valid}`],
  ['a target that is neither path nor URL', `GET a HTTP/1.1\n${valid}`],
  ['an asterisk for GET', `GET * HTTP/1.1\n${valid}`],
  ['a URL of another host', `GET http://b.test/ HTTP/1.1\n${valid}`],
  ['a URL with a user', `GET http://x@a.test/ HTTP/1.1\n${valid}`],
  ['a URL without a host', `GET http:///x HTTP/1.1\n${valid}`],
  ['two hosts', `GET / HTTP/1.1\n${valid}\nHost: a.test`],
  ['a host that is none', 'GET / HTTP/1.1\nHost: a/b'],
  ['a space before the colon', `GET / HTTP/1.1\n${valid}\nA : b`],
  ['a field without a name', `GET / HTTP/1.1\n${valid}\n: b`],
  ['a field without a colon', `GET / HTTP/1.1\n${valid}\nabc`],
  ['a fold of lines', `GET / HTTP/1.1\n${valid}\nA: b\n c`],
  ['a first line that is folded', `GET / HTTP/1.1\n ${valid}`],
  ['NUL in a value', `GET / HTTP/1.1\n${valid}\nA: b\0c`],
  ['a bare CR in a value', `GET / HTTP/1.1\n${valid}\nA: b\rc`],
  ['DEL in a value', `GET / HTTP/1.1\n${valid}\nA: \x7f`],
  ['a control character in a name', `GET / HTTP/1.1\n${valid}\nA\x01: b`],
  ['Content-Length beside Transfer-Encoding', `POST / HTTP/1.1\n${valid}\nContent-Length: 5\nTransfer-Encoding: chunked`],
  ['Content-Length twice', `POST / HTTP/1.1\n${valid}\nContent-Length: 5\nContent-Length: 5`],
  ['two lengths in one', `POST / HTTP/1.1\n${valid}\nContent-Length: 5, 5`],
  ['a length with a sign', `POST / HTTP/1.1\n${valid}\nContent-Length: +5`],
  ['a negative length', `POST / HTTP/1.1\n${valid}\nContent-Length: -5`],
  ['a length in hexadecimal', `POST / HTTP/1.1\n${valid}\nContent-Length: 0x5`],
  ['a length without digits', `POST / HTTP/1.1\n${valid}\nContent-Length: `],
  ['a length beyond all bounds', `POST / HTTP/1.1\n${valid}\nContent-Length: ${'9'.repeat(30)}`],
  ['a length with a no-break space', `POST / HTTP/1.1\n${valid}\nContent-Length: 5\xa0`],
  ['another coding', `POST / HTTP/1.1\n${valid}\nTransfer-Encoding: gzip, chunked`],
  ['a coding with a no-break space', `POST / HTTP/1.1\n${valid}\nTransfer-Encoding: chunked\xa0`],
  ['a coding that is empty', `POST / HTTP/1.1\n${valid}\nTransfer-Encoding: `],
  ['a coding twice', `POST / HTTP/1.1\n${valid}\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked`],
  ['a coding in HTTP/1.0', `POST / HTTP/1.0\n${valid}\nTransfer-Encoding: chunked`],
])('%s is refused', (_what, text) => {
  expect(read(text)).toBe('malformed_request')
})

test('no host, and CONNECT, have reasons of their own', () => {
  expect(read('GET / HTTP/1.1\nA: b')).toBe('missing_host')
  expect(read('GET / HTTP/1.0\nA: b')).toMatchObject({ host: '', keepAlive: false })
  expect(read('CONNECT a.test:443 HTTP/1.1\nHost: a.test')).toBe('no_proxy')
})

test('reading takes time in proportion to the length, whatever the bytes', () => {
  const parts = fc.constantFrom(' ', '\t', ':', 'a', 'a:', '\r\n', ',', '\0', 'Connection: ')
  fc.assert(
    fc.property(parts, parts, fc.nat(3), (once, often, end) => {
      const exponent = growthExponent(1000, (length) => {
        const text = `GET / HTTP/1.1\r\nHost: a\r\n${once}${often.repeat(length / often.length)}${['', '\0', ':', '\r'][end]}`
        return () => read(text)
      })
      expect(exponent).toBeLessThan(1.5)
    }),
    { numRuns: 100 },
  )
})
