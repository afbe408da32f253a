/**
 * Programs as the documentation of their frameworks shows them, deployed without an edit: each answers, and goes on answering while all are
 * reloaded. What they are stands in test/fixtures/programs.
 */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile, deployPrograms, type Programs } from '../support/programs.ts'
import { startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

/** What each answers at which path. */
const overHttp: Readonly<Record<string, readonly [path: string, answer: string]>> = {
  fastify: ['/', '{"hello":"world"}'],
  express: ['/', 'Hello World!'],
  koa: ['/', 'Hello World'],
  hono: ['/', 'Hello Hono!'],
  nest: ['/', 'Hello World!'],
  'nest-tsx': ['/', 'Hello World!'],
  http: ['/', 'Hello World'],
  'socket-io': ['/', '<h1>Hello world</h1>'],
  'graphql-yoga': ['/graphql?query={hello}', '{"data":{"hello":"Hello from Yoga!"}}'],
}
const FIRST_PORT = 8200
const names = [...Object.keys(overHttp), 'http2', 'ws', 'cron']

let programs: Programs
let suite: Suite
let ports: Readonly<Record<string, number>>
const data = mkdtempSync(join(tmpdir(), 'spyglass-programs-'))

beforeAll(async () => {
  programs = await deployPrograms(names)
  await compile(programs.folderOf('nest'))
  suite = await startSuite(data, {
    listeners: names.map((name, at) => ({ name, port: FIRST_PORT + at })),
    applications: names.map((name) => ({ name, folder: programs.folderOf(name), listener: name })),
    logs: { access: { enabled: false } },
  })
  ports = Object.fromEntries(suite.config.listeners.map(({ name, port }) => [name, port]))
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  programs?.[Symbol.dispose]()
  rmSync(data, { recursive: true, force: true })
})

const portOf = (name: string): number => ports[name] ?? 0

function get(name: string, agent: http.Agent | false = false): Promise<string> {
  const [path] = overHttp[name] ?? ['/']
  return new Promise((resolve, reject) => {
    http
      .get({ port: portOf(name), host: '127.0.0.1', path: encodeURI(path), agent }, (response) => void text(response).then(resolve, reject))
      .on('error', reject)
  })
}

async function getByHttp2(): Promise<string> {
  const session = http2.connect(`http://127.0.0.1:${portOf('http2')}`)
  const answer = await text(session.request({ ':path': '/' }))
  session.close()
  return answer
}

async function echoed(client: WebSocket, message: string): Promise<string> {
  const answer = new Promise<string>((resolve) => {
    client.addEventListener('message', ({ data: received }) => String(received).startsWith('echo') && resolve(String(received)))
  })
  client.send(message)
  return answer
}

async function connect(): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${portOf('ws')}`)
  await once(client, 'open')
  return client
}

/** The processes that the scheduler has run in. */
const cronPids = (): ReadonlySet<string> => {
  const file = join(programs.folderOf('cron'), 'ran.txt')
  return new Set(existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])
}

test.each(Object.entries(overHttp))('%s answers', async (name, [, answer]) => {
  expect(await get(name)).toBe(answer)
})

test('http2, WebSocket and the worker work', async () => {
  expect(await getByHttp2()).toBe('<h1>Hello World</h1>')
  const client = await connect()
  expect(await echoed(client, 'hello')).toBe('echo hello')
  client.close()
  await until(() => cronPids().size > 0)
})

test('while all are reloaded no request fails, and WebSocket clients are told to come again', async () => {
  const counts: Record<string, { answered: number; failures: string[] }> = {}
  let isOn = true
  const load = Object.entries(overHttp).map(async ([name, [, answer]]) => {
    const count = (counts[name] = { answered: 0, failures: [] as string[] })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    while (isOn) {
      const got = await get(name, agent).catch((error: Error) => error.message)
      if (got === answer) count.answered++
      else count.failures.push(got)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    agent.destroy()
  })
  const client = await connect()
  const closed = once(client, 'close') as Promise<[CloseEvent]>
  const before = Object.fromEntries(names.map((name) => [name, suite.pidOf(`${name}-1`)]))
  const { code, stderr } = await suite.run('reload')
  expect([code, stderr]).toEqual([0, ''])
  const [{ code: closeCode }] = await closed
  expect(closeCode).toBe(1012)
  isOn = false
  await Promise.all(load)
  for (const name of names) expect(suite.pidOf(`${name}-1`)).not.toBe(before[name])
  for (const [name, { answered, failures }] of Object.entries(counts)) {
    expect({ name, failures }).toEqual({ name, failures: [] })
    expect(answered).toBeGreaterThan(0)
  }
  expect(await echoed(await connect(), 'again')).toBe('echo again')
  expect(await getByHttp2()).toBe('<h1>Hello World</h1>')
  await until(() => cronPids().has(String(suite.pidOf('cron-1'))))
})
