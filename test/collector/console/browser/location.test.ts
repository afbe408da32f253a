import { afterEach, expect, test, vi } from 'vitest'
import { here, linkTo } from '../../../../collector/src/console/browser/location.ts'

const at = (hash: string): ReturnType<typeof here> => {
  vi.stubGlobal('location', { hash })
  return here()
}
afterEach(() => void vi.unstubAllGlobals())

test.each([
  ['', 'overview', ''],
  ['#/', 'overview', ''],
  ['#/trace/abc', 'trace', 'abc'],
  ['#/trace/%E8%BF%9E', 'trace', '连'],
])('%j is the view %s of %j', (hash, view, argument) => expect(at(hash)).toMatchObject({ view, argument }))

test.each(['#/trace/%', '#/trace/%E8%BF', '#/trace/%zz'])('%s, which was typed or cut short, is read as it stands', (hash) => {
  expect(at(hash)).toMatchObject({ view: 'trace', argument: hash.slice('#/trace/'.length) })
})

test.each(['GET /rare', 'GET /a?b', "'\";--", '连接池 😀', 'a&b=c#d+e%'])('the route %j goes through a link', (route) => {
  vi.stubGlobal('location', { hash: '#/' })
  expect(at(linkTo('slow', '', { route })).parameters.get('route')).toBe(route)
})

test('a typed question mark stays in the parameter', () => {
  expect(at('#/slow?route=GET /a?b').parameters.get('route')).toBe('GET /a?b')
})
