import { expect, test } from 'vitest'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { createCounters } from '../../../snmp-bridge/src/counters.ts'
import { readHeader, readUsmParameters } from '../../../snmp-bridge/src/usm/v3-message.ts'
import { processIncoming } from '../../../snmp-bridge/src/usm/usm.ts'
import { createEngineClock } from '../../../snmp-bridge/src/usm/engine-clock.ts'
import { localizeKeys, masterKeys } from '../../../snmp-bridge/src/usm/keys.ts'
import { engineId } from '../support/agent.ts'
import { v3Request, userKeys } from '../support/packets.ts'

function incoming(message: Buffer, keys = userKeys) {
  const reader = new BerReader(message)
  reader.enter(tag.sequence)
  reader.integer()
  const header = readHeader(reader)
  const parameters = readUsmParameters(reader)
  const counters = createCounters()
  const policy = { mayRead: () => false, user: (name: Buffer) => (name.toString() === 'operator' ? { name, keys } : undefined) }
  const result = processIncoming(reader, header, parameters, { clock: createEngineClock(engineId, 3, () => 0), policy, counters })
  return { result, counters }
}

const request = { names: [[1, 3, 6]] }

test('an authentic and timely message is handed on deciphered', () => {
  const { result } = incoming(v3Request(request))
  expect(result).toMatchObject({ ok: true })
})

test('a message encrypted with another key is a decryption error, reported to the authenticated sender', () => {
  const other = localizeKeys(masterKeys('authentication', 'another-privacy'), engineId)
  const { result, counters } = incoming(v3Request(request, { keys: { auth: userKeys.auth, priv: other.priv } }))
  expect(result).toMatchObject({ ok: false, report: 'decryptionErrors', signedFor: { keys: userKeys } })
  expect(counters.decryptionErrors).toBe(1)
})

test('the engine is judged before the user, the user before the level, the level before the digest, the digest before the time', () => {
  const foreign = { engineId: Buffer.alloc(9, 1) }
  const order = [
    [{ ...foreign, user: 'x', keys: undefined, boots: 9 }, 'unknownEngineIds'],
    [{ user: 'x', keys: undefined, boots: 9 }, 'unknownUserNames'],
    [{ keys: undefined, boots: 9 }, 'unsupportedSecurityLevels'],
    [{ boots: 9 }, 'notInTimeWindows'],
  ] as const
  for (const [options, report] of order) expect(incoming(v3Request(request, options)).result).toMatchObject({ ok: false, report })
  const damaged = v3Request(request, { boots: 9 })
  damaged[damaged.length - 1]! ^= 1
  expect(incoming(damaged).result).toMatchObject({ ok: false, report: 'wrongDigests' })
})
