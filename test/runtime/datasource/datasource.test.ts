import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { openShop } from './fixture.ts'

test('a statement that fails throws with a stack that leads to the line of the application', async () => {
  await using pool = await openShop()
  async function handler() {
    await pool.shop.query('SELEC 1')
  }
  const error = await handler().catch((error: unknown) => error as Error)
  expect(error?.stack).toMatch(/at (?:async )?handler .*datasource\.test\.ts:\d+/)
})

test('a transaction is committed when its function resolves and rolled back when it rejects', async () => {
  await using pool = await openShop()
  await pool.shop.script('CREATE TABLE t (a)')
  const result = await pool.shop.transaction(async (connection) => {
    await connection.execute('INSERT INTO t VALUES (?)', [1])
    return 'done'
  })
  expect(result).toBe('done')
  const failing = pool.shop.transaction(async (connection) => {
    await connection.execute('INSERT INTO t VALUES (2)')
    throw new RangeError('no')
  })
  await expect(failing).rejects.toThrow(RangeError)
  expect(await pool.shop.query('SELECT a FROM t')).toEqual([{ a: 1 }])
  expect(pool.read('activeConnections')).toBe(0)
})

test('the context of each caller survives the queue and the hop to the worker', async () => {
  await using pool = await openShop({ max: 2, maxWaiting: 1000 })
  const requests = new AsyncLocalStorage<number>()
  let right = 0
  const one = (n: number) =>
    requests.run(n, async () => {
      for (let i = 0; i < 2; i++) {
        const [row] = await pool.shop.query<{ n: number }>('SELECT ? AS n', [n])
        if (requests.getStore() === n && row?.n === n) right++
      }
    })
  await Promise.all(Array.from({ length: 160 }, (_, n) => one(n)))
  expect(right).toBe(320)
})
