import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { HostTable } from '../../../runtime/src/application/host-table.ts'
import { answerRefused } from '../../../runtime/src/listener/refusal.ts'
import { Proxy } from '../../../runtime/src/router/proxy.ts'
import { type Instance, Targets } from '../../../runtime/src/router/targets.ts'
import { openListener } from '../../support/listener.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Upstream {
  readonly instance: Instance
  readonly server: http.Server
  stop(): Promise<void>
}

/** An instance on a Unix socket. */
async function upstream(name: string, handler: Handler): Promise<Upstream> {
  const socketPath = join(tempFolder(), `${name}.sock`)
  const server = http.createServer(handler)
  server.on('upgrade', (_request, socket, head) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n${name}:`)
    socket.write(head)
    socket.pipe(socket)
  })
  server.listen(socketPath)
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(async () => void (server.listening && (await stop())))
  return { instance: { name, address: { socketPath } }, server, stop }
}

interface Routed {
  readonly name: string
  readonly host: string
  readonly contextPath: string
  readonly targets: Targets
}

async function router(applications: readonly Omit<Routed, 'targets'>[], upstreams: Readonly<Record<string, readonly Upstream[]>>) {
  const routed = applications.map((application) => {
    const targets = new Targets()
    targets.set((upstreams[application.name] ?? []).map(({ instance }) => instance))
    return { ...application, targets }
  })
  const hosts = [...new Set(applications.map(({ host }) => host))].map((name) => ({ name, aliases: [] }))
  const table = new HostTable(hosts, routed)
  const failures: string[] = []
  const proxy = new Proxy({
    onUnavailable: (request, response, reason) => {
      failures.push(reason)
      if (reason === 'no_instance') answerRefused(request, response, reason)
      else response.writeHead(502).end()
    },
  })
  onTestFinished(() => proxy.close())
  const targetsOf = (request: IncomingMessage): Targets | undefined => table.find(request.headers.host, request.url ?? '/')?.targets
  const { port } = await openListener(
    (request, response) => {
      const targets = targetsOf(request)
      if (targets) proxy.request(targets, request, response)
      else answerRefused(request, response, 'no_application')
    },
    {},
    {
      acceptsUpgrade: () => true,
      upgrade: (request, socket, head) => proxy.upgrade(targetsOf(request) ?? new Targets(), request, socket, head),
    },
  )
  return { port, failures, proxy, targets: new Map(routed.map(({ name, targets }) => [name, targets])) }
}

const own =
  (name: string): Handler =>
  (request, response) => {
    response.setHeader('x-application', name)
    response.end(JSON.stringify({ name, url: request.url, headers: request.headers, method: request.method }))
  }

const at = (name: string, contextPath: string, host = 'server') => ({ name, host, contextPath })

test('no request of a keep-alive connection reaches another application, also when they are pipelined', async () => {
  const [a, b, c] = [await upstream('a', own('a')), await upstream('b', own('b')), await upstream('c', own('c'))]
  const { port } = await router([at('a', '/a'), at('b', '/b'), at('c', '', 'c.test')], { a: [a], b: [b], c: [c] })
  const socket = net.connect(port, '127.0.0.1')
  let answers = ''
  socket.on('data', (chunk) => (answers += String(chunk)))
  const wanted: string[] = []
  for (let n = 0; n < 300; n++) {
    const name = ['a', 'b', 'c'][(n * 7 + Math.floor(n / 5)) % 3] ?? 'a'
    wanted.push(`${name} /${name === 'c' ? '' : `${name}/`}${n}`)
    socket.write(`GET ${name === 'c' ? '' : `/${name}`}/${n} HTTP/1.1\r\nHost: ${name === 'c' ? 'c.test' : 'x'}\r\n\r\n`)
  }
  const found = await until(() => {
    const seen = [...answers.matchAll(/\{"name":"(\w)","url":"([^"]+)"/g)].map(([, name, url]) => `${name} ${url}`)
    return seen.length === wanted.length ? seen : undefined
  })
  socket.destroy()
  expect(found).toEqual(wanted)
})

test('headers of the connection stay here, and the instance learns client, host and protocol', async () => {
  const a = await upstream('a', own('a'))
  const { port } = await router([at('a', '')], { a: [a] })
  const response = await fetch(`http://127.0.0.1:${port}/x?y=1`, {
    headers: { 'x-forwarded-for': '203.0.113.7', 'x-kept': '1', te: 'trailers' },
  })
  const { headers, url } = (await response.json()) as { headers: Record<string, string>; url: string }
  expect(url).toBe('/x?y=1')
  expect(headers).toMatchObject({
    host: `127.0.0.1:${port}`,
    'x-forwarded-for': '203.0.113.7, 127.0.0.1',
    'x-forwarded-host': `127.0.0.1:${port}`,
    'x-forwarded-proto': 'http',
    'x-kept': '1',
  })
  expect(headers).not.toHaveProperty('te')
  expect(response.headers.get('x-application')).toBe('a')
})

test('bodies pass in both directions, whatever their form', async () => {
  const a = await upstream('a', (request, response) => {
    response.writeHead(201, { 'content-type': 'application/octet-stream' })
    request.pipe(response)
  })
  const { port } = await router([at('a', '')], { a: [a] })
  const body = Buffer.alloc(3_000_000, 'abc')
  const stated = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
  expect([stated.status, Buffer.from(await stated.arrayBuffer()).equals(body)]).toEqual([201, true])
  const chunked = http.request({ port, host: '127.0.0.1', method: 'PUT', path: '/' })
  for (let n = 0; n < 50; n++) chunked.write('x'.repeat(1000))
  chunked.end()
  const [answer] = (await once(chunked, 'response')) as [IncomingMessage]
  expect(await text(answer)).toHaveLength(50_000)
})

test('an upgraded connection is the instance’s from its first byte, and nobody else’s', async () => {
  const [a, b] = [await upstream('a', own('a')), await upstream('b', own('b'))]
  const { port } = await router([at('a', '/a'), at('b', '/b')], { a: [a], b: [b] })
  const say = async (name: string): Promise<string> => {
    const socket = net.connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.write(`GET /${name}/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly `)
    await until(() => answer.includes('early'))
    socket.write('late')
    await until(() => answer.endsWith('late'))
    socket.destroy()
    return answer.slice(answer.indexOf('\r\n\r\n') + 4)
  }
  expect(await Promise.all(['a', 'b', 'a', 'b'].map(say))).toEqual(['a:early late', 'b:early late', 'a:early late', 'b:early late'])
})

test('ready instances get requests in turn; one that is gone costs none', async () => {
  const [one, two] = [await upstream('a-1', own('a-1')), await upstream('a-2', own('a-2'))]
  const { port, targets, failures } = await router([at('a', '')], { a: [one, two] })
  const agent = new http.Agent({ keepAlive: true })
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) =>
      http
        .get(
          { port, host: '127.0.0.1', agent },
          (response) => void text(response).then(() => resolve(String(response.headers['x-application']))),
        )
        .on('error', reject),
    )
  const counts = new Map<string, number>()
  for (let n = 0; n < 20; n++) {
    const name = await ask()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  expect([counts.get('a-1'), counts.get('a-2')]).toEqual([10, 10])
  await one.stop()
  for (let n = 0; n < 20; n++) expect(await ask()).toBe('a-2')
  targets.get('a')?.set([])
  const refused = await fetch(`http://127.0.0.1:${port}/`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
  expect(failures).toEqual(['no_instance'])
  agent.destroy()
})

test('an instance that breaks off before it answers is 502, and the request is not repeated', async () => {
  let seen = 0
  const a = await upstream('a', (request) => {
    seen++
    request.socket.destroy()
  })
  const { port } = await router([at('a', '')], { a: [a] })
  expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'once' })).status).toBe(502)
  expect(seen).toBe(1)
})

test('a client that gives up is given up upstream', async () => {
  let aborted = false
  const a = await upstream('a', (request) => void request.on('aborted', () => (aborted = true)))
  const { port } = await router([at('a', '')], { a: [a] })
  const request = http.get({ port, host: '127.0.0.1' }).on('error', () => {})
  await until(() => a.server.listenerCount('request') === 1 && request.socket?.connecting === false)
  await new Promise(setImmediate)
  const connections = (): Promise<number> => new Promise((resolve) => a.server.getConnections((_error, count) => resolve(count)))
  await until(async () => (await connections()) === 1)
  request.destroy()
  await until(() => aborted)
})
