import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { createAuthenticator, createGuessDelay, nobody } from '@spyglass/process/access'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry, type Registry } from '@spyglass/agent/registry'
import { expect, onTestFinished, test } from 'vitest'
import { buildManagement } from '../../../runtime/src/management/http.ts'
import { readinessOf } from '../../../runtime/src/management/readiness.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`

async function management(
  state = 'ready',
  nodes: Readonly<Record<string, Registry>> = {},
  guesses = createGuessDelay(),
  isProtected = false,
) {
  const registry = createRegistry({ kindNamed })
  const asked: unknown[] = []
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
    isProtected,
    readiness: () => readinessOf(registry),
    api: {
      async ask({ method, params }, { actor, role }) {
        asked.push([actor, role, method, params['name']])
        return { result: 'reloaded' }
      },
      async *follow() {},
      mayChange: () => true,
      uploads: { folder: join(tempFolder(), 'uploads'), maxBytes: 1 },
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

test('the administration API needs credentials, and asks in the name and role of its caller', async () => {
  const { app, asked } = await management()
  const post = (headers: Record<string, string> = { authorization }) =>
    app.inject({ method: 'POST', url: '/api/v1/resources/instance/http-1/reload', headers })
  const nobody = await post({})
  expect([nobody.statusCode, nobody.headers['www-authenticate'], nobody.json()]).toEqual([
    401,
    'Basic realm="spyglass", charset="UTF-8"',
    expect.objectContaining({ status: 401, code: 'SPY_UNAUTHORISED' }),
  ])
  expect((await app.inject('/api/v1/nothing')).statusCode).toBe(401)
  expect(asked).toEqual([])
  expect((await post()).json()).toEqual({ result: 'reloaded' })
  const reader = { authorization: `Basic ${btoa('reader:secret')}` }
  expect((await post(reader)).json()).toMatchObject({ status: 403, code: 'SPY_API_ROLE' })
  expect((await app.inject({ url: '/api/v1/openapi.json', headers: reader })).json()).toMatchObject({ openapi: '3.1.0' })
  expect(asked).toEqual([['admin', 'administrator', 'invoke', 'instance.http-1.reload']])
})

test('nobody learns without credentials which paths there are', async () => {
  const { app } = await management('ready', {}, undefined, true)
  const long = 'x'.repeat(2000)
  for (const url of ['/nothing', '/metrics', '/jolokia', '/api/v1/nothing', '/api/v1/applications', `/api/v1/applications/${long}`]) {
    for (const method of ['GET', 'DELETE', 'PROPFIND'] as const) expect((await app.inject({ url, method })).statusCode).toBe(401)
    const known = await app.inject({ url, method: 'PROPFIND', headers: { authorization } })
    expect(known.statusCode).toBe(url.includes('nothing') ? 404 : 405)
  }
  expect((await app.inject({ url: '/health?x', method: 'DELETE' })).statusCode).toBe(405)
})

test('a wrong password is held back, then asked to retry, while the right one passes', async () => {
  const { app } = await management('ready', {}, { afterWrong: async ({ user }) => (user === 'held' ? 0 : 7) })
  const post = (user: string, password: string) =>
    app.inject({ method: 'POST', url: '/api/v1/server/reload', headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` } })
  expect((await post('held', 'wrong')).statusCode).toBe(401)
  const limited = await post('admin', 'wrong')
  expect([limited.statusCode, limited.headers['retry-after'], limited.json()]).toEqual([
    429,
    '7',
    expect.objectContaining({ code: 'SPY_TOO_MANY_GUESSES', detail: expect.stringContaining('Retry-After') as string }),
  ])
  expect((await post('admin', 'secret')).statusCode).toBe(200)
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

test('the metrics are OpenMetrics for who prefers it, and the classic text for all others', async () => {
  const { app } = await management()
  const get = async (accept?: string) => {
    const { headers, body } = await app.inject({ url: '/metrics', headers: accept === undefined ? {} : { accept } })
    return { type: headers['content-type'], vary: headers.vary, end: body.slice(-6) }
  }
  const classic = { type: 'text/plain; version=0.0.4; charset=utf-8', vary: 'accept' }
  for (const accept of [undefined, '*/*', 'text/html, */*;q=0.8']) expect(await get(accept), accept).toMatchObject(classic)
  const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  expect(await get('application/openmetrics-text')).toEqual({ type, vary: 'accept', end: '# EOF\n' })
})

test('where credentials are required, reading needs a user or a token, and health needs none', async () => {
  const { app } = await management('ready', {}, createGuessDelay(), true)
  for (const url of ['/jolokia/version', '/jolokia/node/http-1/version', '/metrics']) {
    const status = async (given?: string): Promise<number> =>
      (await app.inject({ url, headers: given === undefined ? {} : { authorization: given } })).statusCode
    expect(await status(), url).toBe(401)
    expect(await status(`Basic ${btoa('admin:wrong')}`), url).toBe(401)
    expect(await status(`Basic ${btoa('reader:secret')}`), url).not.toBe(401)
    expect(await status(authorization), url).not.toBe(401)
  }
  for (const url of ['/health', '/ready']) expect((await app.inject(url)).statusCode).toBe(200)
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
