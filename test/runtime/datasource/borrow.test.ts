import { expect, test } from 'vitest'
import { Borrow, askerOf, withoutLiterals } from '../../../runtime/src/datasource/borrow.ts'
import type { DriverConnection } from '../../../runtime/src/datasource/driver.ts'

const connection: DriverConnection = {
  inTransaction: false,
  broken: false,
  run: async () => undefined,
  validate: async () => undefined,
  close: async () => undefined,
}
const site = { location: () => 'src/shop.ts:7', frames: () => ['handler (src/shop.ts:7:3)'] }

test('a holder tells where, for how long and what, without the literals', () => {
  const borrow = new Borrow({ id: 3, connection, idleSince: 0 }, askerOf(site, true), 1000, 5)
  borrow.text = "SELECT * FROM customer WHERE name = 'Ada' AND id = 7"
  expect(borrow.holder(3500)).toEqual({
    connection: 3,
    heldMs: 2500,
    route: '',
    traceId: '',
    statement: 'SELECT * FROM customer WHERE name = ? AND id = ?',
    location: 'src/shop.ts:7',
    leaked: false,
    stack: ['handler (src/shop.ts:7:3)'],
  })
  expect(borrow.describe()).toBe('src/shop.ts:7')
})

test('without an agent literals are taken out of a statement, names with digits stay', () => {
  expect(withoutLiterals("INSERT INTO t1 VALUES (12, 'it''s', x2, 0x1F, 'open")).toBe('INSERT INTO t1 VALUES (?, ?, x2, ?, ?')
})
