import { expect, test } from 'vitest'
import { RouteWeights } from '../../../runtime/src/admission/route-weights.ts'

test('the longest path counts that an address is below, by whole segments', () => {
  const weights = new RouteWeights(['/shop=50', '/shop/checkout/=200', '/=80'])
  expect(
    ['/shop', '/shop?q=1', '/shop/items', '/shop/checkout', '/shop/checkout/pay?x', '/shopping', '/'].map((url) => weights.of(url)),
  ).toEqual([0.5, 0.5, 0.5, 2, 2, 0.8, 0.8])
})

test('without an entry for it a path has the whole limit', () => {
  expect(new RouteWeights(['/shop=50']).of('/other')).toBe(1)
})

test('another spelling of a path is worth no more; of several readings the least counts', () => {
  const weights = new RouteWeights(['/Search=50', '/checkout=200'])
  expect(['/SEARCH', '/%73earch?q', '//search', '/CHECKOUT', '/checkout/..%2Fsearch', '//checkout'].map((url) => weights.of(url))).toEqual([
    0.5, 0.5, 0.5, 2, 0.5, 1,
  ])
  expect(new RouteWeights([]).of('/%zz')).toBe(1)
})
