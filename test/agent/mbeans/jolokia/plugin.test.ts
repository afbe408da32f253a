/** HTTP: methods, headers, limits, and that nothing a client sends is answered with an error of ours. */
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MBeanServer, addSample, createMBeanServer } from '../../../support/mbean-server.ts'

let server: MBeanServer

beforeAll(async () => {
  server = await createMBeanServer()
  addSample(server.registry, 'one')
})
afterAll(() => server.app.close())

const memory = { type: 'read', mbean: 'java.lang:type=Memory', attribute: 'Verbose' }

describe('the MBean endpoint over HTTP', () => {
  it('answers JSON that is never cached', async () => {
    const { headers } = await server.get('/jolokia/version')
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' })
    expect(Date.parse(String(headers['expires']))).toBeLessThan(Date.now())
    expect((await server.get('/jolokia/version?mimeType=text/plain')).headers['content-type']).toBe('text/plain; charset=utf-8')
  })

  it('does not look at the path or the content type of a POST', async () => {
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', 'application/json', 'x/y']) {
      const response = await server.app.inject({
        method: 'POST',
        url: '/jolokia/read',
        payload: JSON.stringify([memory]),
        headers: { 'content-type': contentType },
      })
      expect(JSON.parse(response.body)).toMatchObject([{ status: 200 }])
    }
  })

  it('answers each member of a bulk by itself, also one that is no request at all', async () => {
    const { status, json } = await server.post([
      memory,
      5,
      null,
      [],
      { type: 'nope' },
      { type: 'read', mbean: 'bad' },
      { ...memory, target: { url: 'x' } },
    ])
    expect(status).toBe(200)
    expect((json as unknown as { status: number }[]).map((member) => member.status)).toEqual([200, 400, 400, 400, 400, 400, 403])
  })

  it.each(['', '{', '5', 'null', '"x"', `[${'['.repeat(100_000)}`])('answers the body %.5s with 400', async (body) => {
    expect((await server.post(body)).status).toBe(400)
  })

  it('bounds bodies, bulks and names', async () => {
    expect((await server.post(`"${'x'.repeat(2_000_000)}"`)).status).toBe(413)
    expect((await server.post(Array.from({ length: 1001 }, () => memory))).status).toBe(400)
    expect((await server.post({ ...memory, mbean: `a:k=${'x'.repeat(3000)}` })).status).toBe(400)
    expect((await server.post({ ...memory, attribute: Array.from({ length: 1001 }, () => 'Verbose') })).status).toBe(400)
  })

  it('answers a thousand requests in one bulk', async () => {
    const { json } = await server.post(Array.from({ length: 1000 }, () => memory))
    expect(json).toHaveLength(1000)
  })

  it('bounds what a bulk of long lists is answered with', async () => {
    const { json, text } = await server.post(Array.from({ length: 1000 }, () => ({ type: 'list' })))
    const statuses = (json as unknown as { status: number }[]).map((member) => member.status)
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 400])
    expect(text.length).toBeLessThan(10_000_000)
  })

  it('refuses other methods, bad escapes and unknown parameters values with 400', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
      expect((await server.app.inject({ method, url: '/jolokia/version' })).statusCode).toBe(400)
    }
    expect((await server.get('/jolokia/read/java.lang%3Atype%3DMemory%2FVerbose%zz')).status).toBe(400)
    expect((await server.get('/jolokia/version?maxDepth=99999999999')).status).toBe(400)
  })

  it('compresses a long list for a client that reads gzip, and shows a bean there as soon as it is registered', async () => {
    let time = 1_000_000
    await using own = await createMBeanServer(() => time)
    const list = async (path: string, headers: Record<string, string>, method: 'GET' | 'POST' = 'GET') => {
      const payload = method === 'POST' ? { payload: JSON.stringify({ type: 'list' }) } : {}
      const { rawPayload, headers: answered } = await own.app.inject({ url: path, method, headers, ...payload })
      const bytes = answered['content-encoding'] === 'gzip' ? gunzipSync(rawPayload) : rawPayload
      return { ...answered, length: rawPayload.length, json: JSON.parse(bytes.toString()) as unknown }
    }
    const gzip = { 'accept-encoding': 'gzip, br' }
    const plain = await list('/jolokia/list', {})
    expect([plain['content-encoding'], plain['vary']]).toEqual([undefined, 'accept-encoding'])
    for (const packed of [await list('/jolokia/list', gzip), await list('/jolokia/', gzip, 'POST')]) {
      expect([packed['content-encoding'], packed['vary'], packed.json]).toEqual(['gzip', 'accept-encoding', plain.json])
      expect(packed['content-length']).toBe(String(packed.length))
      expect(packed.length).toBeLessThan(plain.length / 4)
    }
    time += 2000
    expect((await list('/jolokia/list', gzip)).json).toMatchObject({ timestamp: 1002 })
    addSample(own.registry, 'new')
    expect((await list('/jolokia/list', gzip)).json).toMatchObject({ value: { test: { 'type=Sample,name=new': {} } } })
    const small = await list('/jolokia/list/test/type=Sample,name=new/class', gzip)
    expect([small['content-encoding'], small['vary']]).toEqual([undefined, undefined])
  })

  it('does not collapse the slashes of an escaped part', async () => {
    const { json } = await server.get('/jolokia/read/a:type=naming!//Ok')
    expect(json['request']).toMatchObject({ mbean: 'a:type=naming/', attribute: 'Ok' })
  })

  it('refuses pages of other sites, and lets those of its own and other clients in', async () => {
    const ask = async (headers: Record<string, string>) =>
      (JSON.parse((await server.app.inject({ url: '/jolokia/version', headers })).body) as { status: number }).status
    expect(await ask({ host: 'localhost:8778', origin: 'http://evil.example' })).toBe(403)
    expect(await ask({ host: 'localhost:8778', origin: 'null' })).toBe(403)
    expect(await ask({ host: 'localhost:8778', 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await ask({ host: 'localhost:8778', origin: 'http://localhost:8778' })).toBe(200)
    expect(await ask({ host: 'localhost:8778' })).toBe(200)
  })

  it('is read-only', async () => {
    const write = { type: 'write', mbean: 'java.lang:type=Memory', attribute: 'Verbose', value: true }
    expect((await server.post(write)).json).toMatchObject({ status: 403, error_type: 'java.lang.Exception' })
    expect((await server.get('/jolokia/exec/java.lang:type=Memory/gc')).json).toMatchObject({ status: 403 })
  })

  it('says "not modified" while no bean came or went', async () => {
    let time = 1_000_000
    await using own = await createMBeanServer(() => time)
    const since = (await own.get('/jolokia/list')).json['timestamp'] as number
    time += 5000
    expect((await own.get(`/jolokia/list?ifModifiedSince=${since + 1}`)).json).toEqual({
      request: { type: 'list' },
      status: 304,
      timestamp: 1005,
    })
    addSample(own.registry, 'new')
    expect((await own.get(`/jolokia/list?ifModifiedSince=${since + 1}`)).json.status).toBe(200)
  })

  it('shows a bean in list and search as soon as it is registered, and no longer than that', async () => {
    const search = async () => (await server.get('/jolokia/search/test:type=Sample,name=brief')).json.value
    const dispose = addSample(server.registry, 'brief')
    expect(await search()).toEqual(['test:type=Sample,name=brief'])
    expect((await server.get('/jolokia/list/test/name=brief,type=Sample/attr/Int')).json.value).toMatchObject({ type: 'int' })
    dispose()
    expect(await search()).toEqual([])
  })

  it('lists keys, notifications and the operation of the notification store', async () => {
    expect((await server.get('/jolokia/list/test/type=Sample,name=one/keys?listKeys=true')).json.value).toEqual({
      type: 'Sample',
      name: 'one',
    })
    expect((await server.get('/jolokia/list/spyglass/type=Events/notif')).json.value).toMatchObject({
      'javax.management.Notification': { types: expect.arrayContaining(['spyglass.pool.exhausted']) as unknown },
    })
    expect((await server.get('/jolokia/list/jolokia/type=NotificationStore,agent=test/op')).json.value).toMatchObject({
      pull: { args: [{ type: 'java.lang.String' }, {}] },
    })
    expect((await server.get('/jolokia/list/test/type=Sample,name=one/nope')).json.status).toBe(500)
  })
})

describe('whatever is sent', () => {
  const name = fc.constantFrom('java.lang:type=Memory', '*:*', 'test:type=Sample,name=one', 'a:b', '', 'd:k="', '__proto__:constructor=x')
  const field = fc.oneof(
    fc.anything({ withBigInt: false }),
    name,
    fc.constantFrom('read', 'list', 'exec', 'Int', 'register', 'add', 'sse', 'pull'),
  )
  const keys = fc.constantFrom(
    'type',
    'mbean',
    'attribute',
    'path',
    'config',
    'operation',
    'arguments',
    'value',
    'command',
    'client',
    'mode',
    'filter',
    'handle',
    'handback',
    'target',
    '__proto__',
  )
  const type = fc.constantFrom('read', 'search', 'list', 'write', 'exec', 'version', 'config', 'notification', 'nope')
  const request = fc.tuple(type, name, fc.dictionary(keys, field)).map(([type, mbean, more]) => ({ type, mbean, ...more }))

  it('a POST is answered with JSON or 400, never with an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, fc.array(request, { maxLength: 5 })), async (body) => {
        const { status, text } = await server.post(body)
        expect([200, 400]).toContain(status)
        expect(text).not.toContain('internal error')
      }),
      { numRuns: 300 },
    )
  })

  it('a GET is answered with JSON or 400, never with an error of ours', async () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.stringMatching(/^[!*/:=,"a]{0,10}$/),
      name,
    )
    await fc.assert(
      fc.asyncProperty(
        type,
        fc.array(part, { maxLength: 5 }),
        fc.dictionary(fc.constantFrom('maxDepth', 'ignoreErrors', 'p', 'x'), fc.string()),
        async (type, parts, query) => {
          const search = new URLSearchParams(query).toString()
          const { status, text } = await server.get(`/jolokia/${type}/${encodeURI(parts.join('/')).replaceAll('%25', '%')}?${search}`)
          expect([200, 400]).toContain(status)
          expect(text).not.toContain('internal error')
        },
      ),
      { numRuns: 300 },
    )
  })
})
