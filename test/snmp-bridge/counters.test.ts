import { expect, test } from 'vitest'
import { createCounters, droppedPackets } from '../../snmp-bridge/src/counters.ts'

test('dropped is what was counted as a failure, and not what was answered', () => {
  const counters = createCounters()
  Object.assign(counters, { inPackets: 10, outPackets: 6, inBadCommunityUses: 1, inBadVersions: 2, wrongDigests: 1, inAsnParseErrors: 1 })
  expect(droppedPackets(counters)).toBe(4)
})
