import { expect, test } from 'vitest'
import { formatOid, parseOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { readPdu, readVarbinds } from '../../../snmp-bridge/src/message/pdu.ts'
import { respond } from '../../../snmp-bridge/src/message/respond.ts'
import { createTestAgent, TABLE } from '../support/agent.ts'
import { parseV2c, type Request, v2cRequest } from '../support/packets.ts'

const { core, snapshot } = createTestAgent({ rows: 300 })
const ask = (request: Request) => parseV2c(core(v2cRequest(request)))
const name = (column: number, row: number) => [...TABLE, column, row]
const END = parseOid('2.5.4.3')

test('GET answers each name with its value, noSuchObject or noSuchInstance', () => {
  const { varbinds, errorStatus, requestId } = ask({ names: [name(1, 5), name(9, 5), name(1, 999)], requestId: -5 })
  expect(requestId).toBe(-5)
  expect(errorStatus).toBe(0)
  expect(varbinds.map(({ value }) => value)).toEqual([{ type: 'integer', value: 5 }, { type: 'noSuchObject' }, { type: 'noSuchInstance' }])
})

test('an empty request gets an empty response', () => {
  for (const type of ['get', 'getNext', 'getBulk', 'set'] as const) {
    expect(ask({ type, names: [], maxRepetitions: 5 })).toMatchObject({ errorStatus: 0, varbinds: [] })
  }
})

test('GETNEXT walks every object in order and ends with endOfMibView under the last name', () => {
  let at = parseOid('0.0')
  let steps = 0
  let step = ask({ type: 'getNext', names: [at] }).varbinds[0]!
  for (; step.value.type !== 'endOfMibView'; steps++) {
    at = step.oid
    step = ask({ type: 'getNext', names: [at] }).varbinds[0]!
  }
  expect(step.oid).toEqual(at)
  expect(steps).toBe(snapshot.size)
})

test('GETBULK gives non-repeaters once and each repetition as a row of all repeaters', () => {
  const { varbinds } = ask({
    type: 'getBulk',
    names: [parseOid('1.3.6.1.2.1.1.3'), name(1, 0), name(3, 0)],
    nonRepeaters: 1,
    maxRepetitions: 3,
  })
  expect(varbinds.map(({ oid }) => formatOid(oid))).toEqual([
    '1.3.6.1.2.1.1.3.0',
    ...[1, 2, 3].flatMap((row) => [formatOid(name(1, row)), formatOid(name(3, row))]),
  ])
})

test('negative numbers in a GETBULK count as zero, and more non-repeaters than names as all names', () => {
  expect(ask({ type: 'getBulk', names: [name(1, 0)], nonRepeaters: -1, maxRepetitions: 2 }).varbinds).toHaveLength(2)
  expect(ask({ type: 'getBulk', names: [name(1, 0)], maxRepetitions: -1 }).varbinds).toHaveLength(0)
  expect(ask({ type: 'getBulk', names: [name(1, 0)], nonRepeaters: 9, maxRepetitions: 5 }).varbinds).toHaveLength(1)
})

test('a GETBULK of 2^31-1 repetitions is cut to one Ethernet frame', () => {
  const message = core(v2cRequest({ type: 'getBulk', names: [name(1, 0)], maxRepetitions: 0x7fff_ffff }))!
  expect(message.length).toBeLessThanOrEqual(1472)
  expect(message.length).toBeGreaterThan(1420)
})

test('a GETBULK stops when every repeater is at the end of the view', () => {
  const { varbinds } = ask({ type: 'getBulk', names: [END, END], maxRepetitions: 100 })
  expect(varbinds).toEqual([
    { oid: END, value: { type: 'endOfMibView' } },
    { oid: END, value: { type: 'endOfMibView' } },
  ])
})

test('a repeater that reaches the end continues with the last name of the view', () => {
  const last = snapshot.oidAt(snapshot.size - 1)!
  const beforeLast = snapshot.oidAt(snapshot.size - 2)!
  const { varbinds } = ask({ type: 'getBulk', names: [beforeLast, name(1, 0)], maxRepetitions: 2 })
  expect(varbinds.map(({ oid, value }) => [formatOid(oid), value.type])).toEqual([
    [formatOid(last), 'counter32'],
    [formatOid(name(1, 1)), 'integer'],
    [formatOid(last), 'endOfMibView'],
    [formatOid(name(1, 2)), 'integer'],
  ])
})

test('SET is refused with noAccess at the first name, and the list goes back', () => {
  const response = ask({ type: 'set', names: [name(1, 1)], values: [{ type: 'integer', value: 9 }] })
  expect(response).toMatchObject({ errorStatus: 6, errorIndex: 1, varbinds: [{ value: { type: 'integer', value: 9 } }] })
})

test('a GET whose answer fits no datagram is tooBig with an empty list', () => {
  const description = parseOid('1.3.6.1.2.1.1.9.1.3.4')
  const response = ask({ names: Array.from({ length: 3000 }, () => description) })
  expect(response).toMatchObject({ errorStatus: 1, errorIndex: 0, varbinds: [] })
})

/** What a request is answered in `room` bytes for the variable bindings, as respond counts them. */
function answerIn(request: Request, room: number) {
  const reader = new BerReader(v2cRequest(request))
  reader.enter(tag.sequence)
  reader.integer()
  reader.octets()
  const writer = new BerWriter()
  const answered = respond(readPdu(reader), snapshot, writer, room + 24)
  const pdu = readPdu(new BerReader(writer.copy()))
  const varbinds = readVarbinds(new BerReader(writer.copy()), pdu)
  return { answered, status: pdu.first, index: pdu.second, varbinds, bytes: pdu.listTo - pdu.listFrom }
}

const ROOMY = 60_000
const LAST = snapshot.oidAt(snapshot.size - 1)!

test.for([
  ['GET', { names: [name(1, 1), name(9, 1), name(1, 999)] }],
  ['GET of an object that is asked for its value', { names: [parseOid('1.3.6.1.2.1.1.3.0')] }],
  ['GETNEXT', { type: 'getNext', names: [name(1, 1), END] }],
  ['SET', { type: 'set', names: [name(1, 1), name(1, 2)] }],
] as const)('a %s whose answer fits to the byte is answered whole, and in a byte less it is tooBig', ([, request]) => {
  const whole = answerIn(request, ROOMY)
  expect(whole.varbinds).toHaveLength(request.names.length)
  expect(answerIn(request, whole.bytes)).toEqual(whole)
  expect(answerIn(request, whole.bytes - 1)).toMatchObject({ answered: true, status: 1, index: 0, varbinds: [] })
})

test.for([
  ['non-repeaters', { names: [name(1, 1), name(1, 2), name(1, 3)], nonRepeaters: 3 }],
  ['repeaters', { names: [name(1, 1)], maxRepetitions: 3 }],
  ['repeaters at the end of the view', { names: [END, END, END], maxRepetitions: 1 }],
  ['a repeater that reaches the end next to one that continues', { names: [LAST, name(1, 1)], maxRepetitions: 2 }],
  ['a repeater with the last name of the view', { names: [snapshot.oidAt(snapshot.size - 2)!, name(1, 1)], maxRepetitions: 2 }],
] as const)('a GETBULK of %s is cut at a binding: to the byte, and one less', ([, part]) => {
  const request: Request = { type: 'getBulk', ...part }
  const whole = answerIn(request, ROOMY)
  expect(answerIn(request, whole.bytes)).toEqual(whole)
  let room = whole.bytes
  for (let count = whole.varbinds.length - 1; count > 0; count--) {
    const cut = answerIn(request, room - 1)
    expect(cut).toMatchObject({ answered: true, status: 0, index: 0 })
    expect(cut.varbinds).toEqual(whole.varbinds.slice(0, count))
    expect(answerIn(request, cut.bytes)).toEqual(cut)
    room = cut.bytes
  }
  expect(answerIn(request, room - 1)).toMatchObject({ answered: true, status: 1, index: 0, varbinds: [] })
})

test('a GETBULK continues while one repeater has not reached the end', () => {
  const { varbinds } = ask({ type: 'getBulk', names: [END, snapshot.oidAt(snapshot.size - 3)!], maxRepetitions: 10 })
  const types = ['endOfMibView', 'counter32', 'endOfMibView', 'counter32', 'endOfMibView', 'endOfMibView']
  expect(varbinds.map(({ value }) => value.type)).toEqual(types)
})

test('a PDU that is no request gets no answer', () => {
  const pdu = { type: 0xa2, requestId: 1, first: 0, second: 0, names: [], bytes: Buffer.alloc(0), nameSpans: [], listFrom: 0, listTo: 0 }
  const writer = new BerWriter()
  expect(respond(pdu, snapshot, writer, 1000)).toBe(false)
  expect(writer.size).toBe(0)
})
