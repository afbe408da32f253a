import { expect, test } from 'vitest'
import { OpenidSource } from '../../../../../runtime/src/realm/source/openid/openid-source.ts'
import { realmSettings } from '../../../../../runtime/process/src/settings/realm.ts'

test('it takes no password, and knows nobody whose sign-on has become too old', async () => {
  const source = new OpenidSource({ issuer: 'https://x.example' } as never)
  await expect(source.verify()).rejects.toThrow('sign in at the provider')
  expect(await source.find()).toBeUndefined()
  expect(realmSettings.openid.settings.maxAgeMs.default).toBeGreaterThan(realmSettings.recheckMs.default)
})
