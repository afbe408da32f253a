import { expect, test } from 'vitest'
import { postgresPlan } from '../../../agent/src/explain/postgres-plan.ts'

const scan = (more: object) => ({ 'Startup Cost': 0, 'Total Cost': 35.5, 'Plan Rows': 10, 'Plan Width': 4, ...more })

test('nodes are indented, with their costs, and conditions without their literals', () => {
  const inner = scan({
    'Node Type': 'Index Scan',
    'Index Name': 'items_pkey',
    'Relation Name': 'items',
    Alias: 'items',
    'Index Cond': '(order_id = 42)',
  })
  const outer = scan({ 'Node Type': 'Seq Scan', 'Relation Name': 'orders', Alias: 'o', Filter: "((note)::text = 'secret'::text)" })
  const join = scan({ 'Node Type': 'Nested Loop', 'Join Type': 'Left', Plans: [outer, inner] })
  const sort = scan({ 'Node Type': 'Sort', 'Sort Key': ['o.id', "(o.note || 'secret'::text)"], Output: ['secret'], Plans: [join] })
  const plan = postgresPlan([{ Plan: sort }])
  expect(plan.split('\n')).toEqual([
    'Sort  (cost=0.00..35.50 rows=10 width=4)',
    '  Sort Key: o.id, (o.note || ?::text)',
    '  Left Nested Loop  (cost=0.00..35.50 rows=10 width=4)',
    '    Seq Scan on orders o  (cost=0.00..35.50 rows=10 width=4)',
    '      Filter: ((note)::text = ?::text)',
    '    Index Scan using items_pkey on items  (cost=0.00..35.50 rows=10 width=4)',
    '      Index Cond: (order_id = ?)',
  ])
  expect(postgresPlan(JSON.stringify([{ Plan: sort }]))).toBe(plan)
})

test('an answer without a plan is none, and a deep one is cut', () => {
  expect(postgresPlan([])).toBe('')
  let node: object = scan({ 'Node Type': 'Result' })
  for (let depth = 0; depth < 100; depth++) node = scan({ 'Node Type': 'Append', Plans: [node] })
  expect(postgresPlan([{ Plan: node }]).split('\n')).toHaveLength(31)
})
