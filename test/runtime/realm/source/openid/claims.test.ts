import { expect, test } from 'vitest'
import { personIn } from '../../../../../runtime/src/realm/source/openid/claims.ts'

const names = { nameClaim: 'sub', rolesClaim: 'roles', roles: {} }

test.each([
  [{ sub: 'ann', roles: ['a', 'b'] }, {}, { name: 'ann', roles: ['a', 'b'] }],
  [{ sub: 'ann', roles: 'a' }, {}, { name: 'ann', roles: ['a'] }],
  [{ sub: 'ann' }, {}, { name: 'ann', roles: [] }],
  [{ sub: 'ann', roles: { a: true } }, {}, { name: 'ann', roles: [] }],
  [{ sub: 'ann', roles: ['a', 7, ''] }, {}, { name: 'ann', roles: ['a'] }],
  [
    { sub: '7', email: 'ann@x', realm_access: { roles: ['a'] } },
    { nameClaim: 'email', rolesClaim: 'realm_access.roles' },
    { name: 'ann@x', roles: ['a'] },
  ],
  [{ sub: 'ann', 'https://x.example/roles': ['a'] }, { rolesClaim: 'https://x.example/roles' }, { name: 'ann', roles: ['a'] }],
  [{ sub: 'ann', roles: ['a', 'b'] }, { roles: { a: 'clerk' } }, { name: 'ann', roles: ['clerk'] }],
])('%j with %j is %j', (claims, given, person) => expect(personIn(claims, { ...names, ...given })).toEqual(person))

test.each([{}, { sub: 7 }, { sub: '' }, { sub: ['ann'] }])('without a name it is nobody: %j', (claims) => {
  expect(() => personIn(claims, names)).toThrow('no claim sub')
})

test('a name is none of the things that every object has', () => {
  expect(() => personIn({ sub: 'ann' }, { ...names, nameClaim: 'constructor.name' })).toThrow('no claim constructor.name')
})
