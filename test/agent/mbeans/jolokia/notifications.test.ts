/** Notifications: commands, both backends, bounds, and streams over real sockets. */
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MBeanServer, createMBeanServer, pushInstance } from '../../../support/mbean-server.ts'
import { until } from '../../../support/until.ts'

const DATASOURCE = 'spyglass:type=Datasource,instance=http-1,name=shop'
const EVENTS = 'spyglass:type=Events'
let time = 1_000_000
let server: MBeanServer
let base: string

beforeAll(async () => {
  server = await createMBeanServer(() => time)
  pushInstance(server.registry, 'http-1')
  base = `${await server.app.listen({ port: 0, host: '127.0.0.1' })}/jolokia`
})
afterAll(() => server.app.close())

const command = async (fields: object) => (await server.post({ type: 'notification', ...fields })).json
const register = async () => ((await command({ command: 'register' })).value as { id: string }).id
const add = async (client: string, fields: object = {}) =>
  (await command({ command: 'add', client, mode: 'pull', mbean: EVENTS, ...fields })).value as string
const emit = (message: string, name: 'spyglass.pool.exhausted' | 'spyglass.pool.leak' = 'spyglass.pool.leak') =>
  server.registry.emit({ name, resource: DATASOURCE, message })

interface Result {
  readonly handle: string
  readonly handback: unknown
  readonly dropped: number
  readonly notifications: readonly {
    readonly message: string
    readonly source: unknown
    readonly type: string
    readonly sequenceNumber: number
  }[]
}

async function pull(client: string, handle: string): Promise<Result> {
  const { json } = await server.get(`/jolokia/exec/jolokia:type=NotificationStore,agent=test/pull/${client}/${handle}`)
  return json.value as Result
}

const messages = ({ notifications }: Result) => notifications.map(({ message }) => message)

/** An event stream: what has arrived so far, one parsed message each, and a way to hang up. */
async function openStream(client: string, headers: Record<string, string> = {}) {
  const got: Result[] = []
  const ids: string[] = []
  const request = http.get(`${base}/notification/open/${client}/sse`, { headers })
  const response = await new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve))
  let text = ''
  let ended = false
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) got.push(JSON.parse(data) as Result)
      ids.push(...(/^id: (.*)$/m.exec(block)?.slice(1) ?? []))
    }
  })
  response.on('close', () => (ended = true))
  response.on('error', () => (ended = true))
  return { got, ids, response, hangUp: () => request.destroy(), isEnded: () => ended }
}

describe('listeners', () => {
  it('hear the events of all resources from the Events MBean, and those of one from its own', async () => {
    const client = await register()
    const [all, one, other] = [
      await add(client),
      await add(client, { mbean: DATASOURCE }),
      await add(client, { mbean: 'spyglass:type=Instance,name=http-1' }),
    ]
    const event = emit('leaked')
    const heard = await pull(client, all)
    expect(heard).toMatchObject({ handle: all, handback: null, dropped: 0 })
    expect(heard.notifications).toEqual([
      {
        timeStamp: time,
        sequenceNumber: expect.any(Number) as unknown,
        type: 'spyglass.pool.leak',
        message: 'leaked',
        source: { objectName: EVENTS },
        userData: event,
      },
    ])
    expect((await pull(client, one)).notifications).toMatchObject([{ source: { objectName: DATASOURCE } }])
    expect(messages(await pull(client, other))).toEqual([])
    expect(messages(await pull(client, all))).toEqual([])
  })

  it('are filtered by the beginning of the type, and get their handback', async () => {
    const client = await register()
    const handle = await add(client, { filter: ['spyglass.pool.ex'], handback: { id: 7 } })
    emit('leak')
    emit('exhausted', 'spyglass.pool.exhausted')
    const result = await pull(client, handle)
    expect(messages(result)).toEqual(['exhausted'])
    expect(result.handback).toEqual({ id: 7 })
  })

  it('may name a pattern', async () => {
    const client = await register()
    const handle = await add(client, { mbean: 'spyglass:type=Datasource,*' })
    emit('x')
    expect((await pull(client, handle)).notifications).toMatchObject([{ source: { objectName: DATASOURCE } }])
  })

  it('are listed, removed, and go with their client', async () => {
    const client = await register()
    const handle = await add(client, { filter: ['a'], handback: 'h' })
    const { json } = await server.get(`/jolokia/notification/list/${client}`)
    expect(json.value).toEqual({ [handle]: { mbean: EVENTS, filter: ['a'], handback: 'h' } })
    expect(await command({ command: 'remove', client, handle })).toMatchObject({ status: 200, value: null })
    expect(await command({ command: 'remove', client, handle })).toMatchObject({ status: 500 })
    expect(await command({ command: 'unregister', client })).toMatchObject({ status: 200 })
    expect(await command({ command: 'ping', client })).toMatchObject({ status: 500, error: `No client ${client} registered` })
  })

  it('hold at most 100 notifications and say how many they lost', async () => {
    const client = await register()
    const handle = await add(client)
    for (let index = 0; index < 130; index++) emit(String(index))
    const result = await pull(client, handle)
    expect([result.dropped, result.notifications.length, messages(result)[0]]).toEqual([30, 100, '30'])
    expect((await pull(client, handle)).dropped).toBe(0)
  })

  it('are refused for unknown MBeans, backends and clients, and beyond their number', async () => {
    const client = await register()
    expect(await command({ command: 'add', client, mode: 'pull', mbean: 'no:type=x' })).toMatchObject({ status: 404 })
    expect(await command({ command: 'add', client, mode: 'smoke', mbean: EVENTS })).toMatchObject({ status: 500 })
    expect(await command({ command: 'add', client: 'nobody', mode: 'pull', mbean: EVENTS })).toMatchObject({ status: 500 })
    for (let index = 0; index < 100; index++) await add(client)
    expect((await server.post({ type: 'notification', command: 'add', client, mode: 'pull', mbean: EVENTS })).status).toBe(400)
  })
})

describe('clients', () => {
  it('are forgotten when nothing is heard of them for five minutes', async () => {
    const [quiet, pinging] = [await register(), await register()]
    time += 200_000
    await command({ command: 'ping', client: pinging })
    time += 200_000
    await register()
    expect(await command({ command: 'ping', client: quiet })).toMatchObject({ status: 500 })
    expect(await command({ command: 'ping', client: pinging })).toMatchObject({ status: 200 })
  })

  it('are at most 200, and counted by the store MBean', async () => {
    time += 1_000_000
    for (let index = 0; index < 200; index++) await register()
    expect((await server.get('/jolokia/read/jolokia:type=NotificationStore,agent=test/clients')).json.value).toBe(200)
    expect((await server.post({ type: 'notification', command: 'register' })).status).toBe(400)
    time += 1_000_000
    await register()
  })
})

describe('an event stream', () => {
  it('carries each notification within a moment', async () => {
    const client = await register()
    const handle = await add(client, { mode: 'sse' })
    const stream = await openStream(client)
    expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=UTF-8')
    emit('a\nb')
    emit('c')
    await until(() => stream.got.length === 2)
    expect(stream.got.flatMap(messages)).toEqual(['a\nb', 'c'])
    expect(stream.got[0]?.handle).toBe(handle)
    stream.hangUp()
  })

  it('sends after a reconnection what the client has not seen', async () => {
    const client = await register()
    await add(client, { mode: 'sse' })
    const first = await openStream(client)
    emit('1')
    await until(() => first.got.length === 1)
    first.hangUp()
    emit('2')
    const second = await openStream(client, { 'last-event-id': first.ids[0] ?? '' })
    emit('3')
    await until(() => second.got.length === 2)
    expect(second.got.flatMap(messages)).toEqual(['2', '3'])
    const third = await openStream(client, { 'last-event-id': '0' })
    await until(() => third.got.length === 3)
    await until(second.isEnded)
    third.hangUp()
  })

  it('is dropped when its reader does not read, and the process keeps nothing for it beyond the backlog', async () => {
    const client = await register()
    await add(client, { mode: 'sse' })
    const stream = await openStream(client)
    stream.response.pause()
    const large = 'x'.repeat(100_000)
    await until(async () => {
      emit(large)
      await delay(0)
      return (await server.get('/jolokia/read/jolokia:type=NotificationStore,agent=test/streams')).json.value === 0
    })
    const again = await openStream(client, { 'last-event-id': '0' })
    emit('end')
    await until(() => again.got.flatMap(messages).includes('end'))
    expect(again.got.length).toBeLessThan(20)
    again.hangUp()
    stream.hangUp()
  })

  it('survives a storm of events in one turn of the loop', async () => {
    const client = await register()
    await add(client, { mode: 'sse' })
    const stream = await openStream(client)
    const large = 'y'.repeat(10_000)
    for (let index = 0; index < 2000; index++) emit(large)
    await until(stream.isEnded)
    const again = await openStream(client)
    emit('after')
    await until(() => again.got.flatMap(messages).includes('after'))
    const lost = [...stream.got, ...again.got].reduce((sum, { dropped }) => sum + dropped, 0)
    expect(lost).toBeGreaterThan(1000)
    again.hangUp()
  })

  it('is opened by clients that are known, for sse, and alone', async () => {
    const client = await register()
    expect((await server.get('/jolokia/notification/open/nobody/sse')).json).toMatchObject({ status: 500 })
    expect((await server.get(`/jolokia/notification/open/${client}/pull`)).json).toMatchObject({ status: 500 })
    expect((await server.post([{ type: 'notification', command: 'open', client, mode: 'sse' }])).json).toMatchObject([{ status: 400 }])
  })

  it('ends with the server', async () => {
    const own = await createMBeanServer()
    const url = await own.app.listen({ port: 0, host: '127.0.0.1' })
    const client = ((await own.get('/jolokia/notification/register')).json.value as { id: string }).id
    const response = await new Promise<http.IncomingMessage>((resolve) =>
      http.get(`${url}/jolokia/notification/open/${client}/sse`, resolve),
    )
    const ended = new Promise((resolve) => response.on('close', resolve))
    response.resume()
    await own.app.close()
    await ended
    expect(own.registry.find(EVENTS)).toBeUndefined()
  })
})

describe('the Events MBean', () => {
  it('counts events and shows the last', async () => {
    const before = (await server.get(`/jolokia/read/${EVENTS}/count`)).json.value as number
    emit('last one')
    expect((await server.get(`/jolokia/read/${EVENTS}`)).json.value).toMatchObject({
      count: before + 1,
      lastName: 'spyglass.pool.leak',
      lastMessage: 'last one',
      lastResource: { objectName: DATASOURCE },
      lastTime: new Date(time).toISOString(),
    })
  })
})
