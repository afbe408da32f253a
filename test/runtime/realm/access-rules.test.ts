import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AccessRule, mayUse, rolesFor } from '../../../runtime/src/realm/access-rules.ts'

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
  '/admin//x',
  '/%61dmin/x',
  '/admin%2Fx',
  String.raw`/admin\x`,
  '/admin/',
  '/admin/x#y',
  '/admin;x',
  '/admin;x/y',
  '/admin;/x',
  'http://shop/admin/x',
  'https://shop/admin',
])('no other way to write it leads past the rule: %s', (url) => expect(rolesFor(rules, 'GET', url)).toEqual(['administrator']))

test.each([
  '/./admin/x',
  '/a/../admin/x',
  '/admin/help/../x',
  '/admin/users/..%2Fhelp',
  '/admin/%2e%2e%2fadmin/help',
  String.raw`/admin/x\..\help`,
  '/admin/..;/help',
  '/;x/admin/y',
  '//admin/help',
  String.raw`/\admin/help`,
  'http://shop//admin/help',
])('what can only be meant to be read differently is nobody’s: %s', (url) => expect(rolesFor(rules, 'GET', url)).toBe('nobody'))

test('each reading of an encoded slash has to be allowed', () => {
  const mixed: readonly AccessRule[] = [
    { path: '/public/*', roles: ['*'] },
    { path: '/staff/*', roles: ['b', 'c'] },
    { path: '/*', roles: ['a', 'b'] },
  ]
  expect(rolesFor(mixed, 'GET', '/public%2fx')).toEqual(['a', 'b'])
  expect(rolesFor(mixed, 'GET', '/public/a%2fb')).toBeUndefined()
  expect(rolesFor(mixed, 'GET', '/staff%2fx')).toEqual(['b'])
})

test.each([
  ['/users/7/edit', ['editor']],
  ['/users/7/EDIT/', ['editor']],
  ['/users/a%2fb/edit', ['editor']],
  ['/users/7/edit/more', undefined],
  ['/users/edit', undefined],
  ['/teams/1/members', ['editor']],
  ['/teams/1/members/2/3', ['editor']],
  ['/teams/members', undefined],
])('a star stands for one whole segment: %s', (url, roles) => {
  const starred: readonly AccessRule[] = [
    { path: '/users/*/edit', roles: ['editor'] },
    { path: '/teams/*/members/*', roles: ['editor'] },
  ]
  expect(rolesFor(starred, 'GET', url)).toEqual(roles)
})

/** How a client may write a letter, a slash, the end of a path or its start, and mean the same. */
const spelling = fc.tuple(
  fc.constantFrom('', '/', '?x=/', '#x', ';v=1'),
  fc.array(fc.constantFrom('plain', 'upper', 'encoded', 'ENCODED'), { minLength: 12, maxLength: 12 }),
  fc.constantFrom('/', '//', '/;a/', '%2f', '\\'),
)

test('no spelling of a path leads past its rule', () => {
  fc.assert(
    fc.property(spelling, ([end, ways, slash]) => {
      const word = Array.from('admin', (letter, i) => spelled(letter, ways[i]!)).join('')
      expect(rolesFor(rules, 'GET', `/${word}${slash}users${end}`)).not.toBeUndefined()
    }),
  )
})

function spelled(letter: string, way: string): string {
  const encoded = `%${letter.charCodeAt(0).toString(16)}`
  return { plain: letter, upper: letter.toUpperCase(), encoded, ENCODED: encoded.toUpperCase() }[way] ?? letter
}

test('methods of a rule are compared without their case', () => {
  const lower: readonly AccessRule[] = [{ path: '/x', methods: ['get', 'post'], roles: ['a'] }]
  expect(['GET', 'HEAD', 'POST', 'PUT'].map((method) => rolesFor(lower, method, '/x'))).toEqual([['a'], ['a'], ['a'], undefined])
  expect(rolesFor(lower, 'post', '/x')).toEqual(['a'])
})

test('a path that cannot be decoded is closed to all', () => expect(rolesFor(rules, 'GET', '/%zz')).toBe('nobody'))

test('one of the roles is enough; a rule without roles is for everybody who is signed in', () => {
  expect([mayUse(['a', 'b'], { roles: ['b'] }), mayUse(['a'], { roles: ['b'] }), mayUse([], { roles: [] })]).toEqual([true, false, true])
})
