import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import type { ListenerLimits } from '../../../../runtime/process/src/listener/limits.ts'
import { refusalOf } from '../../../../runtime/process/src/listener/refusal.ts'
import { TlsCertificates } from '../../../../runtime/process/src/listener/tls-certificates.ts'
import { type CertificateFiles, makeCertificate } from '../../../support/certificates.ts'
import { openListener } from '../../../support/listener.ts'
import { requireTool } from '../../../support/require-tool.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

const echo: Handler = (request, response) => {
  response.setHeader('x-protocol', request.httpVersion)
  response.end(`${request.method} ${request.url} of ${request.headers.host}`)
}

interface SecureOptions {
  readonly onRequest?: Handler
  readonly limits?: Partial<ListenerLimits>
}

async function secure(certificates: readonly CertificateFiles[], { onRequest = echo, limits = {} }: SecureOptions = {}, isHttp2 = true) {
  const tlsOptions = { certificates: new TlsCertificates({ listener: 'https', certificates }), http2: isHttp2 }
  return await openListener(onRequest, { limits, tls: tlsOptions })
}

/** The name on the certificate that a client is shown. */
async function shown(port: number, servername?: string): Promise<string> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...(servername ? { servername } : {}) })
  await new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject))
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return `${String(subject.CN)} ${fingerprint256}`
}

async function session(port: number): Promise<http2.ClientHttp2Session> {
  const client = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  onTestFinished(() => client.destroy())
  await new Promise((resolve, reject) => client.on('connect', resolve).on('error', reject))
  return client
}

async function ask(client: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, body?: string | Buffer) {
  const stream = client.request(headers, { endStream: body === undefined })
  const answered = new Promise<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader>((resolve, reject) =>
    stream.on('response', resolve).on('error', reject),
  )
  if (body !== undefined) stream.end(body)
  return { headers: await answered, body: await text(stream) }
}

test('each name gets its certificate: the exact one, a wildcard for one label, the first for all others', async (context) => {
  const folder = tempFolder()
  const [first, other] = [makeCertificate(context, folder, ['a.test', 'www.a.test']), makeCertificate(context, folder, ['*.b.test'], 'b')]
  const { port } = await secure([first, other])
  for (const name of ['a.test', 'WWW.a.test', 'unknown.test', 'x.y.b.test', undefined]) expect(await shown(port, name)).toMatch(/^a\.test /)
  expect(await shown(port, 'x.b.test')).toMatch(/^\*\.b\.test /)
})

test('a renewed certificate is shown to new connections without a restart; a broken file changes nothing', async (context) => {
  const folder = tempFolder()
  const files = makeCertificate(context, folder, ['a.test'])
  const { port, listener } = await secure([files])
  const before = await shown(port, 'a.test')
  expect(listener.reloadCertificates()).toBe(false)
  makeCertificate(context, folder, ['a.test'])
  expect(listener.reloadCertificates()).toBe(true)
  const after = await shown(port, 'a.test')
  expect(after).not.toBe(before)
  writeFileSync(files.certificate, 'no certificate')
  expect(() => listener.reloadCertificates()).toThrow(expect.objectContaining({ code: 'SPY_TLS_INVALID' }))
  rmSync(files.key)
  expect(() => listener.reloadCertificates()).toThrow(expect.objectContaining({ code: 'SPY_TLS_UNREADABLE' }))
  expect(await shown(port, 'a.test')).toBe(after)
})

test('a key of another certificate is refused', (context) => {
  const folder = tempFolder()
  const [a, b] = [makeCertificate(context, folder, ['a.test']), makeCertificate(context, folder, ['b.test'])]
  const certificates = [{ certificate: a.certificate, key: b.key }]
  expect(() => new TlsCertificates({ listener: 'https', certificates })).toThrow(expect.objectContaining({ code: 'SPY_TLS_INVALID' }))
})

test('a client chooses HTTP/2 or HTTP/1.1 by ALPN, and both see the same application', async (context) => {
  const curl = requireTool(context, 'curl')
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])])
  const run = (version: string) =>
    promisify(execFile)(curl, [
      '-sk',
      version,
      '-w',
      '|%{http_version}',
      '--resolve',
      `a.test:${port}:127.0.0.1`,
      `https://a.test:${port}/x?y=1`,
    ])
  expect((await run('--http2')).stdout).toBe(`GET /x?y=1 of a.test:${port}|2`)
  expect((await run('--http1.1')).stdout).toBe(`GET /x?y=1 of a.test:${port}|1.1`)
})

test('without HTTP/2 in the settings it is not offered', async (context) => {
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {}, false)
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] })
  await new Promise((resolve) => socket.on('secureConnect', resolve))
  expect(socket.alpnProtocol).toBe('http/1.1')
  socket.destroy()
})

test('an HTTP/2 request whose Host is not its authority is refused (RFC 9113 section 8.3.1)', async (context) => {
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])])
  const client = await session(port)
  const status = async (host: string) => (await ask(client, { ':path': '/', ':authority': 'a.test', host })).headers[':status']
  expect([await status('a.test'), await status('A.TEST'), await status('b.test')]).toEqual([200, 200, 400])
})

test('an HTTP/2 request has a method and an address as HTTP/1.1 knows them: what routers would read as another one is refused', async (context) => {
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])])
  const client = await session(port)
  const status = async (method: string, path: string) =>
    (await ask(client, { ':method': method, ':path': path, ':authority': 'a.test' })).headers[':status']
  expect([await status('GET', '/admin?x=%C2%A0'), await status('OPTIONS', '*')]).toEqual([200, 200])
  expect([await status('get', '/admin'), await status('GET', '/admin\u00A0'), await status('GET', '/\u00E9')]).toEqual([400, 400, 400])
})

test('an HTTP/2 request reaches the application as an ordinary one: body, headers, cookies, trailers of its end', async (context) => {
  const seen: http.IncomingMessage[] = []
  const { port, listener } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {
    onRequest: (request, response) => {
      seen.push(request)
      response.writeHead(201, { 'Content-Type': 'text/plain', Connection: 'keep-alive', 'Set-Cookie': ['a=1', 'b=2'], 'X-Name': 'é' })
      response.flushHeaders()
      request.pipe(response)
    },
  })
  const client = await session(port)
  const body = Buffer.alloc(300_000, 'x')
  const headers = { ':method': 'POST', ':path': '/up', cookie: ['c=1', 'd=2'], 'x-many': ['1', '2'] }
  const answer = await ask(client, headers, body)
  expect(answer.headers).toMatchObject({ ':status': 201, 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] })
  expect(answer.headers).not.toHaveProperty('connection')
  expect(answer.body).toHaveLength(300_000)
  expect(seen[0]).toBeInstanceOf(http.IncomingMessage)
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/up', httpVersion: '2.0' })
  expect(seen[0]?.headers).toMatchObject({ host: `127.0.0.1:${port}`, cookie: 'c=1; d=2', 'x-many': '1, 2' })
  expect(seen[0]?.socket).toMatchObject({ encrypted: true, remoteAddress: '127.0.0.1' })
  expect(listener.counts).toMatchObject({ requests: 1, connections: 1, accepted: 1 })
})

test('many requests of one HTTP/2 connection are served side by side, each with its own answer', async (context) => {
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {
    onRequest: (request, response) => void setTimeout(() => response.end(request.url), Number(request.url?.slice(1)) % 7),
  })
  const client = await session(port)
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => ask(client, { ':path': `/${n}` })))
  expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, n) => `/${n}`))
})

test('HEAD, 204, 304 and interim responses have no body over HTTP/2', async (context) => {
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {
    onRequest: (request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.writeHead(Number(request.url?.slice(1)), { 'x-a': 'b' })
      response.end(request.method === 'HEAD' ? 'left out' : undefined)
    },
  })
  const client = await session(port)
  for (const headers of [{ ':method': 'HEAD', ':path': '/200' }, { ':path': '/204' }, { ':path': '/304' }]) {
    const answer = await ask(client, headers)
    expect(answer.headers).toMatchObject({ ':status': Number(headers[':path'].slice(1)), 'x-a': 'b' })
    expect(answer.body).toBe('')
  }
})

test('an HTTP/2 client that gives up is an aborted request and response', async (context) => {
  const events: string[] = []
  const { port } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {
    onRequest: (request, response) => {
      request.on('aborted', () => events.push('aborted'))
      response.on('close', () => events.push(`close ${response.writableFinished}`))
      request.resume()
      events.push('came')
    },
  })
  const client = await session(port)
  const stream = client.request({ ':method': 'POST', ':path': '/' }, { endStream: false })
  stream.on('error', () => {})
  await until(() => events.includes('came'))
  client.destroy()
  await until(() => events.length === 3)
  expect(events).toEqual(expect.arrayContaining(['came', 'aborted', 'close false']))
})

test('limits hold over HTTP/2: an upload that stops, and a body that is too large', async (context) => {
  const responses: http.ServerResponse[] = []
  const { port, listener } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {
    limits: { bodyTimeoutMs: 150, bodyMinBytes: 4, maxBodyBytes: 1000 },
    onRequest: (request, response) => {
      responses.push(response)
      request.resume().on('end', () => response.end('served'))
    },
  })
  const client = await session(port)
  const stream = client.request({ ':method': 'POST', ':path': '/stops' }, { endStream: false })
  stream.on('error', () => {})
  stream.write('abc')
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve))
  expect(headers[':status']).toBe(408)
  expect(refusalOf(responses[0] ?? {})).toEqual({ reason: 'request_body_timeout', status: 408 })
  expect((await ask(client, { ':method': 'POST', ':path': '/large', 'content-length': '5000' }, 'x'.repeat(5000))).headers[':status']).toBe(
    413,
  )
  expect((await ask(client, { ':method': 'POST', ':path': '/longer' }, 'x'.repeat(5000))).headers[':status']).toBe(413)
  expect((await ask(client, { ':method': 'POST', ':path': '/fits' }, 'x'.repeat(1000))).body).toBe('served')
  expect(listener.counts).toMatchObject({ timedOut: 1, malformed: 2 })
})

test('a drain lets HTTP/2 requests end and takes no new ones', async (context) => {
  let finish = (): void => {}
  const { port, listener } = await secure([makeCertificate(context, tempFolder(), ['a.test'])], {
    onRequest: (_request, response) => (finish = () => response.end('done')),
  })
  const client = await session(port)
  const answer = ask(client, { ':path': '/' })
  await until(() => listener.counts.requests === 1)
  const goaway = new Promise((resolve) => client.on('goaway', resolve))
  const drained = listener.drain(10_000)
  await goaway
  finish()
  expect((await answer).body).toBe('done')
  expect(await drained).toBe(0)
})

test('connections over TLS are counted while they are open', async (context: TestContext) => {
  const { port, listener } = await secure([makeCertificate(context, tempFolder(), ['a.test'])])
  const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false })
  await new Promise((resolve) =>
    https.get({ port, host: '127.0.0.1', agent, path: '/' }, (response) => response.resume().on('end', resolve)),
  )
  expect(listener.counts).toMatchObject({ connections: 1, accepted: 1, requests: 1 })
  expect(listener.counts.bytesSent).toBeGreaterThan(50)
  agent.destroy()
  await until(() => listener.counts.connections === 0)
  const plain = await fetch(`http://127.0.0.1:${port}/`) // no TLS: it is told so, and nobody else is affected
  expect([plain.status, await plain.json()]).toMatchObject([400, { code: 'SPY_TLS_EXPECTED' }])
  expect(await shown(port)).toContain('a.test')
})
