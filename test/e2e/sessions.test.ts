/** A flow of ten steps, while instances and stores are killed between them: every step finds what the one before has left. */
import http from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import { expect, test, type TestContext } from 'vitest'
import { startRedis } from '../support/redis.ts'
import { serverFolder, type TestServer, unprivileged } from '../support/server-process.ts'
import { repository, serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const folder = join(repository, 'test/fixtures/sessions')
const VISITORS = 5
const STEPS = 10

/** Each request has a connection of its own: one to a killed process would fail as HTTP wants it. */
class Visitor {
  readonly #name: string
  cookie = ''

  constructor(name: string) {
    this.#name = name
  }

  async get(suite: Suite, what: string | number): Promise<string> {
    const headers = this.cookie === '' ? {} : { cookie: this.cookie }
    return await new Promise((resolve, reject) => {
      http
        .get(`${suite.urls.app}/${this.#name}/${what}`, { agent: false, headers }, (response) => {
          const set = response.headers['set-cookie']?.[0]
          if (set !== undefined) this.cookie = set.split(';', 1)[0]!
          text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject)
        })
        .on('error', reject)
    })
  }
}

/** A Redis that writes each change to the disk before it answers; a second one on the same folder and port goes on where the first was killed. */
function durableRedis(context: TestContext): (port?: number) => Promise<TestServer> {
  const account = unprivileged('redis')
  const dir = serverFolder('redis', account)
  return (port) =>
    startRedis(context, [
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      '--dir',
      dir,
      ...(port === undefined ? [] : ['--port', String(port)]),
    ])
}

/** Returns when it is gone: until then it might take a connection. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await until(() => {
    try {
      return !process.kill(pid, 0)
    } catch {
      return true
    }
  })
}

async function killRedis({ port }: TestServer): Promise<void> {
  const client = new Redis(port, '127.0.0.1')
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
  client.disconnect()
  await kill(pid)
}

/** Kills processes of a suite, each generation once. */
function killer(suite: Suite): (part: string) => Promise<void> {
  const killed = new Set<number>()
  return async (part) => {
    const pid = await until(() => (killed.has(suite.pidOf(part)) ? undefined : suite.pidOf(part)))
    killed.add(pid)
    await kill(pid)
  }
}

test('instances, the store process and Redis are killed in a flow of ten steps: no step fails, and no session is lost', async (context) => {
  const startDurableRedis = durableRedis(context)
  const redis = await startDurableRedis()
  const data = tempFolder()
  const settings = {
    sessions: [
      { name: 'visitors', timeoutMs: 60_000 },
      { name: 'shared', store: 'redis', url: `redis://127.0.0.1:${redis.port}`, timeoutMs: 60_000 },
    ],
    applications: [{ name: 'shop', folder, contextPath: '/', isolation: 'own', replicas: 2, sessions: ['visitors', 'shared'] }],
  }
  const visitors = ['visitors', 'shared'].flatMap((name) => Array.from({ length: VISITORS }, () => new Visitor(name)))
  const answers: string[] = []
  let second: TestServer | undefined
  {
    await using suite = await startSuite(data, settings, [], serverAlone)
    const killPart = killer(suite)
    for (let step = 1; step <= STEPS; step++) {
      if (step === 3) await killPart('shop-1')
      if (step === 5) await killPart('session-store')
      if (step === 6) {
        await killRedis(redis)
        second = await startDurableRedis(redis.port)
      }
      if (step === 7) await killPart('shop-2')
      if (step === 9) for (const part of ['shop-1', 'session-store']) await killPart(part)
      answers.push(...(await Promise.all(visitors.map((visitor) => visitor.get(suite, step)))))
    }
    expect(answers.filter((answer) => !/^200 step \d+$/.test(answer))).toEqual([])
    expect(answers).toHaveLength(visitors.length * STEPS)
    await until(async () => (await suite.run('get', 'session.session-store.visitors.active')).stdout.trim().endsWith(String(VISITORS)))
  }
  await using again = await startSuite(data, settings, [], serverAlone)
  const taken = Array.from({ length: STEPS }, (_, at) => at + 1).join()
  for (const visitor of visitors) expect(await visitor.get(again, 'steps')).toBe(`200 ${taken}`)
  await second?.stop()
})
