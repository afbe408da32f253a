import { expect, test } from 'vitest'
import { openShop } from './fixture.ts'

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
