/**
 * Programs as the documentation of their frameworks shows them, deployed without an edit: each answers, and goes on answering while all are
 * reloaded, get a second version, and go back to the first. What they are is in test/fixtures/programs.
 */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { defaultPorts } from '@spyglass/agent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile, deployPrograms, type Programs } from '../support/programs.ts'
import { serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

/** What each answers at which path. */
const overHttp: Readonly<Record<string, readonly [path: string, answer: string]>> = {
  fastify: ['/', '{"hello":"world"}'],
  express: ['/', 'Hello World!'],
  koa: ['/', 'Hello World'],
  hono: ['/', 'Hello Hono!'],
  nest: ['/', 'Hello World!'],
  'nest-tsx': ['/', 'Hello World!'],
  'plain-http': ['/', 'Hello World'],
  'socket-io': ['/', '<h1>Hello world</h1>'],
  'graphql-yoga': ['/graphql?query={hello}', '{"data":{"hello":"Hello from Yoga!"}}'],
}
const FIRST_PORT = 8200
const names = [...Object.keys(overHttp), 'http2', 'ws', 'cron']

/** A command of the command line for each program, a few at a time. */
const AT_ONCE = 3

let programs: Programs
let suite: Suite
const data = mkdtempSync(join(tmpdir(), 'spyglass-programs-'))

beforeAll(async () => {
  programs = await deployPrograms(names)
  await compile(programs.folderOf('nest'))
  suite = await startSuite(data, { logs: { access: { enabled: false } } }, [], serverAlone)
  await forEach(async (name) => {
    const at = name === 'cron' ? ['--worker'] : ['--path', '/', '--listener', String(FIRST_PORT + names.indexOf(name))]
    await done('deploy', programs.folderOf(name), ...at)
  })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  programs?.[Symbol.dispose]()
  rmSync(data, { recursive: true, force: true })
})

async function forEach(work: (name: string) => Promise<void>): Promise<void> {
  const left = [...names]
  const worker = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** What a command prints, which must succeed. */
async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await suite.run(...args)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

/** The suite shifts all ports alike. */
const portOf = (name: string): number => FIRST_PORT + names.indexOf(name) + (suite.config.management.port - defaultPorts.management)

/** The text of the second version, in a program as in its answers. */
const again = (text: string): string => text.replaceAll(/\b(World|world|Hono|Yoga)(?=[!<"']|$)|\becho(?= )/g, 'Again')

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
    client.addEventListener('message', ({ data: received }) => /^(echo|Again) /.test(String(received)) && resolve(String(received)))
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
const cronPids = (version = 1): ReadonlySet<string> => {
  const file = join(suite.data, `applications/cron/${version}/ran.txt`)
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

interface Count {
  answered: number
  readonly wrong: string[]
}

/** Asks all programs without a pause while something is done; an answer of the second version is right, too. */
async function underLoad(action: () => Promise<void>): Promise<void> {
  const counts: Record<string, Count> = {}
  let isOn = true
  const load = Object.entries(overHttp).map(async ([name, [, answer]]) => {
    const count = (counts[name] = { answered: 0, wrong: [] as string[] })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    while (isOn) {
      const got = await get(name, agent).catch((error: Error) => error.message)
      if (got === answer || got === again(answer)) count.answered++
      else count.wrong.push(got)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    agent.destroy()
  })
  try {
    await action()
  } finally {
    isOn = false
    await Promise.all(load)
  }
  for (const [name, { answered, wrong }] of Object.entries(counts)) {
    expect({ name, wrong }).toEqual({ name, wrong: [] })
    expect(answered).toBeGreaterThan(0)
  }
}

test('while all are reloaded no request fails, and WebSocket clients are told to come again', async () => {
  const client = await connect()
  const closed = once(client, 'close') as Promise<[CloseEvent]>
  const before = Object.fromEntries(names.map((name) => [name, suite.pidOf(`${name}-1`)]))
  await underLoad(async () => {
    await done('reload')
    expect((await closed)[0].code).toBe(1012)
  })
  for (const name of names) expect(suite.pidOf(`${name}-1`)).not.toBe(before[name])
  expect(await echoed(await connect(), 'again')).toBe('echo again')
  expect(await getByHttp2()).toBe('<h1>Hello World</h1>')
  await until(() => cronPids().has(String(suite.pidOf('cron-1'))))
})

/** Changes the sources of a program, and what they are compiled to. */
function edit(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || file.includes('/node_modules/') || !/\.[jt]s$/.test(file)) continue
    writeFileSync(file, again(readFileSync(file, 'utf8')))
  }
}

test('each gets a second version and goes back to the first, and no request fails', async () => {
  await underLoad(async () => {
    await forEach(async (name) => {
      edit(programs.folderOf(name))
      expect(await done('deploy', programs.folderOf(name))).toBe(`deployed version 2 of ${name}\n`)
      const [, answer] = overHttp[name] ?? []
      if (answer !== undefined) expect(await get(name)).toBe(again(answer))
    })
    expect(await getByHttp2()).toBe('<h1>Hello Again</h1>')
    expect(await echoed(await connect(), 'hello')).toBe('Again hello')
    await until(() => cronPids(2).has(String(suite.pidOf('cron-1'))))
    await forEach(async (name) => {
      expect(await done('rollback', name)).toBe(`rolled back ${name} to version 1\n`)
      const [, answer] = overHttp[name] ?? []
      if (answer !== undefined) expect(await get(name)).toBe(answer)
    })
  })
  expect(await getByHttp2()).toBe('<h1>Hello World</h1>')
  expect(await echoed(await connect(), 'hello')).toBe('echo hello')
  await until(() => cronPids().has(String(suite.pidOf('cron-1'))))
})
