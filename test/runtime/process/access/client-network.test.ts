import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientNetwork } from '@spyglass/process/access'

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  [undefined, ''],
])('the address %s counts as %s', (remote, expected) => {
  expect(clientNetwork(remote)).toBe(expected)
})

test('whatever the address is, it is a text', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (address) => typeof clientNetwork(address) === 'string'))
})
