import { expect, test } from 'vitest'
import { datasource, installResources } from '../../../runtime/src/resource/resources.ts'
import { openShop } from '../datasource/fixture.ts'

test('a datasource is found by its name, and an unknown name is answered with the known ones', async () => {
  await using pool = await openShop()
  expect(() => datasource('shop')).toThrow(expect.objectContaining({ code: 'SPY_DATASOURCES_CLOSED' }))
  const uninstall = installResources(pool.resources)
  expect(datasource('shop')).toBe(pool.shop)
  expect(datasource('shop').name).toBe('shop')
  expect(() => datasource('stock')).toThrow('unknown datasource stock; configured: shop')
  uninstall()
  uninstall()
  expect(() => datasource('shop')).toThrow('no datasources are open')
})
