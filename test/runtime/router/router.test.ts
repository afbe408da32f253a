/** The router with real applications and real clients: what each of them sees. */
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { readFileSync, renameSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { TlsCertificates } from '../../../runtime/process/src/listener/tls-certificates.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { bodiesOf, echo, exchange, logsIn, openRouter, privateApplication, rawApplication } from '../../support/routed.ts'
import { until } from '../../support/until.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const named =
  (name: string) =>
  (request: http.IncomingMessage, response: http.ServerResponse): void =>
    void response.end(JSON.stringify({ name, url: request.url }))

async function request(port: number, options: http.RequestOptions = {}, body?: string | Buffer) {
  const sent = http.request({ host: '127.0.0.1', port, agent: false, ...options })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage]
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

async function logged(logs: string, application: string, count: number): Promise<Record<string, unknown>[]> {
  return await until(() => {
    const lines = readFileSync(join(logs, `${application}.log`), 'utf8')
      .trim()
      .split('\n')
    return lines.length >= count && lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  })
}

test('every request of a connection goes where its own host and path lead, also when many are sent ahead', async () => {
  const [a, b, c] = [await privateApplication(named('a')), await privateApplication(named('b')), await privateApplication(named('c'))]
  const { port } = await openRouter(
    [
      { path: a.path, contextPath: '/a' },
      { path: b.path, contextPath: '/a/b' },
      { path: c.path, host: 'c.test' },
    ],
    {},
    { 'c.test': ['*.c.example'] },
  )
  const places = [
    ['a', '/a', 'x'],
    ['b', '/a/b', 'x'],
    ['c', '', 'C.test:80'],
    ['c', '/a', 'www.c.example'],
    ['a', '/a/bc', 'y'],
  ] as const
  const asked = Array.from({ length: 300 }, (_, n) => [...places[(n * 7 + Math.floor(n / 5)) % places.length]!, n] as const)
  const requests = asked.map(
    ([, path, host, n]) => `GET ${path}/${n} HTTP/1.1\r\nHost: ${host}\r\n${n === 299 ? 'Connection: close\r\n' : ''}\r\n`,
  )
  const answers = bodiesOf(await exchange(port, requests.join('')))
  expect(answers).toEqual(asked.map(([name, path, , n]) => JSON.stringify({ name, url: `${path}/${n}` })))
})

test('an application sees the client and what it sent, and nothing of the router', async () => {
  const { path } = await privateApplication(echo)
  const { port } = await openRouter([{ path }])
  const agent = new http.Agent({ localAddress: '127.0.0.7' })
  const { body, headers } = await request(port, {
    agent,
    path: '/x?y=z',
    headers: { 'X-Spyglass-Peer': '6.6.6.6 6.6.6.6 1 1 1 -', Connection: 'X-Secret', 'X-Secret': '1' },
  })
  const seen = JSON.parse(body) as { headers: Record<string, string>; remoteAddress: string; url: string }
  expect(seen).toMatchObject({ url: '/x?y=z', remoteAddress: '127.0.0.7', httpVersion: '1.1' })
  expect(seen.headers).toEqual({
    host: `127.0.0.1:${port}`,
    'x-forwarded-for': '127.0.0.7',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': `127.0.0.1:${port}`,
  })
  expect(headers['keep-alive']).toBe('timeout=72')
})

test('a trusted proxy is believed; the connection of the application has its address', async () => {
  const { path } = await privateApplication(echo)
  const { port } = await openRouter([{ path }])
  const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/p' }
  const { body } = await request(port, { headers: forwarded })
  expect(JSON.parse(body)).toMatchObject({ remoteAddress: '127.0.0.1', headers: forwarded })
})

test('bodies of any size and framing pass in both directions, and slow readers hold nobody up', async () => {
  const { path } = await privateApplication((req, res) => void req.pipe(res))
  const { port } = await openRouter([{ path }])
  const big = Buffer.alloc(3_000_000, 'spyglass')
  const whole = await request(port, { method: 'POST', headers: { 'content-length': big.length } }, big)
  expect(whole.body === big.toString()).toBe(true)
  const chunked = http.request({ host: '127.0.0.1', port, method: 'PUT', agent: false })
  chunked.flushHeaders()
  const [response] = await Promise.all([
    once(chunked, 'response').then(([answer]) => answer as http.IncomingMessage),
    (async () => {
      for (let at = 0; at < big.length; at += 100_000) if (!chunked.write(big.subarray(at, at + 100_000))) await once(chunked, 'drain')
      chunked.end()
    })(),
  ])
  expect(response.headers['transfer-encoding']).toBe('chunked')
  expect((await text(response)) === big.toString()).toBe(true)
})

test('a client that reads nothing makes the application wait', async () => {
  let written = 0
  const { path } = await privateApplication((_request, response) => {
    const more = (): void => {
      while (written < 400_000_000) {
        written += 65_536
        if (!response.write(Buffer.alloc(65_536))) return
      }
    }
    response.on('drain', more)
    more()
  })
  const { port } = await openRouter([{ path }])
  const socket = net.connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  let before = -1
  await until(() => {
    const isStill = written > 0 && written === before
    before = written
    return isStill
  })
  expect(written).toBeLessThan(100_000_000)
})

test('HEAD, 204, 304, HTTP/1.0, and an answer that ends with its connection', async () => {
  const app = await privateApplication((req, res) => {
    if (req.url === '/none') res.writeHead(204).end()
    else if (req.url === '/same') res.writeHead(304, { etag: '"a"' }).end()
    else res.writeHead(200, { 'content-length': 5 }).end(req.method === 'HEAD' ? undefined : 'hello')
  })
  const raw = await rawApplication((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nX-Raw: 1\r\n\r\nuntil the end')))
  const { port } = await openRouter([{ path: app.path }, { path: raw, contextPath: '/raw' }])
  const last = 'Host: a\r\nConnection: close\r\n\r\n'
  const piped = await exchange(
    port,
    `HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /same HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n${last}`,
  )
  expect(piped.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 304', 'HTTP/1.1 200'])
  expect(piped).toMatch(/hello$/)
  expect(await exchange(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200[^]*connection: close[^]*hello$/i)
  const untilEnd = await exchange(port, 'GET /raw HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(untilEnd).toMatch(/X-Raw: 1\r\nconnection: close\r\n\r\nuntil the end$/)
})

test('100 Continue comes from the application, and so does its answer before the body is whole', async () => {
  const app = await privateApplication((req, res) => {
    if (req.url === '/refused') res.writeHead(413, { connection: 'close' }).end('too much')
    else echo(req, res)
  })
  const { port } = await openRouter([{ path: app.path }])
  const sent = http.request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    headers: { expect: '100-continue', 'content-length': 2 },
    agent: false,
  })
  sent.flushHeaders()
  await once(sent, 'continue')
  sent.end('ok')
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage]
  expect(JSON.parse(await text(response))).toMatchObject({ body: 'ok' })
  const early = await exchange(port, 'POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc')
  expect(early).toMatch(/^HTTP\/1\.1 413[^]*connection: close[^]*too much\r\n0\r\n\r\n$/i)
})

test('an upgraded connection is a tunnel, for any protocol', async () => {
  const app = await privateApplication(echo)
  app.server.on('application-upgrade', (_request, socket: net.Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst')
    socket.pipe(socket)
  })
  const { port } = await openRouter([{ path: app.path, contextPath: '/ws' }])
  const request = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`${request}sent ahead`)
  socket.once('data', () => socket.end(', sent behind'))
  expect(await text(socket)).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nfirstsent ahead, sent behind',
  )
})

test('1012 reaches a client of WebSocket between two frames', async () => {
  const app = await privateApplication(echo)
  app.server.on('application-upgrade', (_request, socket: net.Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.write(Buffer.from([0x81, 2, 0x68, 0x69]))
  })
  const { router, listener, port } = await openRouter([{ path: app.path }])
  const socket = net.connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk)).on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await until(() => Buffer.concat(received).includes('hi'))
  expect(router.upgrades.open).toBe(1)
  void listener.drain(3000)
  router.drain()
  await until(() => Buffer.concat(received).includes(Buffer.from([0x88, 2, 0x03, 0xf4])))
})

test('an application that is down answers 503 with Retry-After at once, one line of its log each; the others go on', async () => {
  const good = await privateApplication(named('good'))
  const { router, port, logs } = await openRouter([
    { application: 'shop', path: join(tempFolder(), 'nobody.sock'), contextPath: '/shop' },
    { application: 'good', path: good.path },
  ])
  const down = await request(port, { path: '/shop/cart?id=1', headers: { 'user-agent': 'tester' } })
  expect([down.status, down.headers['retry-after'], JSON.parse(down.body).code]).toEqual([503, '2', 'SPY_NO_INSTANCE'])
  expect((await request(port, { path: '/' })).status).toBe(200)
  const disabled = { application: 'off', host: 'server', contextPath: '/off' }
  router.routes.set({
    hosts: [],
    accessLogs: logsIn(logs, ['shop', 'good', 'off']),
    routes: [disabled, { application: 'good', host: 'server', contextPath: '/', path: good.path }],
  })
  expect(JSON.parse((await request(port, { path: '/off/x' })).body).code).toBe('SPY_APPLICATION_DISABLED')
  router.routes.setStates({ [good.path]: 'down' })
  expect((await request(port, { path: '/' })).status).toBe(503)
  expect((await request(port, { path: '/ready' })).status).toBe(503)
  router.routes.setStates({})
  expect((await request(port, { path: '/' })).status).toBe(200)
  expect(await logged(logs, 'shop', 1)).toMatchObject([
    {
      'http.request.method': 'GET',
      'url.path': '/shop/cart',
      'url.query': 'id=1',
      'http.response.status_code': 503,
      'user_agent.original': 'tester',
      'error.type': 'no_instance',
    },
  ])
})

test('requests that wait to be accepted are answered when nobody will come', async () => {
  const path = join(tempFolder(), 'a.sock')
  const server = net.createServer({ pauseOnConnect: true })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { router, port } = await openRouter([{ path }])
  const answer = request(port, { method: 'POST' }, 'x')
  await until(() => router.routes.find('', '/')?.upstream?.connections === 1)
  router.routes.setStates({ [path]: 'down' })
  expect((await answer).status).toBe(503)
})

test('a request that was on its way when its application left is answered that there is none, not that a gateway failed', async () => {
  const sockets: net.Socket[] = []
  const path = await rawApplication((socket) => void sockets.push(socket))
  const { port, router } = await openRouter([{ path }])
  const answer = request(port)
  await until(() => sockets.length === 1)
  router.routes.set({ hosts: [], routes: [], accessLogs: {} })
  sockets[0]?.destroy() // as the kernel does with those that nobody has accepted
  expect((await answer).status).toBe(404)
})

test('an application that breaks off before its answer: 502; in the middle of it: the client sees that it is not whole', async () => {
  const path = await rawApplication((socket) =>
    socket.once('data', (data) => {
      if (String(data).startsWith('GET /half')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy())
      else if (String(data).startsWith('GET /wrong')) socket.write('HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\na')
      else socket.destroy()
    }),
  )
  const { port } = await openRouter([{ path }])
  expect((await request(port)).status).toBe(502)
  expect((await request(port, { path: '/wrong' })).status).toBe(502)
  await expect(request(port, { path: '/half' })).rejects.toThrow(/aborted|terminated/i)
})

test('a kept connection that breaks just then: what may be repeated is, once; what may not is not', async () => {
  const seen: string[] = []
  const path = await rawApplication((socket) => {
    let count = 0
    socket.on('data', (data) => {
      seen.push(String(data).split(' ', 1)[0] ?? '')
      if (++count === 2) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  const { port } = await openRouter([{ path }])
  const statuses = []
  for (const method of ['GET', 'GET', 'POST']) statuses.push((await request(port, { method })).status)
  expect([statuses, seen]).toEqual([
    [200, 200, 502],
    ['GET', 'GET', 'GET', 'POST'],
  ])
})

test('an instance is replaced under load: no request fails, whatever its method', async () => {
  const folder = tempFolder()
  const path = join(folder, 'a.sock')
  /** New connections go to it from now on. */
  const begin = async (generation: number) => {
    const application = await privateApplication(echo, join(folder, `${generation}.sock`))
    renameSync(application.path, path)
    return application
  }
  let serving = await begin(0)
  const { port } = await openRouter([{ path }])
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  onTestFinished(() => agent.destroy())
  let [answered, isOver] = [0, false]
  const failures: unknown[] = []
  const client = async (): Promise<void> => {
    while (!isOver) {
      const answer = await request(port, { agent, method: 'POST' }, 'hello').catch((error: unknown) => error)
      if (!(answer instanceof Error) && (answer as { status: number }).status === 200) answered++
      else failures.push(answer)
    }
  }
  const clients = Array.from({ length: 8 }, client)
  for (let generation = 1; generation <= 10; generation++) {
    const before = answered
    const next = await begin(generation)
    await until(() => answered > before + 20) // what waited for the old one has been accepted
    expect(await serving.listener.drain(20_000)).toBe(0)
    serving = next
  }
  isOver = true
  await Promise.all(clients)
  expect(failures).toEqual([])
})

test('what cannot be read is refused, logged and counted, and the connection ends', async () => {
  const { path } = await privateApplication(echo)
  const { listener, port, logs } = await openRouter([{ path }], { limits: { maxHeaderBytes: 2000, headersTimeoutMs: 300 } })
  const bad = await exchange(
    port,
    'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  )
  expect(bad.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
  expect(await exchange(port, `GET / HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(3000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/)
  expect(await exchange(port, 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n')).toMatch(/^HTTP\/1\.1 400/)
  expect(await exchange(port, 'GET / HTTP/1.1\r\nHos')).toMatch(/^HTTP\/1\.1 408/)
  expect(await exchange(port, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n')).toMatch(
    /^HTTP\/1\.1 400/,
  )
  expect(listener.counts).toMatchObject({ refused: 5, timedOut: 1, malformed: 4 })
  expect((await logged(logs, '_server', 4)).map((line) => line['http.response.status_code'])).toEqual([400, 431, 400, 408])
})

test('a client that ends before its last request is whole gets the answers to the others', async () => {
  const { path } = await privateApplication(echo)
  const { port } = await openRouter([{ path }])
  const socket = net.connect(port, '127.0.0.1')
  socket.end('GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf')
  expect(bodiesOf(await text(socket)).map((body) => (JSON.parse(body) as { url: string }).url)).toEqual(['/a'])
})

test('health, redirects and unknown paths are answered here', async () => {
  const { path } = await privateApplication(echo)
  const { port, logs } = await openRouter([{ path, contextPath: '/app' }])
  const answers = await exchange(
    port,
    'GET /health HTTP/1.1\r\nHost: a\r\n\r\nHEAD /ready HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404'])
  expect(await logged(logs, '_server', 1)).toMatchObject([{ 'url.path': '/none', 'http.response.status_code': 404 }])
  const redirecting = await openRouter([{ path }], { redirectPort: 8443 })
  const { status, headers } = await request(redirecting.port, { path: '/x', headers: { host: 'a.test:80' } })
  expect([status, headers.location]).toEqual([308, 'https://a.test:8443/x'])
})

test('where a certificate is asked for, a client without one gets nothing but health', async () => {
  const { path } = await privateApplication(echo)
  const { port } = await openRouter([{ path }], { needsCertificate: true })
  expect((await request(port)).status).toBe(403)
  expect((await request(port, { path: '/health' })).status).toBe(200)
})

test('no listener is left behind on a connection that serves many requests', async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning.message)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const { path } = await privateApplication(echo)
  const { port } = await openRouter([{ path }])
  const many = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok'.repeat(50)
  const answers = await exchange(port, `${many}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(bodiesOf(answers)).toHaveLength(51)
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings).toEqual([])
})

test('clients of HTTP/2 and of TLS reach applications as all others do', async (context) => {
  const app = await privateApplication((req, res) => {
    if (req.url === '/secure')
      res.end(JSON.stringify({ encrypted: (req.socket as { encrypted?: boolean }).encrypted, version: req.httpVersion }))
    else if (req.url === '/none') res.writeHead(204).end()
    else echo(req, res)
  })
  const certificate = makeCertificate(context, tempFolder(), ['a.test'])
  const certificates = new TlsCertificates({ listener: 'http', certificates: [certificate] })
  const { port, listener } = await openRouter([{ path: app.path, contextPath: '/' }], { tls: { certificates, http2: true } })
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  onTestFinished(() => session.destroy())
  const ask = async (headers: http2.OutgoingHttpHeaders, body?: string) => {
    const stream = session.request(headers)
    stream.end(body)
    const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
    return { status: answer[':status'], body: await text(stream) }
  }
  const posted = await ask({ ':path': '/x', ':method': 'POST', ':authority': 'a.test' }, 'hello')
  expect(JSON.parse(posted.body)).toMatchObject({
    body: 'hello',
    httpVersion: '2.0',
    headers: { host: 'a.test', 'x-forwarded-proto': 'https' },
  })
  expect(JSON.parse((await ask({ ':path': '/secure' })).body)).toEqual({ encrypted: true, version: '2.0' })
  expect((await ask({ ':path': '/none' })).status).toBe(204)
  expect((await ask({ ':path': '/health' })).status).toBe(200)
  expect(listener.counts.requests).toBe(4)
  const secure = await new Promise<string>((resolve, reject) => {
    https.get(
      { host: '127.0.0.1', port, path: '/secure', rejectUnauthorized: false, agent: false },
      (answer) => void text(answer).then(resolve, reject),
    )
  })
  expect(JSON.parse(secure)).toEqual({ encrypted: true, version: '1.1' })
})
