import { gzipSync } from 'node:zlib'
import type { AddressInfo } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../../../support/until.ts'
import { apiWorld, refusal } from './support.ts'

const problem = (status: number, code: string) => ({
  status,
  json: { type: 'about:blank', title: expect.any(String) as string, status, detail: expect.any(String) as string, code },
})

const shop = { applications: [{ name: 'shop', folder: 'applications/shop' }] }

test('a section is read with values, their origin and when they count; a secret is not among the values', async () => {
  const { send } = await apiWorld({ file: { snmp: { community: 'hidden', port: 1500 } } })
  const { json, text, headers } = await send('GET', '/snmp')
  expect(json).toMatchObject({ name: 'snmp', values: { port: 1500, enabled: true } })
  expect((json as { settings: unknown[] }).settings).toContainEqual(
    expect.objectContaining({ name: 'snmp.port', value: 1500, source: 'file', applies: 'restart' }),
  )
  expect(Object.keys((json as { values: object }).values)).not.toContain('community')
  expect(text).not.toContain('hidden')
  expect(headers['cache-control']).toBe('no-cache')
})

test('sections within sections, entries and lists within entries have paths of their own', async () => {
  const { send } = await apiWorld({
    file: { ...shop, logs: { access: { format: 'common' } }, alerting: { receivers: [{ name: 'ops', url: 'http://x/' }] } },
  })
  expect((await send('GET', '/logs')).json).toMatchObject({ values: { access: { format: 'common' } } })
  expect((await send('GET', '/logs/access')).json).toMatchObject({ name: 'logs.access', values: { format: 'common' } })
  expect((await send('GET', '/alerting/receivers')).json).toMatchObject([
    { name: 'alerting.receivers.ops', values: { name: 'ops', type: 'webhook' } },
  ])
  expect((await send('GET', '/applications/shop')).json).toMatchObject({
    name: 'applications.shop',
    values: { contextPath: '/', replicas: null },
  })
  expect((await send('GET', '/datasources')).json).toEqual([])
  expect((await send('GET', '/snmp/trapTargets')).json).toEqual([])
})

test('settings are changed all or none, for a time, with a reason; null takes one back', async () => {
  const { send } = await apiWorld({ file: shop })
  const changed = await send('PATCH', '/applications/shop?reason=sale&for=30m', { replicas: 3, contextPath: '/s' })
  expect(changed).toMatchObject({
    status: 200,
    json: { change: 1, changed: [{ name: 'applications.shop.replicas', after: 3 }, { after: '/s' }] },
  })
  expect((await send('GET', '/history')).json).toMatchObject([
    { actor: 'anna', verb: 'set', reason: 'sale', until: expect.any(Number) as number },
  ])
  expect(await send('PATCH', '/applications/shop', { replicas: 4, contextPath: 'wrong' })).toMatchObject(problem(422, 'SPY_CONFIG_INVALID'))
  expect((await send('GET', '/applications/shop')).json).toMatchObject({ values: { replicas: 3, contextPath: '/s' } })
  await send('PATCH', '/applications/shop', { replicas: null })
  expect((await send('GET', '/applications/shop')).json).toMatchObject({ values: { replicas: null, contextPath: '/s' } })
  await send('PATCH', '/logs', { access: { format: 'combined' } })
  expect((await send('GET', '/logs/access')).json).toMatchObject({ values: { format: 'combined' } })
})

test('a dry run says what would change, and changes nothing', async () => {
  const { send } = await apiWorld({ file: shop })
  const dry = await send('PATCH', '/settings?dryRun=true', { 'applications.shop.replicas': 3, 'agent.slowStatementMs': 7 })
  expect(dry.json).toMatchObject({ changed: [{ name: 'applications.shop.replicas' }, { name: 'agent.slowStatementMs' }] })
  expect(await send('POST', '/datasources?dryRun=true', { name: 'db', file: 'db' })).toMatchObject({
    status: 200,
    headers: expect.not.objectContaining({ location: expect.anything() as unknown }) as object,
  })
  expect((await send('GET', '/history')).json).toEqual([])
  expect((await send('GET', '/datasources')).json).toEqual([])
})

test('an entry is created at a place of its own, once, and deleted', async () => {
  const { send } = await apiWorld()
  const created = await send('POST', '/datasources', { name: 'db', file: 'db.sqlite', max: 3 })
  expect([created.status, created.headers['location']]).toEqual([201, '/api/v1/datasources/db'])
  expect(await send('POST', '/datasources', { name: 'db', file: 'x' })).toMatchObject(problem(409, 'SPY_ADMIN_NAME_EXISTS'))
  expect(await send('POST', '/datasources', { file: 'x' })).toMatchObject(problem(400, 'SPY_API_BODY'))
  const target = await send('POST', '/snmp/trapTargets', { host: '::1', port: 1162, community: 'c' })
  expect([target.status, target.headers['location']]).toEqual([201, '/api/v1/snmp/trapTargets/%3A%3A1%3A1162'])
  expect((await send('GET', String(target.headers['location']).slice(7))).json).toMatchObject({ values: { host: '::1', port: 1162 } })
  expect((await send('DELETE', '/datasources/db')).status).toBe(200)
  expect(await send('GET', '/datasources/db')).toMatchObject(problem(404, 'SPY_ADMIN_NAME_UNKNOWN'))
  expect(await send('DELETE', '/datasources/db')).toMatchObject(problem(404, 'SPY_ADMIN_NAME_UNKNOWN'))
})

test('a change is undone by its number, and what is no longer in force cannot be', async () => {
  const { send } = await apiWorld()
  await send('PATCH', '/agent', { slowStatementMs: 7 })
  expect((await send('GET', '/diff')).json).toMatchObject([{ name: 'agent.slowStatementMs', desired: 7 }])
  expect((await send('POST', '/undo?change=1')).status).toBe(200)
  expect(await send('POST', '/undo?change=1')).toMatchObject(problem(404, 'SPY_ADMIN_CHANGE_UNKNOWN'))
})

test('operations are invoked with their arguments; those that only read are GET', async () => {
  const { send, invoked } = await apiWorld({ file: shop, perform: (operation) => (operation.endsWith('.versions') ? ['* 1'] : 'done') })
  expect((await send('POST', '/applications/shop/rollback', { version: 3 })).json).toEqual({ change: 1, result: 'done' })
  expect((await send('POST', '/resources/instance/http-1/reload?reason=why')).json).toMatchObject({ result: 'done' })
  expect((await send('GET', '/applications/shop/versions')).json).toEqual({ result: ['* 1'] })
  expect((await send('POST', '/server/createToken', { name: 'ci', role: 'operator', seconds: 60 })).status).toBe(200)
  expect(invoked.map(({ operation, keys, arguments: values }) => [operation, keys, values])).toEqual([
    ['application.rollback', { name: 'shop' }, { version: 3 }],
    ['instance.reload', { name: 'http-1' }, {}],
    ['application.versions', { name: 'shop' }, {}],
    ['server.createToken', {}, { name: 'ci', role: 'operator', seconds: 60 }],
  ])
  expect(await send('POST', '/applications/shop/rollback', { version: 'three' })).toMatchObject(problem(422, 'SPY_ADMIN_ARGUMENT'))
})

test('an operation that failed is a conflict, with the code of the failure', async () => {
  const { send } = await apiWorld({
    perform() {
      throw refusal('SPY_RELOAD_FAILED')
    },
  })
  expect(await send('POST', '/server/reload')).toMatchObject(problem(409, 'SPY_RELOAD_FAILED'))
})

test('live resources are read by kind and keys', async () => {
  const resources = [{ name: 'instance.http-1', kind: 'instance', values: { state: 'ready' } }]
  const { send } = await apiWorld({ resources })
  expect((await send('GET', '/resources/instance')).json).toEqual(resources)
  expect((await send('GET', '/resources/instance/http-1')).json).toEqual(resources[0])
  expect(await send('GET', '/resources/instance/http-2')).toMatchObject(problem(404, 'SPY_API_NOT_FOUND'))
})

test('roles are checked before the body is read', async () => {
  const { send, calls } = await apiWorld({ file: shop })
  expect((await send('GET', '/applications/shop', undefined, { role: 'viewer' })).status).toBe(200)
  calls.length = 0
  expect(await send('POST', '/applications/shop/reload', undefined, { role: 'viewer' })).toMatchObject(problem(403, 'SPY_API_ROLE'))
  expect(await send('PATCH', '/applications/shop', '{', { role: 'operator', 'content-type': 'application/json' })).toMatchObject(
    problem(403, 'SPY_API_ROLE'),
  )
  expect(await send('GET', '/server/users', undefined, { role: 'operator' })).toMatchObject(problem(403, 'SPY_API_ROLE'))
  expect(calls).toEqual([])
  expect((await send('POST', '/applications/shop/reload', undefined, { role: 'operator' })).status).toBe(200)
})

test('from other machines only reads are accepted, unless the setting says otherwise', async () => {
  const { send } = await apiWorld({ mayChange: false })
  expect((await send('GET', '/server')).status).toBe(200)
  expect(await send('PATCH', '/server', { name: 'x' })).toMatchObject(problem(403, 'SPY_API_REMOTE'))
  expect(await send('POST', '/server/reload')).toMatchObject(problem(403, 'SPY_API_REMOTE'))
})

test.for([
  ['GET', '/nothing', undefined, {}, 404, 'SPY_API_NOT_FOUND'],
  ['PUT', '/server', {}, {}, 405, 'SPY_API_METHOD'],
  ['OPTIONS', '/server', undefined, {}, 405, 'SPY_API_METHOD'],
  ['GET', '/server?nothing=1', undefined, {}, 400, 'SPY_API_PARAMETER'],
  ['GET', '/history?limit=0', undefined, {}, 400, 'SPY_API_PARAMETER'],
  ['GET', '/history?limit=1&limit=2', undefined, {}, 400, 'SPY_API_PARAMETER'],
  ['PATCH', '/agent?dryRun=perhaps', { slowStatementMs: 1 }, {}, 400, 'SPY_API_PARAMETER'],
  ['PATCH', '/agent?for=long', { slowStatementMs: 1 }, {}, 400, 'SPY_API_PARAMETER'],
  ['PATCH', '/agent?until=tomorrow', { slowStatementMs: 1 }, {}, 400, 'SPY_API_PARAMETER'],
  ['PATCH', '/agent?until=2001-01-01T00:00:00Z', { slowStatementMs: 1 }, {}, 422, 'SPY_ADMIN_UNTIL'],
  ['PATCH', '/agent', undefined, {}, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', '{', { 'content-type': 'application/json' }, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', '{"slowStatementMs":1e999}', { 'content-type': 'application/json' }, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', '[]', { 'content-type': 'application/json' }, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', { nothing: 1 }, {}, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', '{"__proto__":{"slowStatementMs":1}}', { 'content-type': 'application/json' }, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', { slowStatementMs: 'slow' }, {}, 422, 'SPY_CONFIG_INVALID'],
  ['PATCH', '/settings', { 'agent.nothing': 1 }, {}, 404, 'SPY_ADMIN_NAME_UNKNOWN'],
  ['PATCH', '/snmp', { community: '(secret)' }, {}, 422, 'SPY_ADMIN_VALUE'],
  ['PATCH', '/agent', 'slowStatementMs=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'SPY_API_MEDIA_TYPE'],
  ['PATCH', '/agent', '{}', { 'content-type': 'text/plain' }, 415, 'SPY_API_MEDIA_TYPE'],
  ['PATCH', '/agent', 'x', { 'content-type': 'application/gzip' }, 415, 'SPY_API_MEDIA_TYPE'],
  ['POST', '/server/reload', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'SPY_API_MEDIA_TYPE'],
  ['POST', '/server/reload', { all: true }, {}, 400, 'SPY_API_BODY'],
  ['PATCH', '/agent', `{"endpoint":"${'x'.repeat(1_100_000)}"}`, { 'content-type': 'application/json' }, 413, 'SPY_API_TOO_LARGE'],
] as const)('%s %s %j is refused: %d %s', async ([method, url, body, headers, status, code]) => {
  const { send } = await apiWorld()
  const answer = await send(method, url, body, headers)
  expect(answer).toMatchObject(problem(status, code))
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  if (status === 405) expect(answer.headers['allow']).toBe('GET, HEAD, PATCH')
})

test('an unreachable decider is 503, a slow one 504, and a fault of ours tells nothing', async () => {
  for (const [error, status, code] of [
    [refusal('SPY_SERVER_UNREACHABLE'), 503, 'SPY_SERVER_UNREACHABLE'],
    [refusal('SPY_LOCAL_SLOW'), 504, 'SPY_LOCAL_SLOW'],
    [new TypeError('internals'), 500, 'SPY_API_FAULT'],
  ] as const) {
    const { send } = await apiWorld({ ask: () => Promise.reject(error) })
    const answer = await send('GET', '/server')
    expect(answer).toMatchObject(problem(status, code))
    expect(answer.text).not.toContain('internals')
  }
})

test('an unchanged answer is not sent again', async () => {
  const { send } = await apiWorld()
  const first = await send('GET', '/agent')
  const tag = String(first.headers['etag'])
  const second = await send('GET', '/agent', undefined, { 'if-none-match': tag })
  expect([second.status, second.text]).toEqual([304, ''])
  await send('PATCH', '/agent', { slowStatementMs: 7 })
  expect((await send('GET', '/agent', undefined, { 'if-none-match': tag })).status).toBe(200)
})

test('with If-Match, a change is made only on what was read', async () => {
  const { send, administration } = await apiWorld({ file: shop })
  const tag = String((await send('GET', '/agent')).headers['etag'])
  expect((await send('PATCH', '/agent', { slowStatementMs: 7 }, { 'if-match': tag })).status).toBe(200)
  expect(await send('PATCH', '/agent', { slowStatementMs: 8 }, { 'if-match': tag })).toMatchObject(problem(412, 'SPY_API_CHANGED'))
  expect((await send('DELETE', '/applications/shop', undefined, { 'if-match': '"other"' })).status).toBe(412)
  expect((await send('GET', '/agent')).json).toMatchObject({ values: { slowStatementMs: 7 } })
  const stale = {
    verb: 'set',
    values: { 'agent.slowStatementMs': 9 },
    options: { unchanged: [{ name: 'agent.slowStatementMs', value: 1 }] },
  } as const
  await expect(administration.answer(stale, { actor: 'a', role: 'administrator' })).rejects.toMatchObject({ code: 'SPY_ADMIN_CHANGED' })
})

test('an archive is received as a file, deployed, and gone; its arguments are in the query', async () => {
  const archive = gzipSync('an archive')
  const seen: string[] = []
  const world = await apiWorld({ perform: (_, { source }) => (seen.push(readFileSync(String(source)).toString('base64')), 'deployed') })
  const { send, invoked, root } = world
  const sent = await send('POST', `/server/deploy?name=shop&settings=${encodeURIComponent('{"contextPath":"/s"}')}`, archive, {
    'content-type': 'application/gzip',
  })
  expect(sent).toMatchObject({ status: 200, json: { result: 'deployed' } })
  expect(seen).toEqual([archive.toString('base64')])
  expect(invoked).toMatchObject([
    {
      arguments: {
        name: 'shop',
        origin: 'shop.tgz',
        settings: { contextPath: '/s' },
        source: expect.stringMatching(/\/archive\.tgz$/) as string,
      },
    },
  ])
  await send('POST', '/server/deploy?origin=Shop-1.0.0.tgz', archive, { 'content-type': 'application/gzip' })
  expect(invoked.at(-1)?.arguments).toMatchObject({ origin: 'Shop-1.0.0.tgz' })
  expect(await send('POST', '/server/deploy?origin=..%2Fx.tgz', archive, { 'content-type': 'application/gzip' })).toMatchObject(
    problem(400, 'SPY_API_PARAMETER'),
  )
  await until(() => readdirSync(join(root, 'uploads')).length === 0)
  expect(await send('POST', '/server/deploy', archive, { 'content-type': 'application/gzip' })).toMatchObject(
    problem(400, 'SPY_API_PARAMETER'),
  )
  expect(await send('POST', '/server/deploy?name=..%2Fx', archive, { 'content-type': 'application/zip' })).toMatchObject(
    problem(400, 'SPY_API_PARAMETER'),
  )
  const large = await send('POST', '/server/deploy?name=shop', Buffer.alloc(1001), { 'content-type': 'application/x-tar' })
  expect(large).toMatchObject(problem(413, 'SPY_API_TOO_LARGE'))
  expect(await send('POST', '/server/deploy?name=shop', archive, { 'content-type': 'application/gzip', role: 'operator' })).toMatchObject(
    problem(403, 'SPY_API_ROLE'),
  )
  await until(() => readdirSync(join(root, 'uploads')).length === 0)
  expect(invoked).toHaveLength(2)
})

test('a list that grows is sent item by item, in the name of its caller, until the client is gone', async () => {
  const followed: unknown[] = []
  let hasEnded = false
  const { app, send } = await apiWorld({
    async *follow({ params }, { actor }, gone) {
      followed.push([params, actor])
      try {
        yield ['{"a":1}', 'no JSON\u2028']
        yield []
        while (!gone.aborted) yield [await new Promise<string>((resolve) => setTimeout(resolve, 1, 'more'))]
      } finally {
        hasEnded = true
      }
    },
  })
  await app.listen({ port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1/applications/shop/logs?lines=2&follow=true`
  const client = new AbortController()
  const answer = await fetch(url, { headers: { role: 'viewer' }, signal: client.signal })
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
    200,
    'application/x-ndjson',
    'no-store',
  ])
  let received = ''
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    received += piece
    if (received.includes('more')) break
  }
  client.abort()
  expect(received).toMatch(/^"\{\\"a\\":1\}"\n"no JSON\u2028"\n\n"more"\n/)
  expect(followed).toEqual([[{ operation: 'application.logs', keys: { name: 'shop' }, arguments: { lines: 2 } }, 'anna']])
  await until(() => hasEnded)
  expect((await send('GET', '/applications/shop/logs?lines=2')).json).toEqual({ result: ['done'] })
})

test('what cannot be followed is refused with a status', async () => {
  const { send } = await apiWorld({
    follow: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal('SPY_ADMIN_NAME_UNKNOWN')) }) }),
  })
  expect(await send('GET', '/applications/none/logs?follow=true')).toMatchObject(problem(404, 'SPY_ADMIN_NAME_UNKNOWN'))
  expect(await send('GET', '/applications/shop/versions?follow=true')).toMatchObject(problem(400, 'SPY_API_PARAMETER'))
})
