import { expect, test } from 'vitest'
import { createAccessPolicy } from '../../../snmp-bridge/src/vacm/vacm.ts'

test('a community reads only where it is configured, and must match wholly', () => {
  const policy = createAccessPolicy({ community: 'geheim', users: [] })
  expect(policy.mayRead(Buffer.from('geheim'))).toBe(true)
  expect(policy.mayRead(Buffer.from('geheim\0'))).toBe(false)
  expect(policy.mayRead(Buffer.alloc(0))).toBe(false)
  expect(createAccessPolicy({ users: [] }).mayRead(Buffer.alloc(0))).toBe(false)
})

test('a user is found by its exact name', () => {
  const policy = createAccessPolicy({ users: [{ name: Buffer.from('operator'), keys: undefined as never }] })
  expect(policy.user(Buffer.from('operator'))).toBeDefined()
  expect(policy.user(Buffer.alloc(0))).toBeUndefined()
})
