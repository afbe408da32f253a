/** Applications that move to another path while requests come to the old and to the new one, on kept connections: without a router, whatever serves them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../support/request-load.ts'
import { serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const place = mkdtempSync(join(tmpdir(), 'spyglass-moves-'))

/** A generation waits for this file before it serves. */
const goOn = join(place, 'go-on')
const WAIT = `
const { existsSync } = require('node:fs')
const whenAllowed = (then) => existsSync(${JSON.stringify(goOn)}) ? then() : setTimeout(whenAllowed, 20, then)
`
const answering = `(request, response) => response.end(request.url)`
const SERVE = `${WAIT}whenAllowed(() => require('node:http').createServer(${answering}).listen(3000))`
const CLUSTER = `
const cluster = require('node:cluster')
if (!cluster.isPrimary) require('node:http').createServer(${answering}).listen(3000)
else {${WAIT}whenAllowed(() => { cluster.fork(); cluster.fork() })}
`
const HANDLER = `${WAIT}module.exports = () => new Promise((resolve) => whenAllowed(() => resolve(${answering})))`

function programAt(name: string, source: string): string {
  const folder = join(place, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, main: 'index.cjs' }))
  writeFileSync(join(folder, 'index.cjs'), source)
  return folder
}

let suite: Suite
beforeAll(async () => {
  writeFileSync(goOn, '')
  const shared = { listener: 'both', isolation: 'shared' }
  const settings = {
    listeners: ['replicated', 'clustered', 'both'].map((name, at) => ({ name, port: 8080 + at * 50 })),
    applications: [
      { name: 'replicated', folder: programAt('replicated', SERVE), contextPath: '/old', listener: 'replicated', replicas: 2 },
      { name: 'clustered', folder: programAt('clustered', CLUSTER), contextPath: '/old', listener: 'clustered' },
      { name: 'one', folder: programAt('one', HANDLER), contextPath: '/old', ...shared },
      { name: 'other', folder: programAt('other', HANDLER), contextPath: '/other', ...shared },
    ],
  }
  suite = await startSuite(place, settings, [], serverAlone)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(place, { recursive: true, force: true })
})

const answer = async (url: string, agent?: http.Agent): Promise<string> =>
  (await ask(url, agent).catch((error: Error) => error.message)).replace(/^404 .*/s, '404')

interface Watch {
  /** What was answered, without repetitions: `['404', '200 /x']`. */
  stop(): Promise<readonly string[]>
}

/** Asks for an address again and again: on one connection as long as the server keeps it, or each time on a new one. */
function watch(url: string, isKept = true): Watch {
  const agent = isKept ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : undefined
  const answers: string[] = []
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const got = await answer(url, agent)
      if (answers.at(-1) !== got) answers.push(got)
      await sleep(5)
    }
  })()
  return {
    async stop() {
      isOver = true
      await asking
      agent?.destroy()
      return answers
    },
  }
}

/** What twenty new connections are answered, without repetitions. */
const fresh = async (url: string): Promise<string> =>
  [...new Set(await Promise.all(Array.from({ length: 20 }, () => answer(url))))].join(', ')

const ended = (watches: readonly Watch[]): Promise<(readonly string[])[]> => Promise.all(watches.map((one) => one.stop()))

const moving = [
  ['replicated', 'replicated'],
  ['clustered', 'clustered'],
  ['both', 'one'],
] as const

test.each(moving)(
  'on the listener %s, %s moves: the new path is served and the old one is not from one moment on',
  async (listener, name) => {
    const origin = `http://127.0.0.1:${suite.config.listeners.find((one) => one.name === listener)?.port}`
    const [before, after] = [`${origin}/old/x`, `${origin}/new/x`]
    const neighbour = watch(`${origin}${listener === 'both' ? '/other/x' : '/health'}`)
    const [onOld, onNew] = [before, after].map((url) => Array.from({ length: 4 }, () => watch(url))) as [Watch[], Watch[]]
    await until(async () => (await fresh(before)) === '200 /x')
    rmSync(goOn)
    expect((await suite.run('set', `applications.${name}.contextPath=/new`)).stderr).toBe('')
    await until(async () => (await fresh(after)) === '200 /x' && (await fresh(before)) === '404') // by the generation that served before
    const late = [watch(before, false), watch(after, false)]
    writeFileSync(goOn, '')
    expect((await suite.run('reload', listener)).stderr).toBe('') // ends when the generation that was started for the move has ended, too
    expect(await ended(late)).toEqual([['404'], ['200 /x']])
    expect(await ended(onOld)).toEqual(onOld.map(() => ['200 /x', '404']))
    expect(await ended(onNew)).toEqual(onNew.map(() => ['404', '200 /x']))
    expect((await neighbour.stop()).filter((one) => !one.startsWith('200'))).toEqual([])
  },
)

test('an application that is stopped is refused at once by the process that it shares, not only by its next generation, and its neighbour serves', async () => {
  const origin = `http://127.0.0.1:${suite.config.listeners.find(({ name }) => name === 'both')?.port}`
  const address = `${origin}/new/x` // where it has moved to
  const stopped = async (): Promise<boolean> => (await fresh(address)).startsWith('503 {')
  expect(await fresh(address)).toBe('200 /x')
  const neighbour = watch(`${origin}/other/x`)
  rmSync(goOn) // no next generation becomes ready
  const command = suite.run('stop', 'one')
  await until(stopped)
  writeFileSync(goOn, '')
  expect(await command).toMatchObject({ code: 0, stderr: '' })
  expect(await stopped()).toBe(true)
  expect((await suite.run('start', 'one')).code).toBe(0)
  await until(async () => (await fresh(address)) === '200 /x')
  expect(await neighbour.stop()).toEqual(['200 /x'])
})
