/** Response to an inform: an acknowledgement, or a report with the reason. */
import { type Oid } from '../ber/oid.ts'
import { BerReader, malformed } from '../ber/reader.ts'
import { pduTag, tag } from '../ber/tags.ts'
import { readPdu } from '../message/pdu.ts'
import { decipher, isAuthentic, readHeader, readUsmParameters, type UsmParameters, V3 } from '../usm/v3-message.ts'
import type { LocalizedKeys } from '../usm/keys.ts'

export interface InformAnswer {
  readonly type: 'response' | 'report'
  readonly msgId: number
  readonly requestId: number
  readonly errorStatus: number
  /** Name of the first variable binding: the counter of a report. */
  readonly oid: Oid | undefined
  /** Whether it carries a valid signature of the user's key. */
  readonly authentic: boolean
  readonly parameters: UsmParameters
}

/**
 * Reads a response and may modify `message`. Without keys nothing counts as authentic.
 * @throws SPY_SNMP_MALFORMED
 */
export function readInformAnswer(message: Buffer, keys: LocalizedKeys | undefined): InformAnswer {
  const reader = new BerReader(message)
  reader.enter(tag.sequence)
  if (reader.integer() !== V3) malformed('not version 3')
  const header = readHeader(reader)
  const parameters = readUsmParameters(reader)
  const authentic = header.auth && keys !== undefined && isAuthentic(message, parameters, keys.auth)
  const scoped = header.priv ? open(reader, authentic, parameters, keys) : reader
  scoped.enter(tag.sequence)
  scoped.octets()
  scoped.octets()
  const pdu = readPdu(scoped)
  if (pdu.type !== pduTag.response && pdu.type !== pduTag.report) malformed('neither a response nor a report')
  return {
    type: pdu.type === pduTag.response ? 'response' : 'report',
    msgId: header.msgId,
    requestId: pdu.requestId,
    errorStatus: pdu.first,
    oid: pdu.names[0],
    authentic,
    parameters,
  }
}

/** Only authentic messages are decrypted. */
function open(reader: BerReader, authentic: boolean, parameters: UsmParameters, keys: LocalizedKeys | undefined): BerReader {
  const plain = authentic && keys ? decipher(reader.octets(), parameters, keys.priv) : undefined
  return new BerReader(plain ?? malformed('an encrypted response that is not authentic'))
}
