import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContextPathTable, normaliseContextPath, originForm, stripContextPath } from '../../../runtime/src/front/context-path.ts'

const table = new ContextPathTable(['', '/shop', '/shop/admin'].map((contextPath) => ({ contextPath })))

test('the longest context path by whole segments wins', () => {
  const found = (url: string) => table.find(url)?.contextPath
  expect(found('/shop')).toBe('/shop')
  expect(found('/shop?x=1')).toBe('/shop')
  expect(found('/shop/')).toBe('/shop')
  expect(found('/shop/admin/users')).toBe('/shop/admin')
  expect(found('/shop/administrator')).toBe('/shop')
  expect(found('/shopping')).toBe('')
  expect(new ContextPathTable([{ contextPath: '/shop' }]).find('/shopping')).toBeUndefined()
})

test('what is left for the application begins with a slash and keeps the query', () => {
  expect(stripContextPath('/shop', '/shop')).toBe('/')
  expect(stripContextPath('/shop?a=1', '/shop')).toBe('/?a=1')
  expect(stripContextPath('/shop/a%2Fb?c=/d', '/shop')).toBe('/a%2Fb?c=/d')
  expect(stripContextPath('/a', '')).toBe('/a')
})

test('the forms of an address that proxies and tools send come down to path and query', () => {
  expect(originForm('http://shop.example:8080/shop/a?b')).toBe('/shop/a?b')
  expect(originForm('HTTP://shop.example')).toBe('/')
  expect(originForm('http://shop.example?b')).toBe('/?b')
  expect(originForm('*')).toBe('/')
  expect(originForm('//two')).toBe('//two')
})

test('for every address, the context path and the rest make the whole again', () => {
  const contextPath = fc.constantFrom('', '/shop', '/shop/admin')
  fc.assert(
    fc.property(contextPath, fc.webPath(), (path, rest) => {
      const url = path + (rest.startsWith('/') ? rest : `/${rest}`)
      const found = table.find(url)?.contextPath ?? ''
      expect(found.length).toBeGreaterThanOrEqual(path.length)
      expect(found + stripContextPath(url, found)).toBe(url === found ? `${url}/` : url)
      expect(originForm(`http://h${url}`)).toBe(url)
    }),
  )
})

test('a slash at the end of a context path means nothing', () => {
  expect(['/', '/shop/', '/shop'].map(normaliseContextPath)).toEqual(['', '/shop', '/shop'])
})
