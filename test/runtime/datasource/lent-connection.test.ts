import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Agent, currentAgent, installAgent } from '@spyglass/agent'
import { expect, onTestFinished, test } from 'vitest'
import { LentConnection } from '../../../runtime/src/datasource/lent-connection.ts'
import { until } from '../../support/until.ts'
import { openShop } from './fixture.ts'
import { scriptedPool } from './pool/scripted-driver.ts'

test('a connection can be returned twice, and used no more after that', async () => {
  await using pool = await openShop()
  const connection = await pool.shop.connect()
  connection.release()
  connection.release()
  expect(pool.read('idleConnections')).toBe(1)
  await expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'SPY_CONNECTION_RETURNED' })
  await expect(connection.query('SELECT 1')).rejects.toThrow(/borrowed at .*lent-connection\.test\.ts:\d+/)
})

test('using and await using return the connection, also when the block throws', async () => {
  await using pool = await openShop({ max: 1 })
  const fails = async (): Promise<void> => {
    using connection = await pool.shop.connect()
    expect(connection.id).toBe(1)
    throw new RangeError('no')
  }
  await expect(fails()).rejects.toThrow(RangeError)
  {
    await using connection = await pool.shop.connect()
    await connection.script('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
    expect(await connection.execute('UPDATE t SET a = 2')).toMatchObject({ changes: 1 })
  }
  expect(pool.read('activeConnections')).toBe(0)
})

test('a connection whose handle is collected unreturned is reported and comes back', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { pool, told, lent } = scriptedPool()
  const held = new LentConnection(pool, (await lent()).borrow)
  const forget = async (): Promise<void> => void new LentConnection(pool, (await lent()).borrow)
  await forget()
  await until(() => {
    collect()
    return told.length > 0
  })
  expect(told).toEqual(['collected'])
  expect([pool.figures.leaks, await held.execute('SELECT 1').then(String)]).toEqual([1, 'undefined'])
})

test.each(['a text', undefined, { code: 7 }])('what a driver throws instead of an error is passed on as it is: %j', async (thrown) => {
  const { pool, lent } = scriptedPool()
  const { borrow, connection } = await lent()
  connection.answer = failing(thrown)
  await expect(new LentConnection(pool, borrow).query('SELECT 1')).rejects.toBe(thrown)
})

test('the wait for a connection is that of its first statement alone', async () => {
  const waits: number[] = []
  const before = currentAgent()
  onTestFinished(() => installAgent(before as Agent))
  const startStatement = ({ waitMs }: Parameters<Agent['startStatement']>[0]): { end(): void } => {
    waits.push(waitMs ?? 0)
    return { end: () => {} }
  }
  installAgent({ currentRequest: () => undefined, captureCallSite: () => undefined, startStatement } as unknown as Agent)
  const { pool, clock, lend, lent } = scriptedPool({ max: 1 })
  const { borrow } = await lent()
  const waiting = lend()
  clock.advance(700)
  pool.return(borrow)
  const connection = new LentConnection(pool, await waiting)
  await connection.query('SELECT 1')
  await connection.query('SELECT 2')
  expect(waits).toEqual([700, 0])
})

async function failing(thrown: unknown): Promise<never> {
  throw thrown
}
