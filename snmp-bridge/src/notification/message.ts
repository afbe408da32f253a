/** Notification PDUs (RFC 3416 §4.2.6 and §4.2.7): sysUpTime.0 and snmpTrapOID.0 first, then the objects. */
import type { Oid } from '../ber/oid.ts'
import { pduTag, tag } from '../ber/tags.ts'
import { oidValue, timeTicks, type Varbind } from '../ber/value.ts'
import type { BerWriter } from '../ber/writer.ts'
import { oids } from '../system/standard-oids.ts'

export interface Notification {
  /** Value of snmpTrapOID.0. */
  readonly oid: Oid
  readonly varbinds: readonly Varbind[]
  /** sysUpTime at the time of the event, in hundredths of a second. */
  readonly upTime: number
}

const V2C = 1

/** Writes the PDU into an empty writer. */
export function writeNotification(
  writer: BerWriter,
  type: 'trap' | 'inform',
  { oid, varbinds, upTime }: Notification,
  requestId: number,
): void {
  writePdu(writer, pduTag[type], requestId, [
    { oid: oids.sysUpTime, value: timeTicks(upTime) },
    { oid: oids.snmpTrapOid, value: oidValue(oid) },
    ...varbinds,
  ])
}

export function writePdu(writer: BerWriter, type: number, requestId: number, varbinds: readonly Varbind[]): void {
  for (const varbind of varbinds.toReversed()) writer.varbind(varbind)
  writer.header(tag.sequence)
  writer.integer(0)
  writer.integer(0)
  writer.integer(requestId)
  writer.header(type)
}

/** Wraps the PDU in a community message. */
export function sealV2c(writer: BerWriter, community: string): Buffer {
  writer.octets(Buffer.from(community, 'utf8'))
  writer.integer(V2C)
  writer.header(tag.sequence)
  return writer.copy()
}
