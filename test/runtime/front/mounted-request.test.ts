import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressesOf, mountAt } from '../../../runtime/src/front/mounted-request.ts'

const requestOf = (fields: object): IncomingMessage => ({ headers: {}, ...fields }) as unknown as IncomingMessage

test('an application gets its own path; the whole address and the context path are kept', () => {
  const request = requestOf({ headers: { 'x-forwarded-prefix': '/proxy/' } })
  mountAt(request, '/shop/a', '/a', '/shop')
  expect(request).toMatchObject({ url: '/a', originalUrl: '/shop/a', headers: { 'x-forwarded-prefix': '/proxy/shop' } })
})

test('what Express has cut off is put back', () => {
  const of = (baseUrl: string, url: string) => addressesOf(requestOf({ baseUrl, url, originalUrl: '/shop/elsewhere' }))
  expect([of('', '/admin?x'), of('/admin', '/users'), of('/admin', 'http://host/users')]).toEqual([
    ['/admin?x'],
    ['/admin/users'],
    ['/admin/users'],
  ])
})

test('elsewhere an address that has changed counts as it was and as it is, without the context path', () => {
  expect(addressesOf(requestOf({ url: '/users', originalUrl: '/admin/users' }))).toEqual(['/admin/users', '/users'])
  const request = requestOf({})
  mountAt(request, '/shop/admin/users', '/admin/users', '/shop')
  expect(addressesOf(request)).toEqual(['/admin/users'])
  request.url = '/users'
  expect(addressesOf(request)).toEqual(['/admin/users', '/users'])
})
