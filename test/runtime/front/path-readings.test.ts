import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBelow } from '../../../runtime/src/front/context-path.ts'
import { normalPath, normalPrefix, pathsOf } from '../../../runtime/src/front/path-readings.ts'

test('a normal path is its own normal path, and nothing throws', () => {
  fc.assert(
    fc.property(fc.webPath(), (path) => {
      const normal = normalPath(path)
      if (normal !== undefined && !normal.includes('%'))
        expect(normalPath(normal.replaceAll(/[?#]/g, ''))).toBe(normal.replaceAll(/[?#]/g, ''))
    }),
  )
})

test('an ordinary address has one reading, without its query', () => {
  expect(['/login', '/Login/x?to=//a;b%20', '/'].map(pathsOf)).toEqual([['/login'], ['/login/x'], ['/']])
})

test.each([
  '/LOGIN',
  '/%6cogin',
  '/%6Cogin/%zz',
  '//login',
  '/login;x',
  '/;x/login',
  '/login%2fx',
  '/login/',
  '/login#x',
  '/login//x',
  '/./login',
  '/a/../login',
  '/a/%2e%2E/login',
  '/a/..;/login',
  String.raw`/a\..\login`,
  '//host/login',
  String.raw`/\host/login`,
  'http://host/login',
])('one of its readings is below the path that is meant: %s', (url) => {
  expect(pathsOf(url).some((path) => isBelow(path, normalPrefix('/Login/')))).toBe(true)
})

test('what is no spelling of the path is not below it', () => {
  for (const url of ['/logins', '/a/login', '/log%69ns', '/login/..', '/%zz'])
    expect([url, pathsOf(url).some((path) => isBelow(path, '/login'))]).toEqual([url, url === '/login/..'])
})

test('nothing throws, and there are few readings', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.webPath()), (path) => pathsOf(path).length < 25))
})
