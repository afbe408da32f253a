/** The real npm client of the reference project against a real server. */
import Jolokia from 'jolokia.js'
import { EventSource } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MBeanServer, addSample, createMBeanServer, pushInstance } from '../../../support/mbean-server.ts'

interface Answer {
  readonly value: unknown
  readonly status: number
}

let server: MBeanServer
let jolokia: InstanceType<typeof Jolokia>
let url: string

beforeAll(async () => {
  server = await createMBeanServer()
  addSample(server.registry, 'one')
  pushInstance(server.registry, 'http-1')
  url = `${await server.app.listen({ port: 0, host: '127.0.0.1' })}/jolokia`
  jolokia = new Jolokia({ url })
})
afterAll(() => server.app.close())

const ask = async (request: object, options: object = {}) => (await jolokia.request(request as never, options)) as unknown

const DATASOURCE = 'spyglass:type=Datasource,instance=http-1,name=shop'

function emitExhausted(): string {
  return server.registry.emit({ name: 'spyglass.pool.exhausted', resource: DATASOURCE, message: 'all 5 lent' }).incidentId
}

interface Result {
  readonly notifications: readonly { readonly type: string; readonly userData: { readonly incidentId: string } }[]
}

describe('jolokia.js 2.6.1', () => {
  it('asks the version by GET and by POST', async () => {
    for (const method of ['get', 'post']) {
      const { value, status } = (await ask({ type: 'version' }, { method })) as Answer
      expect(status).toBe(200)
      expect(value).toMatchObject({ protocol: '8.2', agent: '0.1.0', id: 'test' })
    }
  })

  it('reads one attribute, several and a path, by GET with encoded names and by POST', async () => {
    const memory = 'java.lang:type=Memory'
    expect(await ask({ type: 'read', mbean: memory, attribute: 'HeapMemoryUsage', path: 'used' })).toMatchObject({
      status: 200,
      value: expect.any(Number) as unknown,
    })
    expect(await ask({ type: 'read', mbean: memory })).toMatchObject({ value: { Verbose: false } })
    expect(await ask({ type: 'read', mbean: memory, attribute: ['Verbose', 'HeapMemoryUsage'] })).toMatchObject({
      value: { Verbose: false },
    })
    expect(await ask({ type: 'read', mbean: 'test:type=Sample,name=one', attribute: 'String' }, { method: 'get' })).toMatchObject({
      value: 'a "b" </script>',
    })
  })

  it('gets each answer of a bulk by itself', async () => {
    const answers = (await ask([
      { type: 'read', mbean: 'java.lang:type=Memory', attribute: 'Verbose' },
      { type: 'read', mbean: 'x:type=1', attribute: 'V' },
      { type: 'read', mbean: 'malformed' },
      { type: 'version' },
    ])) as Answer[]
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 200])
  })

  it('searches and lists', async () => {
    expect(await ask({ type: 'search', mbean: 'spyglass:type=Datasource,*' })).toMatchObject({ value: [DATASOURCE] })
    expect(await ask({ type: 'list', path: 'spyglass' }, { listCache: true })).toMatchObject({
      value: { domains: { spyglass: { 'type=Events': 'spyglass:events' } } },
    })
  })

  it('hears notifications by pull', async () => {
    const heard = Promise.withResolvers<Result>()
    const handle = await jolokia.addNotificationListener({ mbean: 'spyglass:type=Events', mode: 'pull', callback: heard.resolve as never })
    const incidentId = emitExhausted()
    jolokia.start(20)
    try {
      const { notifications } = await heard.promise
      expect(notifications[0]).toMatchObject({ type: 'spyglass.pool.exhausted', source: { objectName: 'spyglass:type=Events' } })
      expect(notifications[0]?.userData.incidentId).toBe(incidentId)
    } finally {
      jolokia.stop()
    }
    expect(await jolokia.removeNotificationListener(handle)).toBe(true)
    expect(await jolokia.unregisterNotificationClient()).toBe(true)
  })

  it('hears notifications of one resource by server-sent events', async () => {
    const before = (globalThis as { EventSource?: unknown }).EventSource
    Object.assign(globalThis, { EventSource })
    try {
      const client = new Jolokia({ url })
      const heard = Promise.withResolvers<Result>()
      await client.addNotificationListener({ mbean: DATASOURCE, mode: 'sse', callback: heard.resolve as never })
      const incidentId = emitExhausted()
      expect((await heard.promise).notifications[0]).toMatchObject({ source: { objectName: DATASOURCE }, userData: { incidentId } })
      expect(await client.unregisterNotificationClient()).toBe(true)
    } finally {
      Object.assign(globalThis, { EventSource: before })
    }
  })
})
