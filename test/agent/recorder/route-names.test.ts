import { expect, test } from 'vitest'
import { RouteNames } from '../../../agent/src/recorder/route-names.ts'

test('a route is named with its context path, and the root of an application by the context path alone', () => {
  const names = new RouteNames()
  for (const again of ['first', 'again']) {
    expect([again, names.of('/shop', '/orders/:id'), names.of('/shop', '/'), names.of('', '/orders/:id')]).toEqual([
      again,
      '/shop/orders/:id',
      '/shop',
      '/orders/:id',
    ])
  }
})

test('more routes than are remembered are named rightly all the same', () => {
  const names = new RouteNames()
  for (let n = 0; n < 3000; n++) {
    expect(names.of('/shop', `/route-${n}`)).toBe(`/shop/route-${n}`)
    expect(names.of(`/context-${n}`, '/')).toBe(`/context-${n}`)
  }
})
