/** A seeded source of hostile packets: valid ones mutated, with the classes of errors that have killed SNMP agents before. */
import { parseOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { pduTag } from '../../../snmp-bridge/src/ber/tags.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { engineId, TABLE } from './agent.ts'
import { v2cRequest, v3Request } from './packets.ts'

type Random = (below: number) => number

/** Integers at the ends of what BER and SNMP can hold. */
const EXTREMES = [-0x8000_0000, -1, 0, 1, 2, 127, 128, 255, 2 ** 16, 2_000_000, 0x7fff_ffff]
const NAMES = ['1.3.6.1.2.1.1.1.0', '1.3', '0.0', '2.5.4.3', '1.3.6.1.4.1.8072.9999.9999.1.4.1.1.4294967295', '1.39.4294967295'].map(
  parseOid,
)
const TYPES = Object.keys(pduTag) as (keyof typeof pduTag)[]

function wellFormed(random: Random): Buffer {
  const count = random(4)
  const request = {
    type: TYPES[random(TYPES.length)]!,
    names: Array.from({ length: count }, () => (random(2) ? NAMES[random(NAMES.length)]! : [...TABLE, random(10), random(300)])),
    nonRepeaters: EXTREMES[random(EXTREMES.length)]!,
    maxRepetitions: EXTREMES[random(EXTREMES.length)]!,
    requestId: EXTREMES[random(EXTREMES.length)]!,
  }
  if (random(2)) return v2cRequest(request, random(10) ? 'public' : '%n%s', random(20) ? 1 : random(256) - 128)
  const options = {
    boots: random(8) ? 3 : Math.abs(EXTREMES[random(EXTREMES.length)]!) % 0x7fff_ffff,
    engineId: random(6) ? engineId : Buffer.alloc(random(40), random(256)),
    user: random(6) ? 'operator' : '',
    priv: random(8) > 0,
    reportable: random(4) > 0,
    maxSize: random(4) ? 1472 : EXTREMES[random(EXTREMES.length)]!,
  }
  return v3Request(request, random(8) ? options : { ...options, keys: undefined })
}

type Mutation = (packet: Buffer, random: Random) => Buffer

const LENGTHS = [Buffer.of(0x80), Buffer.of(0x84, 0xff, 0xff, 0xff, 0xff), Buffer.of(0xff), Buffer.of(0x82, 0xff, 0xff), Buffer.of(0)]

const mutations: Mutation[] = [
  (packet) => packet,
  (packet, random) => {
    for (let i = 0; i <= random(4); i++) packet[random(packet.length)] = random(256)
    return packet
  },
  (packet, random) => packet.subarray(0, random(packet.length)),
  (packet, random) => Buffer.concat([packet, Buffer.alloc(random(64), random(256))]),
  (packet, random) => {
    const at = random(packet.length)
    const length = LENGTHS[random(LENGTHS.length)]!
    return Buffer.concat([packet.subarray(0, at), length, packet.subarray(at + 1)])
  },
  (packet, random) => {
    const from = random(packet.length)
    const to = from + random(packet.length - from)
    return Buffer.concat([packet.subarray(0, to), packet.subarray(from)])
  },
  (_, random) => Buffer.from(Array.from({ length: random(80) }, () => random(256))),
  (_, random) => Buffer.concat(Array.from({ length: 2 + random(300) }, () => Buffer.of(0x30, 0x82, 0x03, 0xe8))),
]

export function createFuzzer(seed: number): () => Buffer {
  const next = seededRandom(seed)
  const random: Random = (below) => Math.floor(next() * below)
  return () => mutations[random(mutations.length)]!(wellFormed(random), random)
}
