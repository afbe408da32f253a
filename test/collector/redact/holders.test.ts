import { expect, test } from 'vitest'
import { cleanHolders } from '../../../collector/src/redact/holders.ts'
import { Redactor } from '../../../collector/src/redact/index.ts'

const holder = { connection: 1, heldMs: 463, route: '/shop/leak', location: 'src/faults.ts:12', stack: ['f (src/faults.ts:12:3)'] }

test('clean holders stay as they are, secrets in any of their texts go, and the list stays JSON', () => {
  const clean = [{ ...holder, statement: 'SELECT id FROM product WHERE stock < ?' }]
  expect(cleanHolders(JSON.stringify(clean), new Redactor())).toBe(JSON.stringify(clean))
  const session = {
    id: 7,
    state: 'active',
    waitsFor: 'Lock: row',
    blockers: [{ id: 8, who: 'shop, clerk', statement: 'UPDATE carts SET n = ?' }],
  }
  expect(cleanHolders(JSON.stringify([{ ...holder, session }]), new Redactor())).toBe(JSON.stringify([{ ...holder, session }]))
  const planted = [{ ...holder, statement: "SELECT 'hunter2'", password: 'hunter2', stack: ['password=hunter2'] }]
  const found = cleanHolders(JSON.stringify(planted), new Redactor()) ?? ''
  expect(found).not.toContain('hunter2')
  expect(JSON.parse(found)).toMatchObject([{ connection: 1, route: '/shop/leak' }])
})

test('what is no JSON, or nests without end, is left to the rules of plain text', () => {
  expect(cleanHolders('{', new Redactor())).toBeUndefined()
  expect(cleanHolders('['.repeat(60_000) + ']'.repeat(60_000), new Redactor())).toSatisfy(
    (text) => text === undefined || typeof text === 'string',
  )
})
