import { expect, test } from 'vitest'
import { rolesBy } from '../../../../runtime/src/realm/source/roles-by.ts'

test('groups are the roles, or those that they stand for, each once', () => {
  expect(rolesBy({}, ['sales', 'it'])).toEqual(['sales', 'it'])
  expect(rolesBy({ sales: 'clerk', shop: 'clerk', it: 'administrator' }, ['sales', 'shop', 'others', 'constructor'])).toEqual(['clerk'])
})
