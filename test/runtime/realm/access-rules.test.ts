import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AccessRule, mayUse, normalPath, rolesFor } from '../../../runtime/src/realm/access-rules.ts'

const rules: readonly AccessRule[] = [
  { path: '/admin/help', roles: ['*'] },
  { path: '/admin/*', roles: ['administrator'] },
  { path: '/orders/*', methods: ['GET'], roles: ['clerk', 'administrator'] },
  { path: '/orders/*', roles: ['clerk'] },
  { path: '/me' },
]

test.each([
  ['GET', '/', undefined],
  ['GET', '/administration', undefined],
  ['GET', '/admin/help', undefined],
  ['GET', '/admin', ['administrator']],
  ['GET', '/admin/users?to=/', ['administrator']],
  ['HEAD', '/orders/7', ['clerk', 'administrator']],
  ['POST', '/orders/7', ['clerk']],
  ['GET', '/me', []],
  ['GET', '/me/more', undefined],
])('%s %s is for %j', (method, url, roles) => expect(rolesFor(rules, method, url)).toEqual(roles))

test.each([
  '/ADMIN/x',
  '//admin//x',
  '/./admin/x',
  '/a/../admin/x',
  '/%61dmin/x',
  '/admin%2Fx',
  String.raw`/admin\x`,
  '/admin/',
  '/admin/x#y',
  '/admin/help/../x',
])('no other way to write it leads past the rule: %s', (url) => expect(rolesFor(rules, 'GET', url)).toEqual(['administrator']))

test('a path that cannot be decoded is closed to all', () => expect(rolesFor(rules, 'GET', '/%zz')).toBe('nobody'))

test('a normal path is its own normal path, and nothing throws', () => {
  fc.assert(
    fc.property(fc.webPath(), (path) => {
      const normal = normalPath(path)
      if (normal !== undefined && !normal.includes('%'))
        expect(normalPath(normal.replaceAll(/[?#]/g, ''))).toBe(normal.replaceAll(/[?#]/g, ''))
    }),
  )
})

test('one of the roles is enough; a rule without roles is for everybody who is signed in', () => {
  expect([mayUse(['a', 'b'], { roles: ['b'] }), mayUse(['a'], { roles: ['b'] }), mayUse([], { roles: [] })]).toEqual([true, false, true])
})
