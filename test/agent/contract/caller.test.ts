import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CallerRules, foreignCaller } from '@spyglass/agent/contract'

const rules: CallerRules = { hostNames: ['apm.corp', 'Other.Corp'], origins: ['https://shop.example'] }
const partOf = (headers: Record<string, string>, localAddress = '127.0.0.1', more: CallerRules = {}): string =>
  foreignCaller({ headers, localAddress }, { ...rules, ...more })?.part ?? 'welcome'

test.each([
  [{}, 'welcome'],
  [{ host: 'localhost:4318' }, 'welcome'],
  [{ host: 'LOCALHOST' }, 'welcome'],
  [{ host: 'localhost.' }, 'welcome'],
  [{ host: 'shop.localhost:1' }, 'welcome'],
  [{ host: '127.0.0.1:1' }, 'welcome'],
  [{ host: '192.168.1.5' }, 'welcome'],
  [{ host: '[::1]:4318' }, 'welcome'],
  [{ host: '[fe80::1]' }, 'welcome'],
  [{ host: 'apm.corp:80' }, 'welcome'],
  [{ host: 'OTHER.corp' }, 'welcome'],
  [{ host: 'evil.example' }, 'host'],
  [{ host: 'notlocalhost' }, 'host'],
  [{ host: 'localhost.evil.example' }, 'host'],
  [{ host: '127.0.0.1.evil.example' }, 'host'],
  [{ host: '999.1.1.1' }, 'host'],
  [{ host: 'apm.corp.evil.example' }, 'host'],
  [{ host: '' }, 'host'],
  [{ host: 'localhost:1', origin: 'http://localhost:1' }, 'welcome'],
  [{ host: 'localhost', origin: 'http://localhost' }, 'welcome'],
  [{ host: 'apm.corp', origin: 'https://apm.corp' }, 'welcome'],
  [{ host: 'localhost:1', origin: 'http://localhost:2' }, 'origin'],
  [{ host: 'localhost:1', origin: 'null' }, 'origin'],
  [{ host: 'localhost:1', origin: 'file://' }, 'origin'],
  [{ host: 'localhost:1', origin: 'https://shop.example' }, 'welcome'],
  [{ host: 'localhost:1', origin: 'https://shop.example:8443' }, 'origin'],
  [{ host: 'evil.example', origin: 'https://shop.example' }, 'host'],
  [{ host: 'localhost', 'sec-fetch-site': 'cross-site' }, 'origin'],
  [{ host: 'localhost', 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, 'welcome'],
  [{ host: 'localhost', 'sec-fetch-site': 'same-origin' }, 'welcome'],
  [{ host: 'localhost', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'origin'],
])('%j is %s', (headers, expected) => expect(partOf(headers as unknown as Record<string, string>)).toBe(expected))

test('where it listens on the network any name may be ours, other sites are not', () => {
  expect(partOf({ host: 'monitor.corp' }, '192.0.2.1')).toBe('welcome')
  expect(partOf({ host: 'monitor.corp', origin: 'http://evil.example' }, '192.0.2.1')).toBe('origin')
  expect(partOf({ host: 'evil.example' }, '::ffff:127.0.0.1')).toBe('host')
  expect(partOf({ host: 'evil.example' }, '::1')).toBe('host')
})

test('a link may lead to what people read', () => {
  const link = { host: 'localhost', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  expect(partOf(link, '127.0.0.1', { links: true })).toBe('welcome')
  expect(partOf({ ...link, 'sec-fetch-mode': 'no-cors' }, '127.0.0.1', { links: true })).toBe('origin')
})

test('whatever the headers hold, it answers', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('host', 'origin', 'sec-fetch-site', 'sec-fetch-mode'), fc.string()), (headers) => {
      expect(['welcome', 'host', 'origin']).toContain(partOf(headers))
    }),
  )
})
