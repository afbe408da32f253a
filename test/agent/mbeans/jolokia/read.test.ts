/** The read request, by HTTP without a socket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MBeanServer, addSample, createMBeanServer, pushInstance } from '../../../support/mbean-server.ts'

let server: MBeanServer
const SAMPLE = 'test:type=Sample,name=one'

beforeAll(async () => {
  server = await createMBeanServer()
  addSample(server.registry, 'one')
  pushInstance(server.registry, 'http-1')
})
afterAll(() => server.app.close())

const read = async (path: string) => (await server.get(`/jolokia/read/${path}`)).json
const post = async (fields: object) => (await server.post({ type: 'read', mbean: SAMPLE, ...fields })).json

describe('read', () => {
  it('answers one attribute bare, several and all as an object', async () => {
    expect((await read(`${SAMPLE}/Int`)).value).toBe(42)
    expect((await post({ attribute: ['Int'] })).value).toEqual({ Int: 42 })
    expect((await post({ attribute: ['Int', 'Strings'] })).value).toEqual({ Int: 42, Strings: ['a', 'b', 'c'] })
  })

  it('reports the time of the oldest value that a process pushed, and the present for values read now', async () => {
    const pushedAt = 1_795_289_942
    server.registry.adopt('http-9', {
      time: (pushedAt - 60) * 1000,
      resources: [{ kind: 'instance', keys: { name: 'http-9' }, values: { uptime: 1 } }],
    })
    expect((await read('spyglass:type=Instance,name=http-1/state'))['timestamp']).toBe(pushedAt)
    expect((await read('spyglass:type=Instance,name=*/uptime'))['timestamp']).toBe(pushedAt - 60)
    expect((await read('spyglass:type=Instance,*/state?ignoreErrors=true'))['timestamp']).toBe(pushedAt - 60)
    const before = Math.floor(Date.now() / 1000)
    expect((await read(`${SAMPLE}/Int`))['timestamp']).toBeGreaterThanOrEqual(before)
    server.registry.adopt('http-9', { time: 0, resources: [] })
  })

  it('fails for one unreadable attribute, and with ignoreErrors only in its place', async () => {
    expect(await read(SAMPLE)).toMatchObject({ status: 500, error_type: 'javax.management.RuntimeMBeanException' })
    const { value, status } = await read(`${SAMPLE}?ignoreErrors=true`)
    expect(status).toBe(200)
    expect(value).toMatchObject({ Int: 42, Throws: { '.error': true, error_type: 'javax.management.RuntimeMBeanException' } })
  })

  it('shows nothing of the error inside the agent', async () => {
    for (const path of [
      `${SAMPLE}/Throws`,
      `${SAMPLE}/Throws?includeStackTrace=true&serializeException=true`,
      `${SAMPLE}?ignoreErrors=true`,
    ]) {
      expect((await server.get(`/jolokia/read/${path}`)).text).not.toContain('secret detail')
    }
  })

  it('writes every type as the protocol asks', async () => {
    const { text, json } = await server.get(`/jolokia/read/${SAMPLE}?ignoreErrors=true`)
    expect(text).toContain('"Long":9007199254740993')
    expect(json.value).toMatchObject({
      Double: 1.5,
      NaN: null,
      Boolean: true,
      Date: '2026-11-21T19:39:02.123Z',
      Self: { objectName: SAMPLE },
      Composite: { a: 1, b: 2 },
      Table1: { x: { Column1: 'x', Column2: 1 }, y: { Column1: 'y', Column2: 2 } },
      Table2: { x: { p: { Column3: 1 }, q: { Column3: 2 } } },
      Unknown: null,
    })
    expect(text).toContain('"Map":{"__proto__":"no","k":"v"}')
  })

  it('follows paths', async () => {
    expect((await read(`${SAMPLE}/Composite/a`)).value).toBe(1)
    expect((await read(`${SAMPLE}/Strings/2`)).value).toBe('c')
    expect((await read(`${SAMPLE}/Date/time`)).value).toBe(1_795_289_942_123)
    expect((await read(`${SAMPLE}/Table2/x/q/Column3`)).value).toBe(2)
    expect((await post({ attribute: 'Composite', path: ['a'] })).value).toBe(1)
    expect((await post({ attribute: ['Composite', 'Int'], path: '*/a' })).value).toEqual({ Composite: 1 })
  })

  it('answers a path that leads nowhere with null, not with an error', async () => {
    expect(await read(`${SAMPLE}/Composite/constructor`)).toMatchObject({ status: 200, value: null })
  })

  it('writes longs as texts when asked', async () => {
    expect((await post({ attribute: 'Long', config: { serializeLong: 'string' } })).value).toBe('9007199254740993')
  })

  it('answers patterns by name and attribute, and leaves out MBeans without the attribute', async () => {
    expect((await read('spyglass:*/state')).value).toEqual({
      'spyglass:type=Instance,name=http-1': { state: 'ready' },
      'spyglass:type=Listener,instance=http-1,name=http': { state: 'open' },
      'spyglass:type=Datasource,instance=http-1,name=shop': { state: 'ok' },
    })
    expect((await read('java.lang:type=Mem*,*/HeapMemoryUsage,Usage/*/*/max?canonicalNaming=true')).value).toMatchObject({
      'java.lang:type=Memory': { HeapMemoryUsage: expect.any(Number) as unknown },
      'java.lang:name=old_space,type=MemoryPool': { Usage: -1 },
    })
  })

  it('distinguishes a pattern without MBeans from one without the attribute', async () => {
    expect(await read('nope:*')).toMatchObject({ status: 404, error_type: 'javax.management.InstanceNotFoundException' })
    expect(await read('spyglass:*/Nope')).toMatchObject({ status: 404, error_type: 'javax.management.AttributeNotFoundException' })
  })

  it('finds a bean by any order of its keys', async () => {
    expect((await read('spyglass:name=shop,instance=http-1,type=Datasource/activeConnections')).value).toBe(4)
  })

  it('knows no attribute of the language', async () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect((await read(`${SAMPLE}/${name}`)).status).toBe(404)
      expect((await read(`spyglass:type=Instance,name=http-1/${name}`)).status).toBe(404)
    }
  })

  it('sees a new push without a notification', async () => {
    const value = async () => (await read('spyglass:type=Instance,name=http-2/activeRequests')).value
    const push = (activeRequests: number) =>
      server.registry.adopt('http-2', { time: 0, resources: [{ kind: 'instance', keys: { name: 'http-2' }, values: { activeRequests } }] })
    push(1)
    expect(await value()).toBe(1)
    push(2)
    expect(await value()).toBe(2)
    server.registry.adopt('http-2', { time: 0, resources: [] })
    expect(await value()).toBeUndefined()
  })

  it('leaves out the request when asked', async () => {
    expect(Object.keys(await read(`${SAMPLE}/Int?includeRequest=false`))).toEqual(['value', 'status', 'timestamp'])
    expect(Object.keys(await read(`${SAMPLE}/Nope?includeRequest=false`))).not.toContain('request')
  })
})

describe('beans under names of other tools', () => {
  it('show listeners as Tomcat and datasources as HikariCP would', async () => {
    expect((await read('Catalina:type=ThreadPool,name=http-8080')).value).toMatchObject({
      currentThreadsBusy: 3,
      connectionCount: 5,
      minSpareThreads: 1,
    })
    expect((await read('Catalina:type=GlobalRequestProcessor,name=*/requestCount,errorCount')).value).toEqual({
      'Catalina:type=GlobalRequestProcessor,name=http-8080': { requestCount: 100, errorCount: 1 },
    })
    expect((await read('com.zaxxer.hikari:type=Pool%20(shop)')).value).toEqual({
      ActiveConnections: 4,
      IdleConnections: 1,
      TotalConnections: 5,
      ThreadsAwaitingConnection: 2,
    })
  })
})
