import { expect, test } from 'vitest'
import { hostName, HostTable } from '../../../runtime/src/front/host-table.ts'

const at = (name: string, host: string, contextPath: string) => ({ name, host, contextPath })

const table = new HostTable(
  [
    { name: 'shop.test', aliases: ['www.shop.test', '*.shops.test'] },
    { name: 'empty.test', aliases: [] },
  ],
  [at('root', 'server', ''), at('admin', 'server', '/admin'), at('shop', 'shop.test', ''), at('cart', 'shop.test', '/cart')],
)
const found = (host: string | undefined, url: string): string | undefined => table.find(host, url)?.name

test('the host is found by name, alias and wildcard, without case, port and final dot; all others are the default', () => {
  for (const host of ['shop.test', 'SHOP.test:8080', 'www.shop.test.', 'a.shops.test', 'a.shops.test:80'])
    expect(found(host, '/')).toBe('shop')
  for (const host of ['other.test', 'a.b.shops.test', 'shops.test', '127.0.0.1:8080', '[::1]:8080', '', undefined])
    expect(found(host, '/')).toBe('root')
})

test('within a host the longest context path counts, and no other host is asked', () => {
  expect(found('shop.test', '/cart/1')).toBe('cart')
  expect(found('shop.test', '/admin')).toBe('shop')
  expect(found('other.test', '/admin?x')).toBe('admin')
  expect(found('other.test', '/cart')).toBe('root')
  expect(found('empty.test', '/')).toBeUndefined()
})

test('without virtual hosts every name is the default', () => {
  const plain = new HostTable([], [at('root', 'server', '')])
  expect(plain.find('anything', '/x')?.name).toBe('root')
  expect(hostName('[2001:DB8::1]:443')).toBe('[2001:db8::1]')
})
