import { expect, test } from 'vitest'
import { parseOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { readInformAnswer } from '../../../snmp-bridge/src/notification/inform-answer.ts'
import { createTestAgent } from '../support/agent.ts'
import { userKeys, v3Request } from '../support/packets.ts'

const request = { names: [parseOid('1.3.6.1.2.1.1.1.0')] }
const agent = createTestAgent({ now: () => 0 })

test('a signed response is authentic with the right keys, and cannot be read with none', () => {
  const response = () => Buffer.from(agent.core(v3Request(request))!)
  expect(readInformAnswer(response(), userKeys)).toMatchObject({ type: 'response', msgId: 4711, requestId: 77, authentic: true })
  expect(() => readInformAnswer(response(), undefined)).toThrow(expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' }))
})

test('a report names its counter and its engine, and is authentic only when it is signed', () => {
  const unsigned = agent.core(v3Request(request, { user: 'stranger' }))!
  expect(readInformAnswer(unsigned, userKeys)).toMatchObject({ type: 'report', authentic: false, oid: parseOid('1.3.6.1.6.3.15.1.1.3.0') })
  const signed = agent.core(v3Request(request, { boots: 99 }))!
  expect(readInformAnswer(signed, userKeys)).toMatchObject({ type: 'report', authentic: true, parameters: { boots: 3, time: 0 } })
})

test('a request is no answer', () => {
  expect(() => readInformAnswer(v3Request(request), userKeys)).toThrow(expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' }))
})
