import type { IncomingMessage, ServerResponse } from 'node:http'
import net from 'node:net'
import { expect, test } from 'vitest'
import { AddressList } from '../../../../runtime/process/src/listener/address-list.ts'
import type { ListenerLimits } from '../../../../runtime/process/src/listener/limits.ts'
import { answerRefused, type RefusedRequest, refusalOf } from '../../../../runtime/process/src/listener/refusal.ts'
import { openListener } from '../../../support/listener.ts'
import { until } from '../../../support/until.ts'

async function listening(limits: Partial<ListenerLimits>, onRequest?: Handler) {
  const unreadable: RefusedRequest[] = []
  const refused: { url: string | undefined; reason: string }[] = []
  const seen: { request: IncomingMessage; response: ServerResponse }[] = []
  const opened = await openListener(
    (request, response) => {
      seen.push({ request, response })
      if (onRequest) onRequest(request, response)
      else request.resume().on('end', () => response.end('served'))
    },
    { limits },
    {
      refused: (request, response, reason) => {
        refused.push({ url: request.url, reason })
        answerRefused(request, response, reason)
      },
      unreadable: (request) => unreadable.push(request),
    },
  )
  return { ...opened, unreadable, refused, seen }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Sends the bytes, reads until the connection ends. */
async function raw(port: number, text: string | Buffer, more?: (socket: net.Socket) => void): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  socket.on('error', () => {})
  socket.write(text)
  more?.(socket)
  await new Promise((resolve) => socket.on('close', resolve))
  return answer
}

const head = (answer: string): string => answer.split('\r\n', 1)[0] ?? ''

test('what is no HTTP is answered 400, with what could be read of it, and counted', async () => {
  const { listener, port, unreadable } = await listening({})
  expect(head(await raw(port, 'GET /a?x=1 HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n'))).toBe('HTTP/1.1 400 Bad Request')
  expect(head(await raw(port, Buffer.from([22, 3, 1, 2, 0, 1, 0])))).toBe('HTTP/1.1 400 Bad Request')
  expect(unreadable).toMatchObject([
    { reason: 'malformed_request', status: 400, method: 'GET', url: '/a?x=1', httpVersion: '1.1', clientAddress: '127.0.0.1' },
    { reason: 'malformed_request', status: 400, method: undefined, url: undefined },
  ])
  expect(listener.counts).toMatchObject({ refused: 2, malformed: 2, requests: 0 })
})

test('headers that are too large are answered 431', async () => {
  const { listener, port, unreadable } = await listening({ maxHeaderBytes: 2048 })
  const answer = await raw(port, `GET /big HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(4000)}\r\n\r\n`)
  expect(head(answer)).toBe('HTTP/1.1 431 Request Header Fields Too Large')
  expect(answer).toContain('SPY_REQUEST_HEADERS_TOO_LARGE')
  expect(unreadable).toMatchObject([{ reason: 'header_overflow', status: 431, url: '/big' }])
  expect(listener.counts).toMatchObject({ malformed: 1 })
})

test('headers that do not end are answered 408 with their time; a connection that says nothing is closed without a word', async () => {
  const { listener, port, unreadable } = await listening({ headersTimeoutMs: 150 })
  expect(head(await raw(port, 'GET / HTTP/1.1\r\nHost: '))).toBe('HTTP/1.1 408 Request Timeout')
  expect(await raw(port, '')).toBe('')
  expect(unreadable).toMatchObject([{ reason: 'request_header_timeout', status: 408, method: undefined }])
  expect(unreadable[0]?.durationMs).toBeGreaterThan(100)
  expect(listener.counts).toMatchObject({ refused: 1, timedOut: 1 })
})

test('an upload that brings something in each interval may take many of them', async () => {
  const { port, refused } = await listening({ bodyTimeoutMs: 400, bodyMinBytes: 4, headersTimeoutMs: 300 })
  let sent = 0
  const answer = await raw(port, 'POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100\r\n\r\n', (socket) => {
    const timer = setInterval(() => {
      sent += 10
      socket.write('0123456789')
      if (sent === 100) clearInterval(timer)
    }, 120)
  })
  expect(head(answer)).toBe('HTTP/1.1 200 OK')
  expect(refused).toEqual([])
})

test('an upload that stops is answered 408, and its response tells the reason', async () => {
  const { listener, port, seen } = await listening({ bodyTimeoutMs: 150, bodyMinBytes: 4 })
  const closed = until(() => seen[0]?.response.closed)
  const answer = await raw(port, 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc')
  expect(head(answer)).toBe('HTTP/1.1 408 Request Timeout')
  expect(refusalOf(seen[0]?.response ?? {})).toEqual({ reason: 'request_body_timeout', status: 408 })
  expect(listener.counts).toMatchObject({ timedOut: 1, requests: 1 })
  await closed
})

test('an upload that the application does not read is not held against its client', async () => {
  const { port, listener } = await listening(
    { bodyTimeoutMs: 100, bodyMinBytes: 1000 },
    (request, response) => void setTimeout(() => request.resume().on('end', () => response.end('late')), 700),
  )
  const body = 'x'.repeat(1_000_000)
  const answer = await raw(port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  expect(head(answer)).toBe('HTTP/1.1 200 OK')
  expect(listener.counts.refused).toBe(0)
})

test('a whole request that takes longer than its limit is answered 408, however steadily it comes', async () => {
  const { port, seen } = await listening({ requestTimeoutMs: 300, headersTimeoutMs: 300 })
  const answer = await raw(port, 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n', (socket) => {
    const timer = setInterval(() => socket.write('0123456789'), 40)
    socket.on('close', () => clearInterval(timer))
  })
  expect(head(answer)).toBe('HTTP/1.1 408 Request Timeout')
  expect(refusalOf(seen[0]?.response ?? {})).toEqual({ reason: 'request_timeout', status: 408 })
})

test('a body above the limit is answered 413: at once where its length is stated, else as soon as it is too long', async () => {
  const { port, refused, seen, listener } = await listening({ maxBodyBytes: 1000 })
  const stated = await raw(port, `POST /stated HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(5000)}`)
  expect(head(stated)).toBe('HTTP/1.1 413 Payload Too Large')
  expect(refused).toEqual([{ url: '/stated', reason: 'body_too_large' }])
  const chunk = `190\r\n${'x'.repeat(400)}\r\n`
  const chunked = await raw(port, `POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}`)
  expect(head(chunked)).toBe('HTTP/1.1 413 Content Too Large')
  expect(seen).toHaveLength(1)
  expect(refusalOf(seen[0]?.response ?? {})).toEqual({ reason: 'body_too_large', status: 413 })
  expect(head(await raw(port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`))).toBe(
    'HTTP/1.1 200 OK',
  )
  expect(listener.counts).toMatchObject({ malformed: 2, requests: 3 })
})

test('a request without Host, an unknown expectation and CONNECT are refused by the listener, not by Node behind its back', async () => {
  const { port, refused, seen } = await listening({})
  expect(head(await raw(port, 'GET /nohost HTTP/1.1\r\nConnection: close\r\n\r\n'))).toBe('HTTP/1.1 400 Bad Request')
  expect(head(await raw(port, 'GET /expects HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: the-impossible\r\n\r\n'))).toBe(
    'HTTP/1.1 417 Expectation Failed',
  )
  expect(head(await raw(port, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'))).toBe('HTTP/1.1 405 Method Not Allowed')
  expect(refused).toEqual([
    { url: '/nohost', reason: 'missing_host' },
    { url: '/expects', reason: 'expectation_failed' },
  ])
  expect(seen).toEqual([])
})

test('CONNECT of a program that takes it passes what every request passes: head, gates and proxy headers', async () => {
  const gate = ({ headers }: IncomingMessage) => (headers['x-refuse'] === undefined ? undefined : 'client_certificate')
  const options = { gates: [gate], trustedProxies: new AddressList(['10.0.0.1']) } as const
  const { listener, port, server } = await openListener((_request, response) => response.end(), options)
  server.on('connect', ({ url, headers }: IncomingMessage, socket: net.Socket) => socket.end(JSON.stringify([url, headers])))
  const ask = async (fields: string) => head(await raw(port, `CONNECT a:443 HTTP/1.1\r\n${fields}\r\n\r\n`))
  expect(await ask('Host: proxy\r\nX-Forwarded-For: 1.2.3.4')).toBe('["a:443",{"host":"proxy"}]')
  expect(await ask('Host: a\r\nHost: b')).toBe('HTTP/1.1 400 Bad Request')
  expect(await ask('Host: a\r\nX-Refuse: 1')).toBe('HTTP/1.1 403 Forbidden')
  expect(listener.counts).toMatchObject({ refused: 2 })
})

test('CONNECT does not reach a program that is not to have it', async () => {
  let taken = 0
  const { port, server } = await openListener((_request, response) => response.end(), {}, { acceptsConnect: () => false })
  server.on('connect', (_request, socket: net.Socket) => void (taken++, socket.destroy()))
  expect(head(await raw(port, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'))).toBe('HTTP/1.1 405 Method Not Allowed')
  expect(taken).toBe(0)
})

test('above the limit of connections a client is told to come back, and is served again when one is free', async () => {
  const { listener, port, unreadable } = await listening({ maxConnections: 1 })
  const first = net.connect(port, '127.0.0.1')
  await until(() => listener.counts.connections === 1)
  const answer = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(head(answer)).toBe('HTTP/1.1 503 Service Unavailable')
  expect(answer.toLowerCase()).toContain('retry-after: 2')
  expect(unreadable).toMatchObject([{ reason: 'too_many_connections', status: 503 }])
  expect(listener.counts).toMatchObject({ overLimit: 1 })
  first.destroy()
  await until(() => listener.counts.connections === 0)
  expect(head(await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'))).toBe('HTTP/1.1 200 OK')
})

test('a client that stops taking its response is cut off, and the reason is known', async () => {
  let response: ServerResponse | undefined
  const { listener, port } = await listening({ sendTimeoutMs: 200 }, (_request, given) => {
    response = given
    given.end(Buffer.alloc(64_000_000))
  })
  const socket = net.connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
  socket.on('error', () => {})
  socket.once('data', () => socket.pause())
  await until(() => listener.counts.connections === 0 && listener.counts.accepted === 1)
  expect(refusalOf(response ?? {})).toEqual({ reason: 'response_timeout', status: 200 })
  socket.destroy()
})

test('answers keep the order of the requests: what is broken behind a slow one is refused after it', async () => {
  let finish = (): void => {}
  const { port, unreadable } = await listening({}, (_request, response) => (finish = () => response.end('first')))
  const answer = raw(port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n')
  await until(() => unreadable.length === 1)
  finish()
  expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
})

test('a request that a drain cuts is counted and named', async () => {
  const { listener, port, seen } = await listening({}, () => {})
  const answer = raw(port, 'GET /long HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => seen.length === 1)
  expect(await listener.drain(100)).toBe(1)
  expect(refusalOf(seen[0]?.response ?? {})).toEqual({ reason: 'drain_timeout', status: 0 })
  expect(await answer).toBe('')
})
