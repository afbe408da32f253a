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
