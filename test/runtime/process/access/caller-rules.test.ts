import { expect, test } from 'vitest'
import { callerRules } from '@spyglass/process/access'
import { SpyglassConfig } from '@spyglass/process/config'

test('our names are those of the listeners, of the public address, and what is set beside them', () => {
  const config = SpyglassConfig.parse({
    server: { hostNames: ['apm', 'apm.corp'] },
    console: { publicUrl: 'https://apm.example:8443/spyglass' },
    store: { host: 'store.corp' },
  })
  expect(callerRules(config).hostNames).toEqual(expect.arrayContaining(['apm', 'apm.corp', 'apm.example', 'store.corp', '127.0.0.1']))
})

test('a name with a port, and an origin with a path, are mistakes of the configuration', () => {
  for (const hostNames of [['apm:80'], ['http://apm'], ['']])
    expect(SpyglassConfig.safeParse({ server: { hostNames } }).success).toBe(false)
  for (const origin of ['https://shop.example/', 'shop.example', '*', 'https://Shop.example']) {
    expect(SpyglassConfig.safeParse({ collector: { allowedOrigins: [origin] } }).success, origin).toBe(false)
  }
  expect(SpyglassConfig.safeParse({ collector: { allowedOrigins: ['https://shop.example:8443'] } }).success).toBe(true)
})
