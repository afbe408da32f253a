/** Applications that move to another path while requests come to the old and to the new one, on kept connections: without a router, whatever serves them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../support/request-load.ts'
import { fromSource, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const SERVE = `require('node:http').createServer((request, response) => response.end(request.url)).listen(3000)`
const CLUSTER = `
const cluster = require('node:cluster')
if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
else ${SERVE}
`
const HANDLER = `module.exports = (request, response) => response.end(request.url)`

const place = tempFolder()

function programAt(name: string, source: string): string {
  const folder = join(place, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, main: 'index.cjs' }))
  writeFileSync(join(folder, 'index.cjs'), source)
  return folder
}

let suite: Suite
beforeAll(async () => {
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
  suite = await startSuite(place, settings, [], { ...fromSource, role: 'server' })
})
afterAll(() => suite?.[Symbol.asyncDispose]())

interface Watch {
  /** What was answered, without repetitions: `['404 …', '200 /x']`. */
  stop(): Promise<readonly string[]>
}

/** Asks for an address again and again, on one connection as long as the server keeps it. */
function watch(url: string): Watch {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const answers: string[] = []
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const answer = (await ask(url, agent).catch((error: Error) => error.message)).replace(/^404 .*/, '404')
      if (answers.at(-1) !== answer) answers.push(answer)
      await sleep(2)
    }
  })()
  return {
    async stop() {
      isOver = true
      await asking
      agent.destroy()
      return answers
    },
  }
}

const moving = [
  ['replicated', 'replicated'],
  ['clustered', 'clustered'],
  ['both', 'one'],
] as const

test.each(moving)('on the listener %s, %s moves: the new path is served and the old one is not from one moment on', async (listener, name) => {
  const origin = `http://127.0.0.1:${suite.config.listeners.find((one) => one.name === listener)?.port}`
  const neighbour = watch(`${origin}${listener === 'both' ? '/other/x' : '/health'}`)
  const clients = (path: string): readonly Watch[] => Array.from({ length: 6 }, () => watch(`${origin}${path}`))
  const [before, after] = [clients('/old/x'), clients('/new/x')]
  const ended = (watches: readonly Watch[]): Promise<(readonly string[])[]> => Promise.all(watches.map((one) => one.stop()))
  await until(async () => (await ask(`${origin}/old/x`)) === '200 /x')
  expect((await suite.run('set', `applications.${name}.contextPath=/new`)).stderr).toBe('')
  expect((await suite.run('reload', name)).stderr).toBe('') // ends when the generation that was started for the move has ended, too
  await until(async () => (await ask(`${origin}/new/x`)) === '200 /x')
  expect(await ended(before)).toEqual(before.map(() => ['200 /x', '404']))
  expect(await ended(after)).toEqual(after.map(() => ['404', '200 /x']))
  expect((await neighbour.stop()).map((answer) => answer.slice(0, 3))).toEqual(['200'])
})
