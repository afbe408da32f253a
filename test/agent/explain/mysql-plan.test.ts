import { expect, test } from 'vitest'
import { mysqlPlan } from '../../../agent/src/explain/mysql-plan.ts'

test('each table is a line, without what is not known to be free of values', () => {
  const row = { id: 1, select_type: 'SIMPLE', table: 'orders', type: 'ALL', possible_keys: null, key: null, rows: 1000, attached: 'secret' }
  expect(
    mysqlPlan([
      { ...row, Extra: 'Using where; Using filesort' },
      { ...row, table: 'items', type: 'ref', key: 'PRIMARY', key_len: '4', ref: 'shop.o.id' },
    ]),
  ).toBe(
    'SIMPLE orders  type=ALL rows=1000  Using where; Using filesort\nSIMPLE items  type=ref key=PRIMARY key_len=4 ref=shop.o.id rows=1000',
  )
  expect(mysqlPlan([{ ...row, Extra: "constant 'secret' and 42" }])).toBe('SIMPLE orders  type=ALL rows=1000  constant ? and ?')
})
