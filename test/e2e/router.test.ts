/**
 * Several applications with processes of their own on one port, behind a router: no request reaches the wrong one and none fails, while applications and the
 * router are reloaded, deployed and removed.
 */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { bodiesOf } from '../support/routed.ts'
import { serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const data = mkdtempSync(join(tmpdir(), 'spyglass-router-'))
const LISTENER = 8080
const SOLO = 8300

/** Says who it is, what it was asked and what came with it; speaks WebSocket; ends when it is told. */
const PROGRAM = `
const http = require('node:http')
const { createHash } = require('node:crypto')
const name = require('./package.json').name
const server = http.createServer((request, response) => {
  if (request.url.endsWith('/die')) process.exit(3)
  const { MODE: mode, NODE_ENV: nodeEnv } = process.env
  if (request.url.endsWith('/place')) return response.end(JSON.stringify({ mode, nodeEnv, folder: process.cwd() }))
  let body = ''
  request.on('data', (chunk) => (body += chunk)).on('end', () => response.end(JSON.stringify({ name, url: request.url, body, pid: process.pid })))
})
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n')
  socket.write(Buffer.concat([Buffer.from([0x81, name.length]), Buffer.from(name)]))
  socket.on('error', () => {})
})
server.listen(3000)
`

function programAt(name: string): string {
  const folder = join(data, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.cjs' }))
  writeFileSync(join(folder, 'index.cjs'), PROGRAM)
  return folder
}

let suite: Suite
let port: number
let soloPort: number

beforeAll(async () => {
  const settings = {
    listeners: [
      { name: 'http', port: LISTENER },
      { name: 'solo', port: SOLO },
    ],
    hosts: [{ name: 'docs.test' }, { name: 'other.test' }],
    applications: [
      { name: 'shop', folder: programAt('shop'), contextPath: '/shop', replicas: 2, environment: { MODE: 'sell' } },
      { name: 'blog', folder: programAt('blog'), contextPath: '/shop/blog', environment: { MODE: 'write' } },
      { name: 'docs', folder: programAt('docs'), host: 'docs.test' },
      { name: 'single', folder: programAt('single'), contextPath: '/single', listener: 'solo' },
    ],
  }
  suite = await startSuite(data, settings, [], serverAlone)
  const portOf = (name: string): number => suite.config.listeners.find((listener) => listener.name === name)?.port ?? 0
  port = portOf('http')
  soloPort = portOf('solo')
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(data, { recursive: true, force: true })
})

interface Place {
  readonly name: string
  readonly host: string
  readonly path: string
}

const places: readonly Place[] = [
  { name: 'shop', host: 'any.test', path: '/shop' },
  { name: 'blog', host: 'any.test', path: '/shop/blog' },
  { name: 'docs', host: 'docs.test', path: '' },
]

/** Sends batches of requests to changing places on one connection, several ahead at a time, and makes a new connection when the server closes it in between. */
class MixedClient {
  answered = 0
  readonly wrong: string[] = []
  isOver = false
  readonly #port: number
  readonly #places: readonly Place[]

  constructor(at: number, to: readonly Place[]) {
    this.#port = at
    this.#places = to
  }

  async run(): Promise<void> {
    for (let batch = 0; !this.isOver; batch++) {
      const socket = net.connect(this.#port, '127.0.0.1')
      socket.on('error', (error) => this.wrong.push(error.message))
      await once(socket, 'connect')
      while (!this.isOver && (await this.#batch(socket, ++batch)));
      socket.destroy()
    }
  }

  /** Whether the connection is good for another one. A close between answers is the server's right: what it did not answer is asked again. */
  async #batch(socket: net.Socket, batch: number): Promise<boolean> {
    const asked = Array.from({ length: 1 + (batch % 4) }, (_, at) => ({
      ...this.#places[(batch * 7 + at) % this.#places.length]!,
      mark: `${batch}-${at}`,
    }))
    const bytes = asked.map(({ host, path, mark }, at) => {
      const head = `${path}/${mark} HTTP/1.1\r\nHost: ${host}\r\n`
      return at === asked.length - 1 ? `POST ${head}Content-Length: ${mark.length}\r\n\r\n${mark}` : `GET ${head}\r\n`
    })
    let answer = ''
    const take = (chunk: Buffer): void => void (answer += chunk.toString('latin1'))
    socket.on('data', take)
    socket.write(bytes.join(''))
    let hasClosed = socket.closed
    const onClose = (): void => void (hasClosed = true)
    socket.once('close', onClose)
    const bodies = await until(() => {
      const found = bodiesOf(answer)
      return (found.length === asked.length || hasClosed) && found
    })
    socket.off('data', take).off('close', onClose)
    for (const [at, body] of bodies.entries()) this.#judge(asked[at]!, body, answer)
    const isLast = /connection: close/i.test(answer)
    if (bodies.length < asked.length && !isLast) this.wrong.push(`no answer to ${asked[bodies.length]?.mark}: ${answer.slice(-200)}`)
    return !isLast && !hasClosed
  }

  #judge({ name, mark }: Place & { readonly mark: string }, body: string, answer: string): void {
    const isRight = body.startsWith(`{"name":"${name}","url":"/${mark}"`)
    if (isRight) this.answered++
    else this.wrong.push(`${name} ${mark}: ${body.slice(0, 200)} ${answer.slice(0, 100)}`)
  }
}

function load(clients: number, at: number, to: readonly Place[]) {
  const all = Array.from({ length: clients }, () => new MixedClient(at, to))
  const running = all.map((client) => client.run())
  const stop = async (): Promise<{ answered: number; wrong: readonly string[] }> => {
    for (const client of all) client.isOver = true
    await Promise.all(running)
    return { answered: answered(), wrong: all.flatMap(({ wrong }) => wrong) }
  }
  const answered = (): number => all.reduce((sum, client) => sum + client.answered, 0)
  onTestFinished(async () => void (await stop()))
  return { stop, answered }
}

async function reload(name: string): Promise<void> {
  const { code, stderr } = await suite.run('reload', name)
  expect([code, stderr]).toEqual([0, ''])
}

test('applications of one listener have the environment of their own, their folder as working directory, and NODE_ENV=production', async () => {
  const placeOf = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}${path}/place`)).json()
  expect(await placeOf('/shop')).toEqual({ mode: 'sell', nodeEnv: 'production', folder: join(data, 'shop') })
  expect(await placeOf('/shop/blog')).toEqual({ mode: 'write', nodeEnv: 'production', folder: join(data, 'blog') })
})

test('no request goes wrong or fails while applications and the router are reloaded', async () => {
  const clients = load(12, port, places)
  await until(() => clients.answered() > 100)
  for (const name of ['shop', 'blog', 'router-http', 'docs', 'router-http', 'shop']) {
    const before = clients.answered()
    await reload(name)
    await until(() => clients.answered() > before + 100)
  }
  const { answered, wrong } = await clients.stop()
  expect(wrong).toEqual([])
  const lines = await until(() => {
    const found = ['shop', 'blog', 'docs'].flatMap(
      (name) =>
        readFileSync(join(suite.data, 'logs', 'access', `${name}.log`), 'utf8')
          .trim()
          .split('\n')
          .filter((line) => !line.includes('/place"')), // of the test before
    )
    return found.length >= answered && found
  })
  expect(lines).toHaveLength(answered) // one each
  expect(new Set(lines.map((line) => (JSON.parse(line) as { 'client.address': string })['client.address']))).toEqual(new Set(['127.0.0.1']))
})

/** What a client may see of a router that was killed: its connection is cut, or nobody serves the listener yet. */
const CUT = /ECONNRESET|EPIPE|^no answer to|SPY_NO_INSTANCE/

test('a router that is killed again and again is back each time; what was under way is cut, and no request reaches the wrong application', async () => {
  const clients = load(8, port, places)
  for (let kill = 0; kill < 6; kill++) {
    const before = clients.answered()
    process.kill(suite.pidOf('router-http'), 'SIGKILL')
    await until(() => clients.answered() > before + 50) // more than were under way
  }
  const { wrong } = await clients.stop()
  expect(wrong.filter((each) => !CUT.test(each))).toEqual([])
  expect(wrong.length).toBeGreaterThan(0)
})

test('status, the MBean and Prometheus show the router as a process of its own', async () => {
  const { stdout } = await suite.run('status')
  expect(stdout).toMatch(/instance router-http {2}ready .*isolation router/)
  expect(stdout).not.toContain('router-solo')
  const metrics = await (await fetch(`${suite.urls.management}/metrics`)).text()
  expect(metrics.includes('"router-http"')).toBe(true)
})

test('an application that crashes answers 503 with Retry-After or 502, and the others go on', async () => {
  const others = load(4, port, places.slice(0, 2))
  for (let attempt = 0; attempt < 6; attempt++) {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.end('POST /die HTTP/1.1\r\nHost: docs.test\r\nConnection: close\r\n\r\n')
    await once(socket, 'close')
  }
  const answer = await until(async () => {
    const socket = net.connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += String(chunk))).on('error', () => {})
    socket.write('GET /x HTTP/1.1\r\nHost: docs.test\r\nConnection: close\r\n\r\n')
    await once(socket, 'close')
    return text.startsWith('HTTP/1.1 200') && text
  })
  expect(answer).toContain('"name":"docs"')
  expect((await others.stop()).wrong).toEqual([])
})

test('WebSocket clients of an application are told to come again when it is reloaded, and all of them when the router is', async () => {
  const open = async (path: string): Promise<{ readonly socket: WebSocket; readonly closed: Promise<number> }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}/socket`)
    const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
    const [{ data: first }] = (await once(socket, 'message')) as [{ data: string }]
    expect(path.endsWith(first)).toBe(true)
    return { socket, closed }
  }
  const [shop, blog] = [await open('/shop'), await open('/shop/blog')]
  await reload('blog')
  expect(await blog.closed).toBe(1012)
  expect(shop.socket.readyState).toBe(WebSocket.OPEN)
  await reload('router-http')
  expect(await shop.closed).toBe(1012)
})

/** 0: the connection failed. Undefined: one that was kept did, which is closed between two requests whenever the server likes. */
function statusOf(url: string, agent: http.Agent | false): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    request.once('error', () => resolve(request.reusedSocket ? undefined : 0))
  })
}

/** Asks for a path again and again, on connections that are kept and on new ones, and notes each change of status. */
function watched(at: number, path: string) {
  const ways = [new http.Agent({ keepAlive: true }), false] as const
  const seen = ways.map((): number[] => [])
  let isOver = false
  const look = async (agent: http.Agent | false, statuses: number[]): Promise<void> => {
    while (!isOver) {
      const status = await statusOf(`http://127.0.0.1:${at}${path}`, agent)
      if (status !== undefined && statuses.at(-1) !== status) statuses.push(status)
      await delay(5)
    }
    if (agent) agent.destroy()
  }
  const looks = ways.map((agent, way) => look(agent, seen[way] ?? []))
  return {
    seen,
    is: (status: number): boolean => seen.every((statuses) => statuses.at(-1) === status),
    async stop() {
      isOver = true
      await Promise.all(looks)
      return seen
    },
  }
}

test('a path has the right status all along: while its application comes, is disabled and enabled, and goes with its router', async () => {
  const [guest, single] = [watched(soloPort, '/guest/x'), watched(soloPort, '/single/x')]
  await until(() => guest.is(404))
  await done('deploy', programAt('guest'), '--name', 'guest', '--path', '/guest', '--listener', 'solo')
  await until(() => guest.is(200))
  await done('disable', 'guest')
  await until(() => guest.is(503))
  await until(async () => !(await suite.run('status')).stdout.includes('router-solo'))
  await done('enable', 'guest')
  await until(() => guest.is(200))
  await done('undeploy', 'guest')
  await until(async () => !(await suite.run('status')).stdout.includes('router-solo'))
  const expected = [404, 200, 503, 200, 404]
  expect([await guest.stop(), await single.stop()]).toEqual([
    [expected, expected],
    [[200], [200]],
  ])
})

test('a second application comes to a listener and goes again: a router begins and ends, and nobody notices', async () => {
  const single: Place = { name: 'single', host: 'a', path: '/single' }
  const clients = load(6, soloPort, [single])
  await until(() => clients.answered() > 50)
  const create = await suite.run('deploy', programAt('second'), '--name', 'second', '--path', '/second', '--listener', 'solo')
  expect([create.code, create.stderr]).toEqual([0, ''])
  const both = load(6, soloPort, [single, { name: 'second', host: 'a', path: '/second' }])
  await until(() => both.answered() > 100)
  expect((await suite.run('status')).stdout).toMatch(/instance router-solo {2}ready/)
  expect((await both.stop()).wrong).toEqual([])
  const remove = await suite.run('undeploy', 'second')
  expect([remove.code, remove.stderr]).toEqual([0, ''])
  await until(async () => !(await suite.run('status')).stdout.includes('router-solo'))
  const before = clients.answered()
  await until(() => clients.answered() > before + 50)
  expect((await clients.stop()).wrong).toEqual([])
  await until(async () => (await fetch(`http://127.0.0.1:${soloPort}/second/x`)).status === 404)
  await until(async () => !/second/.test((await suite.run('status')).stdout))
})

/** What a host answers for a path, on a connection of its own. */
async function asked(path: string, host: string): Promise<number> {
  const request = http.get({ port, path, headers: { host }, agent: false })
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  answer.resume()
  return answer.statusCode ?? 0
}

test('an application that moves to another path or host is there at once, its old address no longer, and its neighbours lose nothing', async () => {
  await done('deploy', programAt('mover'), '--name', 'mover', '--path', '/mover')
  const neighbour = watched(port, '/shop/x')
  let at: readonly [path: string, host: string] = ['/mover/x', 'a']
  const move = async (setting: string, to: readonly [path: string, host: string]): Promise<void> => {
    const answers: string[] = []
    let hasSettled = false
    const watching = (async () => {
      while (!hasSettled) {
        const before = await asked(...at)
        const after = await asked(...to)
        const pair = `${before} then ${after}`
        if (answers.at(-1) !== pair) answers.push(pair)
      }
    })()
    await until(() => answers.length > 0)
    await done('set', `applications.mover.${setting}`)
    await until(async () => (await asked(...to)) === 200)
    await done('reload', 'mover') // ends when the generation that was started for the move has ended, too
    hasSettled = true
    await watching
    expect(answers.filter((pair) => pair !== '200 then 200')).toEqual(['200 then 404', '404 then 200'])
    at = to
  }
  await move('contextPath=/moved/far', ['/moved/far/x', 'a'])
  await move('host=other.test', ['/moved/far/x', 'other.test'])
  await done('undeploy', 'mover')
  expect(await neighbour.stop()).toEqual([[200], [200]])
})

async function done(...command: string[]): Promise<void> {
  const { code, stderr } = await suite.run(...command)
  expect([code, stderr]).toEqual([0, ''])
}
