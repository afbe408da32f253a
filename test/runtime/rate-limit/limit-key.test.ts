import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey, boundedKey } from '../../../runtime/src/rate-limit/limit-key.ts'

test('an address of IPv6 counts as its /64, one of IPv4 as itself, however it came', () => {
  expect(
    ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::7', '2001:DB8:0:0:1:2:3:4', '2001:db8:0:1::', '::1', 'fe80::1%eth0'].map(addressKey),
  ).toEqual(['192.0.2.7', '192.0.2.7', '2001:db8:0:0::/64', '2001:db8:0:0::/64', '2001:db8:0:1::/64', '0:0:0:0::/64', 'fe80:0:0:0::/64'])
})

test('two addresses have one key if and only if their first 64 bits are the same, in any form', () => {
  const group = fc.integer({ min: 0, max: 0xffff })
  const half = fc.tuple(group, group, group, group)
  const text = (groups: readonly number[]): string => groups.map((one) => one.toString(16)).join(':')
  fc.assert(
    fc.property(half, half, half, (network, host, other) => {
      expect(addressKey(text([...network, ...host]))).toBe(addressKey(text([...network, ...other])))
      expect(addressKey(text([...network, ...host])) === addressKey(text([...other, ...host]))).toBe(text(network) === text(other))
      expect(addressKey(`${text(network)}::`)).toBe(addressKey(text([...network, 0, 0, 0, 0])))
    }),
  )
})

test('a key of megabytes becomes short, and no key can be made to look like another', () => {
  const long = boundedKey('x'.repeat(4_000_000))
  expect(long.length).toBeLessThan(64)
  expect(boundedKey('x'.repeat(4_000_001))).not.toBe(long)
  expect(boundedKey(long)).not.toBe(long)
  expect(boundedKey('\u0000123')).not.toBe('\u0000123')
  expect(boundedKey('alice')).toBe('alice')
})
