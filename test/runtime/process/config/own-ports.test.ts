import { expect, test } from 'vitest'
import { consoleUrl, ownPort, ownPorts, ownUrl, SpyglassConfig } from '@spyglass/process/config'
import { hostname } from 'node:os'

test('our names are those of the listeners, of the public address, and what is set beside them', () => {
  const config = SpyglassConfig.parse({
    server: { hostNames: ['apm', 'apm.corp'] },
    console: { publicUrl: 'https://apm.example:8443/spyglass' },
    store: { host: 'store.corp' },
  })
  for (const { hostNames } of ownPorts(config))
    expect(hostNames).toEqual(expect.arrayContaining(['apm', 'apm.corp', 'apm.example', 'store.corp', '127.0.0.1']))
})

test('a name with a port, and an origin with a path, are mistakes of the configuration', () => {
  for (const hostNames of [['apm:80'], ['http://apm'], ['']])
    expect(SpyglassConfig.safeParse({ server: { hostNames } }).success).toBe(false)
  for (const origin of ['https://shop.example/', 'shop.example', '*', 'https://Shop.example']) {
    expect(SpyglassConfig.safeParse({ collector: { allowedOrigins: [origin] } }).success, origin).toBe(false)
  }
  expect(SpyglassConfig.safeParse({ collector: { allowedOrigins: ['https://shop.example:8443'] } }).success).toBe(true)
})

const TLS = { certificates: [{ certificate: 'a.crt', key: 'a.key' }] }

test('the address of a port follows its host and TLS; on all addresses it is reached by loopback', () => {
  const urlOf = (settings: object): string => ownUrl(ownPort(SpyglassConfig.parse({ collector: settings }), 'collector'))
  expect(urlOf({})).toBe('http://127.0.0.1:4318')
  expect(urlOf({ tls: TLS, otlpHttpPort: 5318 })).toBe('https://127.0.0.1:5318')
  expect(urlOf({ host: '::1' })).toBe('http://[::1]:4318')
  expect(urlOf({ host: '0.0.0.0', tls: TLS })).toBe('https://127.0.0.1:4318')
  expect(urlOf({ host: '::' })).toBe('http://[::1]:4318')
})

test('without a public address the console is where it listens', () => {
  expect(consoleUrl(SpyglassConfig.parse({}))).toBe('http://127.0.0.1:8900')
  expect(consoleUrl(SpyglassConfig.parse({ console: { host: '::1', tls: TLS } }))).toBe('https://[::1]:8900')
  expect(consoleUrl(SpyglassConfig.parse({ console: { host: '0.0.0.0' } }))).toBe(`http://${hostname()}:8900`)
  expect(consoleUrl(SpyglassConfig.parse({ console: { publicUrl: 'https://apm.example/spyglass/' } }))).toBe('https://apm.example/spyglass')
})
