import { expect, test } from 'vitest'
import { ioredis } from '../../../agent/src/instrument/ioredis.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startRedis, startRedisCluster } from '../../support/redis.ts'

const PROGRAM = `import Redis from 'ioredis'
async function main(): Promise<void> {
  const redis = new Redis(Number(process.env.REDIS_PORT), '127.0.0.1')
  await inRequest(async () => {
    await redis.set('user:anna', 'a secret')
    await redis.get('user:anna')
  })
  await inRequest(() => redis.pipeline().incr('visits').expire('visits', 60).exec())
  await inRequest(() => redis.call('lpush', 'user:anna', '1').catch(() => 'caught'))
  redis.disconnect()
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

test('commands are recorded with their call sites and without keys and values, in each form', async (context) => {
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  for (const form of formsOf(ioredis)) {
    const { traces, sink } = await recorded(PROGRAM, { form, env: { REDIS_PORT: String(server.port) } })
    expect([form, ...traces.map(({ children }) => children.map(({ attributes }) => attributes['db.query.text']))]).toEqual([
      form,
      ['set ? ?', 'get ?'],
      ['incr ?', 'expire ? ?'],
      ['lpush ? ?'],
    ])
    expect(traces.map(({ children }) => children[0] && codeOf(children[0]))).toEqual([
      expect.stringContaining('redis.set('),
      expect.stringContaining('redis.pipeline()'),
      expect.stringContaining('redis.call('),
    ])
    expect(traces[2]?.children[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'db.system.name': 'redis', 'error.type': 'ReplyError' },
    })
    expect(JSON.stringify([sink.spans, sink.points])).not.toMatch(/anna|secret|visits/)
  }
})

const TOGETHER = `import Redis from 'ioredis'
async function main(): Promise<void> {
  const redis = new Redis(Number(process.env.REDIS_PORT), '127.0.0.1', { enableAutoPipelining: true })
  await redis.ping()
  await Promise.all([
    inRequest(() => redis.get('a'), '/get'),
    inRequest(() => redis.mget('a', 'b'), '/mget'),
    inRequest(() => redis.pipeline().incr('visits').exec(), '/incr'),
  ])
  redis.disconnect()
}
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
`

test('commands that ioredis sends together belong each to the request that called it', async (context) => {
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  for (const form of ['esm', 'bundle'] as const) {
    const { traces } = await recorded(TOGETHER, { form, env: { REDIS_PORT: String(server.port) } })
    const found = traces.flatMap(({ root, children }) =>
      children.map((child) => [root.attributes['url.path'], child.attributes['db.query.text'], codeOf(child)]),
    )
    expect(found.filter(([path]) => path !== undefined).toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
      ['/get', 'get ?', expect.stringContaining('redis.get(')],
      ['/incr', 'incr ?', expect.stringContaining('.incr(')],
      ['/mget', 'mget ? ?', expect.stringContaining('redis.mget(')],
    ])
  }
})

/** Each key is in a slot of the other node than the client believes, so that a server sends MOVED. */
const CLUSTER = `import Redis from 'ioredis'
async function main(): Promise<void> {
  const nodes = process.env.REDIS_NODES!.split(',')
  const cluster: any = new Redis.Cluster(nodes.map((node) => 'redis://' + node), { enableAutoPipelining: process.env.AUTO === 'yes' })
  await new Promise((resolve) => cluster.once('ready', resolve))
  const mislead = () => cluster.slots.forEach((_: unknown, slot: number) => (cluster.slots[slot] = [nodes[slot > 8191 ? 0 : 1]]))
  await inRequest(async () => {
    mislead()
    await cluster.set('a', '1')
  }, '/moved')
  await inRequest(async () => {
    mislead()
    await cluster.pipeline().set('a', '1').get('a').exec()
  }, '/pipeline')
  await inRequest(() => cluster.lpush('a', '1').catch(() => {}), '/failed')
  cluster.disconnect()
}
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
`

test('a command that a cluster redirects is one statement, which ends as its last attempt does', async (context) => {
  const nodes = (await startRedisCluster(context)).map(({ host, port }) => `${host}:${port}`)
  for (const [form, auto] of [
    ['esm', 'no'],
    ['bundle', 'yes'],
  ] as const) {
    const { traces } = await recorded(CLUSTER, { form, env: { REDIS_NODES: nodes.join(','), AUTO: auto } })
    const found = traces
      .filter(({ root }) => root.attributes['url.path'] !== undefined)
      .flatMap(({ root, children }) =>
        children
          .filter(({ attributes }) => attributes['db.client.connection.pool.name'] === nodes.join(','))
          .map(({ attributes }) => [root.attributes['url.path'], attributes['db.query.text'], attributes['error.type']]),
      )
    expect([auto, ...found]).toEqual([
      auto,
      ['/moved', 'set ? ?', undefined],
      ['/pipeline', 'set ? ?', undefined],
      ['/pipeline', 'get ?', undefined],
      ['/failed', 'lpush ? ?', 'ReplyError'],
    ])
  }
})

const SENTINEL = `import Redis from 'ioredis'
async function main(): Promise<void> {
  const redis = new Redis({ sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'shop', sentinelRetryStrategy: () => null, lazyConnect: true })
  redis.on('error', () => {})
  await inRequest(() => redis.get('a').catch(() => {}))
}
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
`

test('a connection that sentinels give has their name for its pool', async () => {
  const { traces } = await recorded(SENTINEL, { form: 'esm' })
  const get = traces.flatMap(({ children }) => children).find(({ attributes }) => attributes['db.query.text'] === 'get ?')
  expect(get?.attributes['db.client.connection.pool.name']).toBe('shop/0')
})
