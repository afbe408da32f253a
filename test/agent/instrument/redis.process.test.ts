import { expect, test } from 'vitest'
import { redis } from '../../../agent/src/instrument/redis.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startRedis } from '../../support/redis.ts'

const PROGRAM = `import { createClient } from '@redis/client'
async function main(): Promise<void> {
  const redis: any = createClient({ socket: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) } })
  await redis.connect()
  await inRequest(async () => {
    await redis.set('user:anna', 'a secret')
    await redis.get('user:anna')
  }, '/plain')
  await inRequest(() => redis.multi().incr('visits').expire('visits', 60).exec(), '/multi')
  await inRequest(() => redis.sendCommand(['LPUSH', 'user:anna', '1']).catch(() => 'caught'), '/failed')
  await (redis.close ?? redis.quit).call(redis)
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

test('commands are recorded with their call sites and without keys and values, in each form and version', async (context) => {
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  const env = { REDIS_PORT: String(server.port) }
  const runs = [...formsOf(redis).map((form) => ({ form })), { form: 'esm' as const, aliases: { '@redis/client': 'redis-client-1' } }]
  for (const run of runs) {
    const { traces, sink } = await recorded(PROGRAM, { ...run, env })
    const requests = traces.filter(({ root }) => root.attributes['url.path'] !== undefined)
    expect([run, ...requests.map(({ children }) => children.map(({ attributes }) => attributes['db.query.text']))]).toEqual([
      run,
      ['set ? ?', 'get ?'],
      ['multi', 'incr ?', 'expire ? ?', 'exec'],
      ['lpush ? ?'],
    ])
    expect(requests.map(({ children }) => children[0] && codeOf(children[0]))).toEqual([
      expect.stringContaining('redis.set('),
      expect.stringContaining('redis.multi()'),
      expect.stringContaining('redis.sendCommand('),
    ])
    expect(requests[2]?.children[0]).toMatchObject({
      status: { code: 2 },
      attributes: {
        'db.system.name': 'redis',
        'db.client.connection.pool.name': `127.0.0.1:${server.port}`,
        'error.type': expect.stringMatching(/Error/),
      },
    })
    expect(JSON.stringify([sink.spans, sink.points])).not.toMatch(/anna|secret|visits/)
  }
})

const POOL_OF_ONE = `import { createClientPool } from '@redis/client'
async function main(): Promise<void> {
  const pool: any = await createClientPool({ socket: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) } }, { minimum: 1, maximum: 1 }).connect()
  let release = () => {}
  const held = inRequest(() => pool.execute(() => new Promise<void>((resolve) => (release = resolve))), '/held')
  while (pool.clientsInUse === 0) await new Promise((resolve) => setImmediate(resolve))
  const waiting = inRequest(() => pool.get('user:anna'), '/waiting')
  while (pool.tasksQueueLength === 0) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 5))
  release()
  await Promise.all([held, waiting])
  await pool.close()
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

test('a command that waited for a pool belongs to its request, with its line and the wait', async (context) => {
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  for (const form of ['esm', 'bundle'] as const) {
    const { traces } = await recorded(POOL_OF_ONE, { form, env: { REDIS_PORT: String(server.port) } })
    const waiting = traces.find(({ root }) => root.attributes['url.path'] === '/waiting')
    expect([form, ...(waiting?.children ?? []).map((child) => [child.name, codeOf(child)])]).toEqual([
      form,
      [`wait 127.0.0.1:${server.port}`, undefined],
      [expect.stringMatching(/^GET /), expect.stringContaining('pool.get(')],
    ])
    const held = traces.find(({ root }) => root.attributes['url.path'] === '/held')
    expect(held?.children.filter(({ name }) => !name.startsWith('wait '))).toEqual([]) // a connection that opens slowly is a wait, too
  }
})
