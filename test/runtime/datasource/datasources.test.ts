import { expect, test } from 'vitest'
import { getDatasource, installDatasources } from '../../../runtime/src/datasource/datasources.ts'
import { openShop } from './fixture.ts'

test('a datasource is found by its name, and an unknown name is answered with the known ones', async () => {
  await using pool = await openShop()
  expect(() => getDatasource('shop')).toThrow(expect.objectContaining({ code: 'SPY_DATASOURCES_CLOSED' }))
  const uninstall = installDatasources(pool.datasources)
  expect(getDatasource('shop')).toBe(pool.shop)
  expect(getDatasource('shop').name).toBe('shop')
  expect(() => getDatasource('stock')).toThrow('unknown datasource stock; configured: shop')
  uninstall()
  uninstall()
  expect(() => getDatasource('shop')).toThrow('no datasources are open')
})
