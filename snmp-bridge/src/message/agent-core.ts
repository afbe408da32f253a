/**
 * One datagram in, at most one out: version, security, PDU, response. No datagram can make this throw, allocate without bound
 * or take long. Dropped datagrams are counted.
 */
import { codeOf } from '@spyglass/agent/contract'
import { BerReader } from '../ber/reader.ts'
import { pduTag, tag } from '../ber/tags.ts'
import { counter32 } from '../ber/value.ts'
import { BerWriter, MAX_DATAGRAM_BYTES } from '../ber/writer.ts'
import { reportOids } from '../system/system-objects.ts'
import type { Snapshot } from '../table/snapshot.ts'
import type { EngineClock } from '../usm/engine-clock.ts'
import { processIncoming, type ReportedCounter, type User } from '../usm/usm.ts'
import type { AccessPolicy } from '../vacm/vacm.ts'
import type { EngineCounters } from '../counters.ts'
import { type Pdu, readPdu } from './pdu.ts'
import { respond } from './respond.ts'
import { envelopeBytes, readHeader, readUsmParameters, seal, USM, V3, type V3Header } from '../usm/v3-message.ts'

export interface AgentCoreOptions {
  readonly clock: EngineClock
  readonly policy: AccessPolicy
  readonly counters: EngineCounters
  /** The current snapshot. */
  readonly snapshot: () => Snapshot
  /** Called on errors that no datagram should be able to cause. */
  readonly onInternalError?: (error: unknown) => void
}

/** Handles one datagram and may modify it. Returns the response, if there is one. */
export type AgentCore = (datagram: Buffer) => Buffer | undefined

const V2C = 1
/** A v2c GETBULK is limited to one Ethernet frame, since v2c does not say how much the manager accepts. */
const V2C_BULK_BYTES = 1472
const REQUESTS: ReadonlySet<number> = new Set([pduTag.get, pduTag.getNext, pduTag.getBulk, pduTag.set])

export function createAgentCore(options: AgentCoreOptions): AgentCore {
  const { counters } = options
  const writer = new BerWriter()

  function answer(datagram: Buffer): Buffer | undefined {
    const reader = new BerReader(datagram)
    const outer = reader.enter(tag.sequence)
    const version = reader.integer()
    writer.reset()
    if (version === V3) return answerV3(reader, outer, options, writer)
    if (version === V2C) return answerV2c(reader, outer, options, writer)
    counters.inBadVersions++
    return undefined
  }

  return (datagram) => {
    counters.inPackets++
    try {
      const response = answer(datagram)
      if (response) counters.outPackets++
      return response
    } catch (error) {
      const code = codeOf(error)
      if (code === 'SPY_SNMP_MALFORMED') counters.inAsnParseErrors++
      else if (code === 'SPY_SNMP_TOO_BIG') counters.silentDrops++
      else {
        counters.internalErrors++
        options.onInternalError?.(error)
      }
      return undefined
    }
  }
}

function answerV2c(reader: BerReader, outer: number, options: AgentCoreOptions, writer: BerWriter): Buffer | undefined {
  const { counters, policy } = options
  const community = reader.octets()
  if (!policy.mayRead(community)) {
    counters.inBadCommunityNames++
    return undefined
  }
  const pdu = readPdu(reader)
  reader.leave(outer)
  if (!isRequest(pdu, counters)) return undefined
  if (pdu.type === pduTag.set) counters.inBadCommunityUses++
  const maxSize = pdu.type === pduTag.getBulk ? V2C_BULK_BYTES : MAX_DATAGRAM_BYTES
  respond(pdu, options.snapshot(), writer, maxSize - community.length - 12)
  writer.octets(community)
  writer.integer(V2C)
  writer.header(tag.sequence)
  return writer.copy()
}

function answerV3(reader: BerReader, outer: number, options: AgentCoreOptions, writer: BerWriter): Buffer | undefined {
  const { counters, clock } = options
  const header = readHeader(reader)
  if (header.securityModel !== USM) {
    counters.unknownSecurityModels++
    return undefined
  }
  if (header.priv && !header.auth) {
    counters.invalidMessages++
    return undefined
  }
  const parameters = readUsmParameters(reader)
  const result = processIncoming(reader, header, parameters, options)
  if (!result.ok) return report(header, result, options, writer)
  reader.leave(outer)
  const { user, scopedPdu } = result
  const scope = readScope(scopedPdu, clock)
  if (scope !== undefined) return reportScope(header, scope, user, { options, writer })
  const pdu = readPdu(scopedPdu)
  if (!isRequest(pdu, counters)) return undefined
  const maxSize = Math.min(header.maxSize, MAX_DATAGRAM_BYTES)
  respond(pdu, options.snapshot(), writer, maxSize - envelopeBytes(clock.engineId, user.name))
  return seal(writer, {
    msgId: header.msgId,
    reportable: false,
    engineId: clock.engineId,
    boots: clock.boots,
    time: clock.time(),
    user: user.name,
    keys: user.keys,
    priv: true,
    maxSize: MAX_DATAGRAM_BYTES,
  })
}

/** Moves to the PDU. Returns what is wrong with the scope: another engine's context, or an unknown one. */
function readScope(reader: BerReader, clock: EngineClock): ReportedCounter | undefined {
  reader.enter(tag.sequence)
  const engineId = reader.octets()
  const name = reader.octets()
  if (!engineId.equals(clock.engineId)) return 'unknownPduHandlers'
  return name.length > 0 ? 'unknownContexts' : undefined
}

/** An agent accepts no responses, reports or notifications. */
function isRequest(pdu: Pdu, counters: EngineCounters): boolean {
  if (REQUESTS.has(pdu.type)) return true
  counters.unknownPduHandlers++
  return false
}

interface Workplace {
  readonly options: AgentCoreOptions
  readonly writer: BerWriter
}

function reportScope(header: V3Header, counter: ReportedCounter, user: User, { options, writer }: Workplace): Buffer | undefined {
  options.counters[counter]++
  return report(header, { report: counter, signedFor: user }, options, writer)
}

/** A Report-PDU (RFC 3414 §3.2, RFC 3412 §7.1): sent only on request, so that two engines never report to each other. */
function report(
  header: V3Header,
  { report: counter, signedFor }: { readonly report: ReportedCounter; readonly signedFor?: User },
  { clock, counters }: AgentCoreOptions,
  writer: BerWriter,
): Buffer | undefined {
  if (!header.reportable) return undefined
  writer.varbind({ oid: reportOids[counter], value: counter32(counters[counter]) })
  writer.header(tag.sequence)
  for (let i = 0; i < 3; i++) writer.integer(0) // error-index, error-status, request-id: not read yet
  writer.header(pduTag.report)
  return seal(writer, {
    msgId: header.msgId,
    reportable: false,
    engineId: clock.engineId,
    boots: clock.boots,
    time: clock.time(),
    user: signedFor?.name ?? Buffer.alloc(0),
    keys: signedFor?.keys,
    priv: false,
    maxSize: MAX_DATAGRAM_BYTES,
  })
}
