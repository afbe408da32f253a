import { expect, test } from 'vitest'
import { statusLines } from '../../../runtime/src/cli/status.ts'

test('a receiver that did not get its last notification is named below the bridge, with the reason', () => {
  const bridge = (notificationProblem?: string) =>
    statusLines([{ name: 'snmpAgent', kind: 'snmpAgent', values: { objects: 7, packetsIn: 3, notificationProblem } }] as never)
  expect(bridge()).toEqual(['snmp-bridge  objects 7  packets 3'])
  expect(bridge('nms.invalid:162: getaddrinfo ENOTFOUND nms.invalid')[1]).toBe(
    '  not delivered: nms.invalid:162: getaddrinfo ENOTFOUND nms.invalid',
  )
})

test('pools that may open more connections than their database accepts are named', () => {
  const pool = (instance: string, serverConnections: number) =>
    ({ kind: 'datasource', values: { name: 'shop', instance, target: 'db:5432/shop', maxConnections: 60, serverConnections } }) as never
  expect(statusLines([pool('shop-1', 120), pool('shop-2', 120)])).toHaveLength(2)
  expect(statusLines([pool('shop-1', 97), pool('shop-2', 97)])[2]).toBe(
    '  2 pools may open 120 connections to db:5432, which accepts 97; lower max, or raise the limit of the database',
  )
})
