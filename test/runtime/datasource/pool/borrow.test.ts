import { expect, test } from 'vitest'
import { Borrow, askerOf } from '../../../../runtime/src/datasource/pool/borrow.ts'
import type { DriverConnection } from '../../../../runtime/src/datasource/driver.ts'

const connection: DriverConnection = {
  inTransaction: false,
  broken: false,
  running: undefined,
  reset: async () => undefined,
  validate: async () => undefined,
  close: async () => undefined,
}
const site = { location: () => 'src/shop.ts:7', frames: () => ['handler (src/shop.ts:7:3)'] }

test('a holder says where, for how long and what, without the literals', () => {
  const borrow = new Borrow({ id: 3, connection, generation: 0, openedAt: 0, idleSince: 0 }, askerOf(site, true), 1000, 5)
  borrow.system = 'sqlite'
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

test('the last statement is read in the dialect of its database', () => {
  const borrow = new Borrow({ id: 3, connection, generation: 0, openedAt: 0, idleSince: 0 }, askerOf(site, true), 1000, 5)
  expect(borrow.statement()).toBe('')
  borrow.text = "SELECT $$pw$$, E'it\\'s', a FROM t"
  borrow.system = 'postgresql'
  expect(borrow.statement()).toBe('SELECT ?, ?, a FROM t')
  borrow.text = "SELECT [it's] FROM t WHERE a = 'C:\\' AND b = 'x'"
  borrow.system = 'sqlite'
  expect(borrow.statement()).toBe("SELECT [it's] FROM t WHERE a = ? AND b = ?")
})
