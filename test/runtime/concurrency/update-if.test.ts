import { expect, test } from 'vitest'
import { updateIf, type UpdateTarget } from '../../../runtime/src/concurrency/update-if.ts'
import { openShop } from '../datasource/fixture.ts'

const openProducts = async () => {
  const opened = await openShop()
  const shop = opened.shop
  await shop.script(
    'CREATE TABLE `odd ``name` (id INTEGER, stock INTEGER, version INTEGER); INSERT INTO `odd ``name` VALUES (7, 5, 3), (8, 5, 3)',
  )
  return { opened, target: shop as unknown as UpdateTarget, rows: async () => await shop.query('SELECT * FROM `odd ``name` ORDER BY id') }
}

test('a row is changed by the first that read its version, and by nobody else', async () => {
  const { opened, target, rows } = await openProducts()
  await using _closing = opened
  const sell = (stock: number): Promise<boolean> => updateIf(target, 'odd `name', { where: { id: 7 }, version: 3, set: { stock } })
  expect([await sell(4), await sell(3)]).toEqual([true, false])
  expect(await rows()).toEqual([
    { id: 7, stock: 4, version: 4 },
    { id: 8, stock: 5, version: 3 },
  ])
})

test('a pool of mysql2 with callbacks is asked by its promises', async () => {
  const asked: string[] = []
  const promises = { query: () => expect.unreachable(), execute: async (sql: string) => (asked.push(sql), [{ affectedRows: 1 }]) }
  const target = { query: () => expect.unreachable(), execute: () => expect.unreachable(), promise: () => promises }
  expect(await updateIf(target, 'products', { where: { id: 7 }, version: 3, set: { stock: 4 } })).toBe(true)
  expect(asked).toHaveLength(1)
})

test.each([
  [{ where: {}, version: 1, set: { stock: 1 } }, 'every row'],
  [{ where: { id: 1 }, version: 1, set: {} }, '"set" is empty'],
  [{ where: { id: 1 }, version: 1, set: { version: 9 } }, 'version is the version'],
])('%j is refused', async (update, message) => {
  const target: UpdateTarget = { query: () => expect.unreachable() }
  await expect(updateIf(target, 'products', update)).rejects.toThrow(message)
})
