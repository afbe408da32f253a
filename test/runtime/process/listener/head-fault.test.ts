/** The listener and the router must read a head alike, so each case is tried at both. */
import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { openListener } from '../../../support/listener.ts'
import { readRequestHead } from '../../../../runtime/src/router/request-head.ts'

/** Request line, then fields; without the empty line. */
const REFUSED: Readonly<Record<string, string>> = {
  'two hosts': 'GET / HTTP/1.1\nHost: a\nHost: b',
  'the same host twice': 'GET / HTTP/1.1\nHost: a\nhost: a',
  'a host with a space': 'GET / HTTP/1.1\nHost: a b',
  'a host with a slash': 'GET / HTTP/1.1\nHost: a/b',
  'user information in the host': 'GET / HTTP/1.1\nHost: user@a',
  'a port that is none': 'GET / HTTP/1.1\nHost: a:b',
  'a list of hosts': 'GET / HTTP/1.1\nHost: a, b',
  'a URL of another host': 'GET http://b/ HTTP/1.1\nHost: a',
  'a URL of another port': 'GET http://a:81/ HTTP/1.1\nHost: a',
  'a URL with user information': 'GET http://user@a/ HTTP/1.1\nHost: a',
  'a URL of another scheme': 'GET ftp://a/ HTTP/1.1\nHost: a',
  '* with another method than OPTIONS': 'GET * HTTP/1.1\nHost: a',
  'a version that the connection does not speak': 'GET / HTTP/2.0\nHost: a',
  'a coding that nobody decodes': 'POST / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip, chunked',
  'chunks in HTTP/1.0': 'POST / HTTP/1.0\nHost: a\nTransfer-Encoding: chunked',
}

const SERVED: Readonly<Record<string, string>> = {
  'an empty host': 'GET / HTTP/1.1\nHost:',
  'a host in capitals with a dot and a port': 'GET / HTTP/1.1\nHost: Shop.Example.COM.:8080',
  'an address of IPv6': 'GET / HTTP/1.1\nHost: [::1]:8080',
  'a URL of the same host': 'GET http://Shop.test/a?b HTTP/1.1\nHost: shop.TEST',
  'a URL that leaves out the default port': 'GET http://a/ HTTP/1.1\nHost: a:80',
  '* with OPTIONS': 'OPTIONS * HTTP/1.1\nHost: a',
  'HTTP/1.0 without a host': 'GET / HTTP/1.0',
  'a coding in capitals': 'POST / HTTP/1.1\nHost: a\nTransfer-Encoding: Chunked',
}

async function statusOf(port: number, head: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n${/chunked/i.test(head) ? '0\r\n\r\n' : ''}`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.toString('latin1').slice(9, 12)
}

const readByRouter = (head: string) => readRequestHead(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`, { isTrusted: false, maxCount: 200 })

test.each(Object.entries(REFUSED))('%s is refused with 400', async (_name, head) => {
  let reached = 0
  const { port, listener } = await openListener((_request, response) => response.end(String(reached++)))
  expect(await statusOf(port, head)).toBe('400')
  expect([reached, listener.counts.malformed]).toEqual([0, 1])
  expect(readByRouter(head)).toBe('malformed_request')
})

test.each(Object.entries(SERVED))('%s is served', async (_name, head) => {
  const { port } = await openListener((_request, response) => response.end())
  expect(await statusOf(port, head)).toBe('200')
  expect(readByRouter(head)).toBeTypeOf('object')
})

test('a connection for another protocol is judged as a request is', async () => {
  let upgrades = 0
  const { port } = await openListener(
    () => {},
    {},
    { acceptsUpgrade: () => true, upgrade: (_request, socket) => void (upgrades++, socket.destroy()) },
  )
  expect(await statusOf(port, 'GET / HTTP/1.1\nHost: a\nHost: b\nConnection: upgrade\nUpgrade: websocket')).toBe('400')
  expect(upgrades).toBe(0)
})

test('a head with too many fields is refused with 431', async () => {
  const fields = Array.from({ length: 201 }, (_, at) => `X${at}: 1`).join('\n')
  const { port } = await openListener((_request, response) => response.end())
  const head = `GET / HTTP/1.1\nHost: a\n${fields}`
  expect(await statusOf(port, head)).toBe('431')
  expect(readByRouter(head)).toBe('header_overflow')
})

test('a client of HTTP/1.0 gets no informational answer', async () => {
  const { port } = await openListener((_request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' }, () => response.end('done'))
    response.writeProcessing()
  })
  expect(await statusOf(port, 'GET / HTTP/1.0')).toBe('200')
})
