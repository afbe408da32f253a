import * as fc from 'fast-check'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { expect, test, type TestContext } from 'vitest'
import { AddressList, isAddressRange } from '../../../../runtime/process/src/listener/address-list.ts'
import { clientAddressOf, isLocalClient, isSecure } from '../../../../runtime/process/src/listener/forwarded.ts'
import type { ListenerOptions } from '../../../../runtime/process/src/listener/http-listener.ts'
import { type ProxyHeader, readProxyHeader } from '../../../../runtime/process/src/listener/proxy-header.ts'
import { TlsCertificates } from '../../../../runtime/process/src/listener/tls-certificates.ts'
import { makeCertificate } from '../../../support/certificates.ts'
import { openListener } from '../../../support/listener.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const listening = (options: ListenerOptions) =>
  openListener((request, response) => {
    const { remoteAddress, remotePort } = request.socket
    const names = request.rawHeaders.filter((_, at) => at % 2 === 0)
    const isOfInterest = (name: string): boolean => /^(x-|forwarded$)/i.test(name)
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => isOfInterest(name)))
    const seen = {
      client: clientAddressOf(request),
      isLocal: isLocalClient(request),
      secure: isSecure(request),
      remoteAddress,
      remotePort,
      headers,
    }
    response.end(JSON.stringify({ ...seen, raw: names.filter(isOfInterest) }))
  }, options)

interface Seen {
  readonly client: string
  readonly isLocal: boolean
  readonly secure: boolean
  readonly remoteAddress: string
  readonly remotePort: number
  readonly headers: Readonly<Record<string, string>>
  readonly raw: readonly string[]
}

async function ask(port: number, headers: Record<string, string>): Promise<Seen> {
  return (await (await fetch(`http://127.0.0.1:${port}/`, { headers })).json()) as Seen
}

test('a trusted proxy is believed: from the right, the first address that is no proxy of ours is the client', async () => {
  const { port } = await listening({ trustedProxies: new AddressList(['loopback', '10.0.0.0/8', '2001:db8::/32']) })
  const client = async (header: string) => (await ask(port, { 'x-forwarded-for': header })).client
  expect(await client('203.0.113.7')).toBe('203.0.113.7')
  expect(await client('6.6.6.6, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7')
  expect(await client('203.0.113.7:4711, 10.1.2.3')).toBe('203.0.113.7')
  expect(await client('[2001:4860::1]:443, 2001:db8::1')).toBe('2001:4860::1')
  expect(await client('::ffff:203.0.113.9')).toBe('203.0.113.9')
  expect(await client('10.0.0.1, 10.0.0.2')).toBe('10.0.0.1')
  expect(await client('203.0.113.7, nonsense')).toBe('127.0.0.1')
  expect(await client('')).toBe('127.0.0.1')
  const many = (hop: string): string => Array.from({ length: 100 }, () => hop).join(',')
  expect(await client(`${many('1.1.1.1')}, 203.0.113.7`)).toBe('203.0.113.7')
  expect(await client(`${many('127.0.0.1')}, 203.0.113.7`)).toBe('203.0.113.7')
  const seen = await ask(port, { 'x-forwarded-proto': 'HTTPS, http', 'x-forwarded-for': '203.0.113.7', 'x-other': 'kept' })
  expect(seen).toMatchObject({ secure: true, headers: { 'x-forwarded-proto': 'HTTPS, http', 'x-other': 'kept' } })
})

test('what anybody else sends under these names does not reach the application', async () => {
  const { port } = await listening({ trustedProxies: new AddressList(['10.0.0.0/8']) })
  const forged = {
    'X-Forwarded-For': '1.2.3.4',
    'x-forwarded-proto': 'https',
    'X-Forwarded-Prefix': '/a',
    'X-Forwarded-User': 'root',
    'x-forwarded-ssl': 'on',
    forwarded: 'for=1.2.3.4',
    'x-real-ip': '1.2.3.4',
  }
  expect(await ask(port, { ...forged, 'x-other': 'kept' })).toMatchObject({
    client: '127.0.0.1',
    secure: false,
    headers: { 'x-other': 'kept' },
    raw: ['x-other'],
  })
})

test('an address list knows ranges of both families and refuses what is none', () => {
  const list = new AddressList(['loopback', '192.168.1.0/24', '2001:db8::/32', '203.0.113.7'])
  for (const inside of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '192.168.1.255', '2001:db8:1::1', '203.0.113.7'])
    expect(list.has(inside)).toBe(true)
  for (const outside of ['192.168.2.1', '2001:db9::1', '203.0.113.8', 'localhost', '', '1.2.3', undefined])
    expect(list.has(outside)).toBe(false)
  for (const wrong of ['10.0.0.0/33', '10.0.0.0/8/1', '10.0.0', 'example.com', '', '10.0.0.0/-1', '::1/129', '10.0.0.0/8x'])
    expect(isAddressRange(wrong)).toBe(false)
  expect(new AddressList([]).has('127.0.0.1')).toBe(false)
})

/** Version 2 of the PROXY protocol, section 2.2. */
function v2({ command = 1, transport = 0x11, addresses = Buffer.alloc(0) }): Buffer {
  const head = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x20 | command, transport, 0, 0])
  head.writeUInt16BE(addresses.length, 14)
  return Buffer.concat([head, addresses])
}

function portsOf(...ports: number[]): Buffer {
  const bytes = Buffer.alloc(ports.length * 2)
  for (const [at, port] of ports.entries()) bytes.writeUInt16BE(port, at * 2)
  return bytes
}

const v4 = v2({
  addresses: Buffer.concat([Buffer.from([203, 0, 113, 7, 10, 0, 0, 1]), portsOf(4711, 443), Buffer.from([1, 0, 2, 104, 50])]),
})
const v6 = v2({
  transport: 0x21,
  addresses: Buffer.concat([
    Buffer.from('20010db8000000000000000000000001', 'hex'),
    Buffer.from('20010db8000000000000000000000002', 'hex'),
    portsOf(1, 65_535),
  ]),
})
const complete = (header: ProxyHeader) => {
  if (header.state !== 'complete') throw new TypeError(header.state)
  return header
}

test('both versions of the PROXY protocol name the client', () => {
  const named = { remoteAddress: '203.0.113.7', remotePort: 4711, localAddress: '10.0.0.1', localPort: 443 }
  const line = Buffer.from('PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\nGET /')
  expect(readProxyHeader(line)).toEqual({ state: 'complete', length: line.length - 5, connection: named })
  expect(readProxyHeader(v4)).toEqual({ state: 'complete', length: v4.length, connection: named })
  expect(complete(readProxyHeader(v6)).connection).toEqual({
    remoteAddress: '2001:db8::1',
    remotePort: 1,
    localAddress: '2001:db8::2',
    localPort: 65_535,
  })
  expect(complete(readProxyHeader(Buffer.from('PROXY TCP6 ::1 2001:db8::2 1 2\r\n'))).connection?.remoteAddress).toBe('::1')
  for (const check of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ::1 ::2 1 2\r\n'])
    expect(complete(readProxyHeader(Buffer.from(check))).connection).toBeUndefined()
  expect(complete(readProxyHeader(v2({ command: 0 }))).connection).toBeUndefined()
})

test('what is no PROXY header is invalid', () => {
  const lines = [
    'PROXY TCP4 1.2.3 10.0.0.1 1 2\r\n',
    'PROXY TCP4 ::1 10.0.0.1 1 2\r\n',
    'PROXY TCP4 1.2.3.4 10.0.0.1 1 65536\r\n',
    'PROXY TCP4 1.2.3.4 10.0.0.1 1 2 3\r\n',
    'PROXY\r\n',
    'GET / HTTP/1.1\r\n',
    `PROXY ${'x'.repeat(200)}`,
  ]
  for (const line of lines) expect(readProxyHeader(Buffer.from(line)).state).toBe('invalid')
  expect(readProxyHeader(v2({ command: 2 })).state).toBe('invalid')
  expect(readProxyHeader(v2({ addresses: Buffer.alloc(4) })).state).toBe('invalid')
})

test('a PROXY header cut anywhere is partial, and no bytes make the reader throw', () => {
  const whole = [v4, v6, Buffer.from('PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n')]
  for (const bytes of whole)
    for (let end = 1; end < bytes.length; end++) expect(readProxyHeader(bytes.subarray(0, end)).state).toBe('partial')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (tail, isSigned) => {
      const bytes = Buffer.concat([isSigned ? v4.subarray(0, 12) : Buffer.from('PROXY '), tail])
      expect(['partial', 'invalid', 'complete']).toContain(readProxyHeader(bytes).state)
    }),
  )
})

async function raw(port: number, pieces: readonly (Buffer | string)[]): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk))).on('error', () => {})
  const closed = new Promise((resolve) => socket.on('close', resolve))
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, () => setImmediate(resolve)))
  await closed
  return answer
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

test('behind a trusted proxy each connection begins with the header, and the application sees the client on its socket', async () => {
  const { port } = await listening({ proxyProtocol: true, trustedProxies: new AddressList(['loopback']) })
  for (const pieces of [[v4, REQUEST], [Buffer.concat([v4, Buffer.from(REQUEST)])], [v4.subarray(0, 5), v4.subarray(5), REQUEST]]) {
    const answer = await raw(port, pieces)
    expect(JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))).toMatchObject({
      client: '203.0.113.7',
      remoteAddress: '203.0.113.7',
      remotePort: 4711,
    })
  }
  expect(await raw(port, [v2({ command: 0 }), REQUEST])).toContain('"remoteAddress":"127.0.0.1"')
  expect(await raw(port, [REQUEST])).toBe('')
})

test('nobody else may send a PROXY header', async () => {
  const { port, listener } = await listening({ proxyProtocol: true, trustedProxies: new AddressList(['10.0.0.0/8']) })
  expect(await raw(port, [v4, REQUEST])).toBe('')
  expect(listener.counts).toMatchObject({ requests: 0, malformed: 1 })
})

test('the PROXY header stands before TLS', async (context: TestContext) => {
  const certificates = new TlsCertificates({ listener: 'https', certificates: [makeCertificate(context, tempFolder(), ['a.test'])] })
  const trustedProxies = new AddressList(['loopback'])
  const { port } = await listening({ tls: { certificates, http2: true }, proxyProtocol: true, trustedProxies })
  const socket = net.connect(port, '127.0.0.1')
  socket.write(v4)
  const secured = tls.connect({ socket, rejectUnauthorized: false })
  secured.write(REQUEST)
  const answer = await text(secured)
  expect(answer).toContain('"client":"203.0.113.7","isLocal":false,"secure":true')
})

test('keep-alive connections behind a proxy serve several requests', async () => {
  const { port, listener } = await listening({ proxyProtocol: true, trustedProxies: new AddressList(['loopback']) })
  const socket = net.connect(port, '127.0.0.1')
  socket.write(Buffer.concat([v4, Buffer.from('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n')]))
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => socket.once('data', resolve))
    socket.write('GET /n HTTP/1.1\r\nHost: a\r\n\r\n')
  }
  await new Promise((resolve) => socket.once('data', resolve))
  socket.destroy()
  expect(listener.counts).toMatchObject({ requests: 4, accepted: 1 })
})

test('a client is local only if nothing says otherwise: behind a proxy on this machine it must be named', async () => {
  const { port } = await listening({ trustedProxies: new AddressList(['loopback']) })
  const isLocal = async (headers: Record<string, string>) => (await ask(port, headers)).isLocal
  expect(await isLocal({})).toBe(true)
  expect(await isLocal({ 'x-forwarded-for': '127.0.0.1' })).toBe(true)
  for (const value of ['203.0.113.7', '127.0.0.1, 203.0.113.7', '127.0.0.1, unknown', `${'127.0.0.1,'.repeat(100)}203.0.113.7`])
    expect([value, await isLocal({ 'x-forwarded-for': value })]).toEqual([value, false])
  for (const name of BY_PROXIES) expect([name, await isLocal({ [name]: '127.0.0.1' })]).toEqual([name, false])
  expect(await isLocal({ via: '1.1 proxy', 'x-forwarded-for': '127.0.0.1' })).toBe(true)
})

const BY_PROXIES = [
  'Forwarded',
  'X-Real-IP',
  'x-forwarded-proto',
  'X-Forwarded-Scheme',
  'Via',
  'True-Client-IP',
  'CF-Connecting-IP',
  'CF-Connecting-IPv6',
  'Fly-Client-IP',
  'Forwarded-For',
  'X-AppEngine-User-IP',
  'X-Azure-ClientIP',
  'X-Forwarded',
  'X-Remote-IP',
]

test('no proxy that is not trusted can make its client local', async () => {
  const { port } = await listening({ trustedProxies: new AddressList([]) })
  for (const name of [...BY_PROXIES, 'X-Forwarded-For'])
    expect([name, (await ask(port, { [name]: '127.0.0.1' })).isLocal]).toEqual([name, false])
  for (const [name, isLocal] of [
    ['x-other', true],
    ['forwarded-by', true],
    ['x-requested-with', true],
  ] as const)
    expect([name, (await ask(port, { [name]: 'x' })).isLocal]).toEqual([name, isLocal])
})
