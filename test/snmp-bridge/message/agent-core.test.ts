import { expect, test } from 'vitest'
import { formatOid, parseOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { pduTag, tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { createTestAgent, engineId, TABLE } from '../support/agent.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { createAgentCore } from '../../../snmp-bridge/src/message/agent-core.ts'
import { parseV2c, parseV3, type V3Options, v2cRequest, v3Request, v3Scoped } from '../support/packets.ts'

const sysDescr = parseOid('1.3.6.1.2.1.1.1.0')
const request = { names: [sysDescr] }

function reported(options: V3Options) {
  const agent = createTestAgent({ now: () => 0 })
  const response = parseV3(agent.core(v3Request(request, options)))
  expect(response.type).toBe(pduTag.report)
  expect(response.varbinds[0]!.value).toEqual({ type: 'counter32', value: 1 })
  return { response, counters: agent.counters, oid: formatOid(response.varbinds[0]!.oid) }
}

test('v2c is answered to the configured community, and to no other', () => {
  const { core, counters } = createTestAgent()
  expect(parseV2c(core(v2cRequest(request))).varbinds[0]!.value).toEqual({ type: 'octets', value: Buffer.from('Spyglass test agent') })
  for (const community of ['', 'publi', 'public2', 'Public']) expect(core(v2cRequest(request, community))).toBeUndefined()
  expect(counters.inBadCommunityNames).toBe(4)
})

test('v2c is off where no community is configured', () => {
  const { core } = createTestAgent({ community: undefined as never })
  expect(core(v2cRequest(request, ''))).toBeUndefined()
})

test('versions other than v2c and v3 are dropped and counted', () => {
  const { core, counters } = createTestAgent()
  for (const version of [0, 2, 77]) expect(core(v2cRequest(request, 'public', version))).toBeUndefined()
  expect(counters.inBadVersions).toBe(3)
})

test('a v3 request is answered signed and enciphered, under its own message id', () => {
  const { core } = createTestAgent({ now: () => 0 })
  const response = parseV3(core(v3Request(request)))
  expect(response).toMatchObject({ auth: true, priv: true, authentic: true, msgId: 4711, type: pduTag.response, requestId: 77 })
  expect(response.varbinds[0]!.value).toEqual({ type: 'octets', value: Buffer.from('Spyglass test agent') })
})

test('discovery: an empty or foreign engine id is reported with ours, unsigned, and no key is derived', () => {
  const empty = reported({ engineId: Buffer.alloc(0), user: '', keys: undefined, boots: 0 })
  expect(empty.response.parameters).toMatchObject({ engineId, boots: 3, time: 0 })
  expect(empty.response.auth).toBe(false)
  expect(empty.oid).toBe('1.3.6.1.6.3.15.1.1.4.0')
  expect(reported({ engineId: Buffer.from('8000000001020304', 'hex') }).oid).toBe('1.3.6.1.6.3.15.1.1.4.0')
})

test('an unknown user, also the empty one, is reported as unknownUserNames', () => {
  expect(reported({ user: 'stranger' }).oid).toBe('1.3.6.1.6.3.15.1.1.3.0')
  expect(reported({ user: '', keys: undefined }).oid).toBe('1.3.6.1.6.3.15.1.1.3.0')
})

test('less than authPriv is reported as unsupportedSecLevels', () => {
  expect(reported({ keys: undefined }).oid).toBe('1.3.6.1.6.3.15.1.1.1.0')
  expect(reported({ priv: false }).oid).toBe('1.3.6.1.6.3.15.1.1.1.0')
})

test('a wrong digest is reported, unsigned, before anything is deciphered', () => {
  const agent = createTestAgent({ now: () => 0 })
  const message = v3Request(request)
  message[message.length - 1]! ^= 1
  const response = parseV3(agent.core(message))
  expect(formatOid(response.varbinds[0]!.oid)).toBe('1.3.6.1.6.3.15.1.1.5.0')
  expect(response.auth).toBe(false)
  expect(agent.counters.decryptionErrors).toBe(0)
})

test('a message outside of the time window of 150 s is reported, signed, with the engine time', () => {
  for (const options of [{ time: 151 }, { boots: 2 }, { boots: 4 }, { boots: 0x7fff_ffff }]) {
    const { oid, response } = reported(options)
    expect(oid).toBe('1.3.6.1.6.3.15.1.1.2.0')
    expect(response).toMatchObject({ auth: true, priv: false, authentic: true })
  }
  expect(parseV3(createTestAgent({ now: () => 0 }).core(v3Request(request, { time: 150 }))).type).toBe(pduTag.response)
})

test('an engine at its last boot accepts nothing', () => {
  const { core } = createTestAgent({ boots: 0x7fff_ffff })
  expect(parseV3(core(v3Request(request, { boots: 0x7fff_ffff }))).type).toBe(pduTag.report)
})

test('a recorded request replayed after the window is refused', () => {
  let now = 0
  const { core } = createTestAgent({ now: () => now })
  const message = v3Request(request)
  expect(parseV3(core(Buffer.from(message))).type).toBe(pduTag.response)
  now = 151_000
  expect(parseV3(core(Buffer.from(message))).type).toBe(pduTag.report)
})

test('nothing is reported to a sender that did not ask for reports', () => {
  expect(createTestAgent().core(v3Request(request, { user: 'stranger', reportable: false }))).toBeUndefined()
})

test('a v3 GETBULK is cut to the msgMaxSize of the manager', () => {
  const { core } = createTestAgent({ rows: 2000, now: () => 0 })
  for (const maxSize of [484, 1472, 9000, 65_507]) {
    const message = core(v3Request({ type: 'getBulk', names: [[...TABLE, 1, 0]], maxRepetitions: 10_000 }, { maxSize }))!
    expect(message.length).toBeLessThanOrEqual(maxSize)
    expect(message.length).toBeGreaterThan(Math.min(maxSize, 65_507) * 0.75)
    expect(parseV3(message)).toMatchObject({ authentic: true, errorStatus: 0 })
  }
})

test('responses, reports, traps and informs sent to the agent get no answer', () => {
  const { core, counters } = createTestAgent({ now: () => 0 })
  for (const type of ['response', 'report', 'trap', 'inform'] as const) {
    expect(core(v2cRequest({ ...request, type }))).toBeUndefined()
    expect(core(v3Request({ ...request, type }))).toBeUndefined()
  }
  expect(counters.unknownPduHandlers).toBe(8)
})

const unsigned = (flags: number, securityModel: number): Buffer => {
  const message = v3Request(request, { keys: undefined })
  const at = message.indexOf(Buffer.from('040104020103', 'hex'))
  message[at + 2] = flags
  message[at + 5] = securityModel
  return message
}

test('another security model than USM is dropped and counted, privacy without authentication as well', () => {
  const { core, counters } = createTestAgent({ now: () => 0 })
  for (const model of [0, 1, 2, 4]) expect(core(unsigned(4, model))).toBeUndefined()
  expect(counters).toMatchObject({ unknownSecurityModels: 4, invalidMessages: 0 })
  expect(core(unsigned(6, 3))).toBeUndefined()
  expect(counters).toMatchObject({ unknownSecurityModels: 4, invalidMessages: 1, outPackets: 0, inPackets: 5 })
  expect(core(unsigned(4, 3))).toBeDefined()
  expect(counters).toMatchObject({ invalidMessages: 1, outPackets: 1, inPackets: 6 })
})

function scope(contextEngine: Buffer, contextName: string, type: keyof typeof pduTag = 'get'): Buffer {
  const writer = new BerWriter(0, 200)
  writer.varbind({ oid: sysDescr, value: { type: 'null' } })
  writer.header(tag.sequence)
  for (const number of [0, 0, 77]) writer.integer(number)
  writer.header(pduTag[type])
  writer.octets(Buffer.from(contextName))
  writer.octets(contextEngine)
  writer.header(tag.sequence)
  return writer.copy()
}

test('the context is the engine itself without a name; others are reported, signed, with request id 0', () => {
  const agent = createTestAgent({ now: () => 0 })
  expect(parseV3(agent.core(v3Scoped(scope(engineId, ''))))).toMatchObject({ type: pduTag.response, requestId: 77 })
  const foreign = Buffer.from(engineId).fill(1, 20)
  for (const [context, counter] of [
    [scope(engineId, 'c'), '1.3.6.1.6.3.12.1.5.0'],
    [scope(foreign, ''), '1.3.6.1.6.3.11.2.1.3.0'],
    [scope(foreign, 'c'), '1.3.6.1.6.3.11.2.1.3.0'],
  ] as const) {
    const response = parseV3(agent.core(v3Scoped(context)))
    expect(response).toMatchObject({
      type: pduTag.report,
      auth: true,
      priv: false,
      authentic: true,
      requestId: 0,
      errorStatus: 0,
      errorIndex: 0,
    })
    expect(response.parameters.user.toString()).toBe('operator')
    expect(response.varbinds.map(({ oid }) => formatOid(oid))).toEqual([counter])
  }
  expect(agent.counters).toMatchObject({ unknownContexts: 1, unknownPduHandlers: 2, inPackets: 4, outPackets: 4 })
})

test('bytes behind the message are malformed, by either version', () => {
  const { core, counters } = createTestAgent({ now: () => 0 })
  const behind = (message: Buffer, at: number): Buffer => {
    const longer = Buffer.concat([message, Buffer.from('0500', 'hex')])
    longer[at]! += 2
    return longer
  }
  expect(core(behind(v2cRequest(request), 1))).toBeUndefined()
  expect(counters.inAsnParseErrors).toBe(1)
})

test('answers and reports ask for no report themselves', () => {
  const { core } = createTestAgent({ now: () => 0 })
  const flagsOf = (message: Buffer | undefined): number => message![message!.indexOf(Buffer.from('020103', 'hex'), 8) - 1]!
  expect(flagsOf(core(v3Request(request)))).toBe(3)
  expect(flagsOf(core(v3Request(request, { keys: undefined })))).toBe(0)
  expect(flagsOf(core(v3Request(request, { time: 151 })))).toBe(1)
})

test('a SET counts as a bad use of the community, other requests do not', () => {
  const { core, counters } = createTestAgent()
  for (const type of ['get', 'getNext', 'getBulk'] as const) core(v2cRequest({ ...request, type }))
  expect(counters.inBadCommunityUses).toBe(0)
  core(v2cRequest({ ...request, type: 'set' }))
  expect(counters.inBadCommunityUses).toBe(1)
})

test('an internal error is counted and reported, and the datagram dropped', () => {
  const { clock, counters } = createTestAgent()
  const told: unknown[] = []
  const failure = new RangeError('no snapshot')
  const policy = { mayRead: () => true, user: () => undefined }
  const snapshot = (): never => {
    throw failure
  }
  const core = createAgentCore({ clock, counters, policy, snapshot, onInternalError: (error) => told.push(error) })
  expect(core(v2cRequest(request))).toBeUndefined()
  expect(told).toEqual([failure])
  expect(counters).toMatchObject({ internalErrors: 1, inAsnParseErrors: 0, silentDrops: 0, outPackets: 0, inPackets: 1 })
  expect(createAgentCore({ clock, counters, policy, snapshot })(v2cRequest(request))).toBeUndefined()
})

test('whatever a GETBULK asks for, its answer stays within the frame and leaves no room for another row', () => {
  const { core } = createTestAgent({ rows: 2000, now: () => 0 })
  for (let column = 1; column <= 8; column++) {
    for (let row = 0; row < 40; row++) {
      const ask = { type: 'getBulk', names: [[...TABLE, column, row]], maxRepetitions: 10_000, requestId: 0x7fff_ffff } as const
      expect(core(v2cRequest(ask))!.length).toBeLessThanOrEqual(1472)
      expect(core(v2cRequest(ask))!.length).toBeGreaterThan(1472 - 70)
      const message = core(v3Request(ask, { maxSize: 600 + row }))!
      expect(message.length).toBeLessThanOrEqual(600 + row)
      expect(message.length).toBeGreaterThan(600 + row - 110)
    }
  }
})

test('the frame is used to the last byte, but for ten that the lengths before the rows could take', () => {
  const { clock, counters, snapshot } = createTestAgent({ rows: 2000, now: () => 0 })
  const core = createAgentCore({ clock, counters, policy: { mayRead: () => true, user: () => undefined }, snapshot: () => snapshot })
  const ask = { type: 'getBulk', names: [[...TABLE, 1, 0]], maxRepetitions: 10_000 } as const
  const lengths = Array.from({ length: 100 }, (_, length) => core(v2cRequest(ask, 'x'.repeat(length + 1)))!.length)
  expect(Math.max(...lengths)).toBe(1472 - 10)
})
