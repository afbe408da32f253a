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
