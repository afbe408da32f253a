/** Programs that fork workers with node:cluster, on a port of their own and behind a router: reloaded under load, with workers that die, and in the access log. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, underLoad } from '../support/request-load.ts'
import { serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const data = mkdtempSync(join(tmpdir(), 'spyglass-cluster-'))

/** A request for /wait is answered when this file is there. */
const goOn = join(data, 'go-on')
const SERVE = `
const { existsSync } = require('node:fs')
require('node:http').createServer((request, response) => {
  const { pid } = process
  const seen = { pid, url: request.url, address: request.socket.remoteAddress, headers: Object.keys(request.headers) }
  const answer = () => response.end(JSON.stringify(seen))
  if (request.url.endsWith('/die')) process.exit(3)
  if (request.url.endsWith('/busy')) for (const end = Date.now() + 5; Date.now() < end; );
  if (!request.url.endsWith('/wait')) return setTimeout(answer, 10)
  response.flushHeaders()
  const timer = setInterval(() => existsSync(${JSON.stringify(goOn)}) && (clearInterval(timer), answer()), 10)
}).listen(3000)
`
const PROGRAM = `
const cluster = require('node:cluster')
if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork()
  cluster.on('disconnect', () => console.log('a worker is gone'))
  cluster.on('exit', (worker) => worker.exitedAfterDisconnect || cluster.fork())
} else {
${SERVE}}
`

function programAt(name: string, source: string): string {
  const folder = join(data, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.cjs' }))
  writeFileSync(join(folder, 'index.cjs'), source)
  return folder
}

let suite: Suite
const urls: Record<string, string> = {}

beforeAll(async () => {
  const settings = {
    listeners: [
      { name: 'own', port: 8080 },
      { name: 'routed', port: 8300 },
    ],
    applications: [
      { name: 'alone', folder: programAt('alone', PROGRAM), contextPath: '/alone', listener: 'own' },
      { name: 'beside', folder: programAt('beside', PROGRAM), contextPath: '/beside', listener: 'routed' },
      {
        name: 'other',
        folder: programAt('other', SERVE),
        contextPath: '/other',
        listener: 'routed',
      },
    ],
  }
  suite = await startSuite(data, settings, [], serverAlone)
  const portOf = (name: string): number => suite.config.listeners.find((listener) => listener.name === name)?.port ?? 0
  urls['alone'] = `http://127.0.0.1:${portOf('own')}/alone/x`
  urls['other'] = `http://127.0.0.1:${portOf('routed')}/other/x`
  urls['beside'] = `http://127.0.0.1:${portOf('routed')}/beside/x`
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(data, { recursive: true, force: true })
})

interface Seen {
  readonly pid: number
  readonly url: string
  readonly address: string
  readonly headers: readonly string[]
}

const see = async (url: string): Promise<Seen> => JSON.parse((await ask(url)).slice(4)) as Seen

/** Several at a time: a router sends requests that follow each other on one connection, which one worker has. */
async function seeAll(url: string): Promise<readonly Seen[]> {
  return await Promise.all(Array.from({ length: 8 }, () => see(url)))
}

const linesOf = (name: string): readonly Record<string, unknown>[] =>
  readFileSync(join(suite.data, 'logs', 'access', `${name}.log`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const NAMES = ['alone', 'beside'] as const

/** The first test: nobody else has sent a request. */
test.each([...NAMES, 'other'])('requests of %s that end during a drain are counted', async (name) => {
  rmSync(goOn, { force: true })
  const url = urls[name] ?? ''
  const old = new Set((await seeAll(url)).map(({ pid }) => pid))
  const waiting = await Promise.all(Array.from({ length: 20 }, async () => await fetch(`${url}/wait`)))
  const reload = suite.run('reload', name)
  let sent = 8 + waiting.length
  await until(async () => {
    const { pid } = await see(url)
    sent++
    return !old.has(pid)
  })
  writeFileSync(goOn, '')
  const pids = await Promise.all(waiting.map(async (response) => ((await response.json()) as Seen).pid))
  expect((await reload).stderr).toBe('')
  await until(async () => (await countOf(name)) === sent, 30_000)
  expect(pids.filter((pid) => old.has(pid)).length).toBe(20)
})

test.each(NAMES)('both workers of %s serve, see their client and nothing of the router, and are in the access log', async (name) => {
  await until(async () => {
    const all = await seeAll(`${urls[name]}?b=c`)
    for (const seen of all) {
      expect(seen).toMatchObject({ url: '/x?b=c', address: '127.0.0.1' })
      expect(seen.headers.filter((header) => header.includes('spyglass'))).toEqual([])
    }
    return new Set(all.map(({ pid }) => pid)).size === 2
  })
  const lines = await until(() => {
    const found = linesOf(name).filter(({ 'url.query': query }) => query === 'b=c')
    return found.length >= 2 && found
  })
  expect(lines[0]).toMatchObject({ 'client.address': '127.0.0.1', 'url.path': `/${name}/x`, 'http.response.status_code': 200 })
})

test.each(NAMES)('%s is reloaded under load: no request fails, and each has one line', async (name) => {
  await until(() => linesOf(name).length > 0)
  const before = linesOf(name).length
  const { good, failures } = await underLoad(urls[name] ?? '', /^200 /, async () => {
    for (let round = 0; round < 2; round++) expect((await suite.run('reload', name)).stderr).toBe('')
  })
  expect(failures).toEqual([])
  const added = (): number => linesOf(name).length - before
  await until(() => added() >= good)
  expect(added()).toBe(good)
})

test('connections that the primary has accepted when it is reloaded, and no worker has taken yet, are served', async () => {
  const failures: string[] = []
  let isOver = false
  const clients = Array.from({ length: 500 }, async () => {
    do {
      const answer = await ask(`${urls['alone']}/busy`).catch((error: Error) => error.message)
      if (!answer.startsWith('200 ')) failures.push(answer)
    } while (!isOver)
  })
  try {
    expect((await suite.run('reload', 'alone')).stderr).toBe('')
  } finally {
    isOver = true
    await Promise.all(clients)
  }
  expect(failures).toEqual([])
})

const countOf = async (name: string): Promise<number> => {
  const text = await (await fetch(`${suite.urls.management}/metrics`)).text()
  return [...text.matchAll(/^spyglass_application_requests_total\{(.*)\} (\d+)$/gm)]
    .filter(([, labels]) => labels?.includes(`name="${name}"`))
    .reduce((sum, [, , value]) => sum + Number(value), 0)
}

test.each(NAMES)('when a worker of %s dies its requests are lost, and the others and its successor are served', async (name) => {
  const url = urls[name] ?? ''
  const die = async (): Promise<void> => void (await fetch(`${url}/die`, { method: 'POST' }).catch(() => undefined)) // a router sends no POST a second time
  const before = new Set((await seeAll(url)).map(({ pid }) => pid))
  await die()
  expect((await until(async () => await see(url).catch(() => undefined))).url).toBe('/x')
  await until(async () => {
    await die() // the router keeps its connections to the one that is left
    return !before.has((await see(url)).pid)
  })
})

test('an instance whose workers are all gone still says what its program says of it', async () => {
  interface Line {
    readonly process: string
    readonly pid: number
    readonly code?: string
    readonly msg: string
  }
  const lines = (): readonly Line[] =>
    readFileSync(join(suite.data, 'logs', 'server.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
  // Which event comes first depends on how the last worker went, so that one instance may say it before: all are looked at.
  const isSaidAfterwards = (): boolean =>
    lines().some(
      ({ process, code, pid }, at, all) =>
        process === 'alone-1' &&
        code === 'SPY_CLUSTER_ENDED' &&
        all.findLastIndex((line) => line.pid === pid && line.msg === 'a worker is gone') > at,
    )
  const die = async () => await fetch(`${urls['alone']}/die`, { method: 'POST' }).catch(() => undefined)
  await until(async () => {
    await Promise.all([die(), die(), die(), die()])
    return isSaidAfterwards()
  })
})
