/** A Redis as a resource, with real servers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { startRedis } from '../../support/redis.ts'
import { startSilentServer } from '../../support/silent-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { openOutgoing } from '../outgoing/fixture.ts'

async function started(context: TestContext, more: readonly string[] = []) {
  const server = await startRedis(context, more)
  onTestFinished(() => server.stop())
  return `redis://127.0.0.1:${server.port}`
}

async function opened(given: Parameters<typeof openOutgoing<'redisServers'>>[1]) {
  const around = await openOutgoing('redisServers', given)
  return { ...around, client: around.face as unknown as Redis }
}

test('it is a client of the package of the application, whose commands are counted', async (context) => {
  const { client, read } = await opened({ url: `${await started(context)}/1` })
  expect(client).toBeInstanceOf(Redis)
  await client.set('stock', 7)
  expect(await client.decr('stock')).toBe(6)
  expect(await client.pipeline().incr('stock').get('stock').exec()).toEqual([
    [null, 7],
    [null, '7'],
  ])
  expect(await client.multi().incr('stock').exec()).toEqual([[null, 8]])
  await expect(client.call('NONSENSE')).rejects.toThrow('unknown command')
  expect(['state', 'running', 'waiting', 'failures', 'connections'].map(read)).toEqual(['ok', 0, 0, 1, 1])
  expect(read('calls')).toBeGreaterThanOrEqual(8)
})

test('a Redis that is not there, or never answers, is an error in time; too many commands are refused at once', async (context) => {
  const settings = { timeoutMs: 100, maxWaiting: 2 }
  for (const port of [await freePort(), await startSilentServer()]) {
    const { client, read } = await opened({ url: `redis://127.0.0.1:${port}`, ...settings })
    const waiting = [1, 2].map(() => client.get('x').catch((error: { code?: string }) => error.code))
    await expect(client.get('x')).rejects.toMatchObject({ code: 'SPY_REDIS_BUSY', statusCode: 503 })
    expect(await Promise.all(waiting)).toEqual(['SPY_REDIS_TIMEOUT', 'SPY_REDIS_TIMEOUT'])
    expect(['state', 'timeouts', 'refused', 'running'].map(read)).toEqual(['down', 2, 1, 0])
  }
  const port = await freePort()
  const { client, read } = await opened({ url: `redis://127.0.0.1:${port}`, timeoutMs: 100 })
  await client.get('x').catch(() => {})
  const server = await startRedis(context, ['--port', String(port)])
  onTestFinished(() => server.stop())
  await until(async () => (await client.ping().catch(() => '')) === 'PONG')
  expect(read('state')).toBe('ok')
})

test('address and password change under load: no command fails, and none is carried out twice', async (context) => {
  const [first, second] = [await started(context), await started(context, ['--requirepass', 'hush'])]
  const { client, configure, read, log, registry } = await opened({ url: first, timeoutMs: 60_000 })
  let [sent, isOver] = [0, false]
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      sent++
      await client.incr('n')
    }
  })
  await until(() => sent > 100)
  const file = join(tempFolder(), 'password')
  writeFileSync(file, 'hush\n')
  configure({ url: second, passwordFrom: `file:${file}`, timeoutMs: 60_000, maxWaiting: 10_000 })
  const other = new Redis(second, { password: 'hush' })
  onTestFinished(() => other.disconnect())
  await until(async () => Number(await other.get('n')) > 100)
  isOver = true
  await Promise.all(clients)
  const before = new Redis(first)
  onTestFinished(() => before.disconnect())
  expect(Number(await before.get('n')) + Number(await other.get('n'))).toBe(sent)
  expect([read('failures'), read('target')]).toEqual([0, new URL(second).host])
  expect(JSON.stringify([log, registry.snapshot()])).not.toContain('hush')
})

test('what waits for long has a connection of its own, which ends with the instance', async (context) => {
  const { client, resources, read } = await opened({ url: await started(context), timeoutMs: 100 })
  const patient = client.duplicate()
  const popped = patient.blpop('jobs', 0)
  await until(() => read('connections') === 1) // the other has none yet
  expect([patient.options.commandTimeout, client.options.commandTimeout]).toEqual([undefined, 100])
  await client.rpush('jobs', 'one')
  expect([await popped, read('connections')]).toEqual([['jobs', 'one'], 2])
  await resources.close(1000)
  expect([client.status, patient.status]).toEqual(['end', 'end'])
})
