import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { pduTag, tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { readPdu } from '../../../snmp-bridge/src/message/pdu.ts'
import { decipher, readHeader, readUsmParameters, seal } from '../../../snmp-bridge/src/usm/v3-message.ts'
import { createReceivers } from '../../../snmp-bridge/src/notification/receivers.ts'
import { writePdu } from '../../../snmp-bridge/src/notification/message.ts'
import type { Receiver } from '../../../snmp-bridge/src/notification/receiver.ts'
import { reportOids } from '../../../snmp-bridge/src/system/system-objects.ts'
import { engineId, user } from '../support/agent.ts'
import { userKeys } from '../support/packets.ts'

/** A manager that speaks the protocol, and misbehaves as a test asks: snmptrapd never does. */
interface Manager {
  readonly port: number
  /** What came in: `discovery`, or `inform` with the boots it named. */
  readonly seen: string[]
  boots: number
  acknowledge: 'signed' | 'forged' | 'never' | 'late'
  /** Acknowledgements that are sent late. */
  readonly late: (() => void)[]
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function startManager(): Promise<Manager> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closing.push(() => socket.close())
  const manager: Manager = { port: socket.address().port, seen: [], boots: 5, acknowledge: 'signed', late: [] }
  socket.on('message', (message, from) => {
    const answer = answerOf(message, manager)
    const send = (): void => socket.send(answer!, from.port, from.address)
    if (answer && manager.acknowledge === 'late' && manager.seen.at(-1) === 'inform 5') manager.late.push(send)
    else if (answer) send()
  })
  return manager
}

function answerOf(message: Buffer, manager: Manager): Buffer | undefined {
  const reader = new BerReader(message)
  reader.enter(tag.sequence)
  reader.integer()
  const { msgId } = readHeader(reader)
  const parameters = readUsmParameters(reader)
  const reply = { msgId, reportable: false, engineId, boots: manager.boots, time: 100, maxSize: 65_507 }
  const writer = new BerWriter(0, 4096)
  if (parameters.engineId.length === 0) {
    manager.seen.push('discovery')
    writePdu(writer, pduTag.report, 0, [{ oid: reportOids.unknownEngineIds, value: { type: 'counter32', value: 1 } }])
    return seal(writer, { ...reply, boots: 0, time: 0, user: Buffer.alloc(0), priv: false })
  }
  manager.seen.push(`inform ${parameters.boots}`)
  const signed = { ...reply, user: parameters.user, keys: userKeys }
  if (parameters.boots !== manager.boots) {
    writePdu(writer, pduTag.report, 0, [{ oid: reportOids.notInTimeWindows, value: { type: 'counter32', value: 1 } }])
    return seal(writer, { ...signed, priv: false })
  }
  if (manager.acknowledge === 'never') return undefined
  const scoped = new BerReader(decipher(reader.octets(), parameters, userKeys.priv)!)
  scoped.enter(tag.sequence)
  scoped.octets()
  scoped.octets()
  const pdu = readPdu(scoped)
  writePdu(writer, pduTag.response, pdu.requestId, [])
  return manager.acknowledge === 'forged'
    ? seal(writer, { ...reply, user: parameters.user, priv: false })
    : seal(writer, { ...signed, priv: true })
}

/** A manager that answers is given the time of the test; one that does not, only `timeoutMs`. */
function receiverOf({ port }: Manager, { retries = 1, timeoutMs = 60_000 } = {}): Receiver {
  const target = { host: '127.0.0.1', port, version: 'v3' as const, timeoutMs, retries }
  const [receiver] = createReceivers([target], { ...user, user: user.name })
  closing.push(() => receiver!.close())
  return receiver!
}

const notification = { oid: [1, 3, 6, 1], varbinds: [], upTime: 1 }

test('the engine is discovered once, its boots are learnt from what it signs, and each inform is sent once', async () => {
  const manager = await startManager()
  const receiver = receiverOf(manager)
  await receiver.deliver(notification)
  await receiver.deliver(notification)
  expect(manager.seen).toEqual(['discovery', 'inform 0', 'inform 5', 'inform 5'])
})

test('a receiver that started again is followed to its new boots', async () => {
  const manager = await startManager()
  const receiver = receiverOf(manager)
  await receiver.deliver(notification)
  manager.boots = 6
  await receiver.deliver(notification)
  expect(manager.seen.slice(-2)).toEqual(['inform 5', 'inform 6'])
})

test('an acknowledgement that is not signed is none', async () => {
  const manager = await startManager()
  manager.acknowledge = 'forged'
  await expect(receiverOf(manager, { timeoutMs: 50 }).deliver(notification)).rejects.toMatchObject({ code: 'SPY_SNMP_RECEIVER' })
})

test('an inform is retried as often as configured, then dropped, and the engine is rediscovered', async () => {
  const manager = await startManager()
  manager.acknowledge = 'never'
  const receiver = receiverOf(manager, { retries: 2, timeoutMs: 1000 })
  await expect(receiver.deliver(notification)).rejects.toMatchObject({ code: 'SPY_SNMP_RECEIVER' })
  expect(manager.seen).toEqual(['discovery', 'inform 0', 'inform 5', 'inform 5', 'inform 5'])
  manager.acknowledge = 'signed'
  await receiver.deliver(notification)
  expect(manager.seen.slice(5)).toEqual(['discovery', 'inform 0', 'inform 5'])
})

test('a late acknowledgement counts, also between two deliveries of the same notification', async () => {
  const manager = await startManager()
  manager.acknowledge = 'late'
  const receiver = receiverOf(manager, { retries: 0, timeoutMs: 1000 })
  await expect(receiver.deliver(notification)).rejects.toMatchObject({ code: 'SPY_SNMP_RECEIVER' })
  manager.late[0]!()
  const sent = manager.seen.filter((one) => one.startsWith('inform')).length
  await receiver.deliver(notification)
  expect(manager.seen.filter((one) => one.startsWith('inform'))).toHaveLength(sent)
})

test('a host name that does not resolve is reported with the error of the name server, not as a missing acknowledgement', async () => {
  const target = { host: 'no-such-host.invalid', port: 162, version: 'v3' as const, timeoutMs: 10, retries: 0 }
  const [receiver] = createReceivers([target], { ...user, user: user.name })
  closing.push(() => receiver!.close())
  await expect(receiver!.deliver(notification)).rejects.toMatchObject({
    code: 'SPY_SNMP_RECEIVER',
    message: expect.stringMatching(/no-such-host\.invalid:162: getaddrinfo (ENOTFOUND|EAI_AGAIN)/),
  })
})
