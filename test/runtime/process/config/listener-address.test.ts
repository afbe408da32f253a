import { expect, test } from 'vitest'
import { listenerAddress } from '../../../../runtime/process/src/config/listener-address.ts'

test('an address is taken apart at its last colon, and brackets are those of IPv6', () => {
  expect(listenerAddress('127.0.0.1:8081')).toEqual({ host: '127.0.0.1', port: 8081 })
  expect(listenerAddress('[2001:db8::1]:443')).toEqual({ host: '2001:db8::1', port: 443 })
  expect(listenerAddress('localhost:80')).toEqual({ host: 'localhost', port: 80 })
})
