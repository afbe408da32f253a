import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { kindNamed, kinds } from '@spyglass/agent/contract'
import { createAuthenticator, createGuessDelay, nobody } from '@spyglass/process/access'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry, type Registry } from '@spyglass/agent/registry'
import { expect, onTestFinished, test } from 'vitest'
import { buildManagement } from '../../../runtime/src/management/http.ts'
import { readinessOf } from '../../../runtime/src/management/readiness.ts'

const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`

async function management(state = 'ready', nodes: Readonly<Record<string, Registry>> = {}, guesses = createGuessDelay()) {
  const registry = createRegistry({ kindNamed })
  const asked: string[] = []
  registry.adopt('keeper', {
    time: 1,
    resources: [
      { kind: 'server', keys: { name: 's' }, values: { name: 's', notReady: [] } },
      { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state, listener: 'http' } },
    ],
  })
  const app = await buildManagement({
    registry,
    nodes: (name) => (Object.hasOwn(nodes, name) ? nodes[name] : undefined),
    logger: createLogger({ process: 'test', level: 'silent' }),
    agentId: 'id',
    version: '0',
    authenticator: createAuthenticator({
      own: [
        { actor: 'admin', role: 'administrator', credentials: { user: 'admin', password: 'secret' } },
        { actor: 'reader', role: 'viewer', credentials: { user: 'reader', password: 'secret' } },
      ],
      identities: () => nobody,
      guesses,
    }),
    caller: { hostNames: ['apm.corp'] },
    readiness: () => readinessOf(registry),
    reload: async (target) => {
      asked.push(target)
      if (target === 'nobody') throw new TypeError('no such process')
      return `reloaded ${target || 'all'}`
    },
  })
  onTestFinished(() => app.close())
  return { app, asked }
}

test('it is ready while every listener has a ready instance, and says which is not', async () => {
  const ready = await (await management()).app.inject('/ready')
  expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, state: 'ready', reasons: [] }])
  const down = await (await management('down')).app.inject('/ready')
  expect([down.statusCode, down.json()]).toEqual([
    503,
    { ready: false, state: 'not ready', reasons: ['instance http-1 is down', 'listener http has no ready instance'] },
  ])
})

test('a reload needs the credentials, and its failure is reported', async () => {
  const { app, asked } = await management()
  const post = (instance: string, headers: Record<string, string> = { authorization }) =>
    app.inject({ method: 'POST', url: '/api/v1/reload', headers, payload: { instance } })
  expect((await post('http-1', {})).statusCode).toBe(401)
  expect(asked).toEqual([])
  expect((await post('http-1')).json()).toEqual({ message: 'reloaded http-1' })
  expect((await post('nobody')).statusCode).toBe(409)
  const reader = { authorization: `Basic ${btoa('reader:secret')}` }
  expect((await post('http-1', reader)).json()).toMatchObject({ code: 'SPY_ROLE_MISSING' })
  expect(asked).toEqual(['http-1', 'nobody'])
})

test('a wrong password is held back, then asked to retry, while the right one passes', async () => {
  const { app } = await management('ready', {}, { afterWrong: async ({ user }) => (user === 'held' ? 0 : 7) })
  const post = (user: string, password: string) =>
    app.inject({ method: 'POST', url: '/api/v1/reload', headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` }, payload: {} })
  expect((await post('held', 'wrong')).statusCode).toBe(401)
  const limited = await post('admin', 'wrong')
  expect([limited.statusCode, limited.headers['retry-after'], limited.json()]).toEqual([
    429,
    '7',
    { code: 'SPY_TOO_MANY_GUESSES', message: expect.stringContaining('Retry-After') as string },
  ])
  expect((await post('admin', 'secret')).statusCode).toBe(200)
})

test('pages of other sites and names that are not ours are refused everywhere but on health', async () => {
  const { app } = await management()
  for (const url of ['/jolokia/version', '/metrics', '/api/v1/reload']) {
    /** Jolokia reports a refusal in its JSON. */
    const ask = async (headers: Record<string, string>): Promise<unknown> => {
      const method = url.startsWith('/api') ? 'POST' : 'GET'
      const response = await app.inject({ method, url, headers: { authorization, host: 'localhost:8778', ...headers } })
      return url.startsWith('/jolokia') ? response.json<{ status: number }>().status : response.statusCode
    }
    expect(await ask({}), url).toBe(200)
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      expect(await ask(headers), url).toBe(403)
  }
  expect((await app.inject({ url: '/health', headers: { origin: 'https://evil.example' } })).statusCode).toBe(200)
})

test('Jolokia and Prometheus answer on it, and writing is refused', async () => {
  const { app } = await management()
  const read = await app.inject(`/jolokia/read/spyglass:type=${kinds.instance.type},name=http-1/state`)
  expect(read.json()).toMatchObject({ status: 200, value: 'ready' })
  expect((await app.inject('/metrics')).body).toContain('spyglass_instance_state')
  const write = await app.inject({
    method: 'POST',
    url: '/jolokia/',
    payload: { type: 'write', mbean: 'spyglass:type=Instance,name=http-1', attribute: 'state', value: 'x' },
  })
  expect(write.json()).toMatchObject({ status: 403 })
})

test('the page of another site is refused metrics as it is refused MBeans', async () => {
  const { app } = await management()
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const { statusCode, body } = await app.inject({ url: '/metrics', headers })
    expect({ statusCode, isTold: body.includes('spyglass_') }).toEqual({ statusCode: 403, isTold: false })
  }
})

test('each process has its beans under its name, and one that is none now is answered 404', async () => {
  const nodes: Record<string, Registry> = {}
  for (const name of ['http-1', 'http-2']) {
    nodes[name] = createRegistry({ kindNamed })
    nodes[name].adopt(name, { time: 5000, resources: [{ kind: 'javaRuntime', keys: {}, values: { Name: name, Uptime: 1 } }] })
  }
  const { app } = await management('ready', nodes)
  for (const name of Object.keys(nodes)) {
    const read = { type: 'read', mbean: 'java.lang:type=Runtime', attribute: 'Name' }
    const answer = { status: 200, value: name, timestamp: 5 }
    expect((await app.inject(`/jolokia/node/${name}/read/java.lang:type=Runtime/Name`)).json()).toMatchObject(answer)
    for (const url of [`/jolokia/node/${name}`, `/jolokia/node/${name}/`, `/jolokia/node/${name}/read`]) {
      expect((await app.inject({ method: 'POST', url, payload: [read] })).json()).toMatchObject([answer])
    }
    expect((await app.inject(`/jolokia/node/${name}`)).json()).toMatchObject({
      value: { details: { url: expect.stringContaining(`/node/${name}`) as string } },
    })
  }
  expect((await app.inject('/jolokia/read/java.lang:type=Runtime')).json()).toMatchObject({ status: 404 })
  delete nodes['http-1']
  for (const name of ['http-1', 'constructor']) {
    const gone = await app.inject(`/jolokia/node/${name}/read/java.lang:type=Runtime`)
    expect([gone.statusCode, gone.json()]).toMatchObject([404, { status: 404, error: `process ${name} is not running` }])
  }
  const foreign = await app.inject({ url: '/jolokia/node/http-2', headers: { origin: 'http://evil.example' } })
  expect(foreign.json()).toMatchObject({ status: 403 })
})

test('a path leads to the same MBean however it is spelled', async () => {
  const node = createRegistry({ kindNamed })
  node.adopt('http-1', { time: 5000, resources: [{ kind: 'javaRuntime', keys: {}, values: { Name: 'http-1' } }] })
  const { app } = await management('ready', { 'http-1': node })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const read = async (path: string): Promise<unknown> => {
    const answered = once(get({ host: '127.0.0.1', port: new URL(origin).port, path }), 'response')
    return JSON.parse(await text(((await answered) as [IncomingMessage])[0]))
  }
  for (const root of ['/jolokia', '/jol%6fkia', `${origin}/jolokia`, `${origin.toUpperCase()}/%6Aolokia`]) {
    expect(await read(`${root}/read/spyglass:type=Instance,name=http-1/name`)).toMatchObject({ value: 'http-1' })
    expect(await read(`${root}?p=read/spyglass:type=Instance,name=http-1/name`)).toMatchObject({ value: 'http-1' })
    for (const name of ['http-1', 'http%2D1', '%68ttp-1']) {
      expect(await read(`${root}/node/${name}/read/java.lang:type=Runtime/Name`)).toMatchObject({ value: 'http-1' })
      expect(await read(`${root}/node/${name}?maxDepth=1`)).toMatchObject({ request: { type: 'version' }, status: 200 })
    }
  }
})
