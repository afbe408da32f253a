/** The objects every SNMP agent must answer: system and snmp groups, the engine, and the statistics of message processing and USM. */
import type { Oid } from '../ber/oid.ts'
import { counter32, integer, octets, oidValue, type SnmpValue, text, timeTicks } from '../ber/value.ts'
import { MAX_DATAGRAM_BYTES } from '../ber/writer.ts'
import type { EngineCounters } from '../counters.ts'
import type { ManagedObject, ObjectTypes } from '../table/snapshot.ts'
import type { ReportedCounter } from '../usm/usm.ts'
import type { EngineClock } from '../usm/engine-clock.ts'
import { modules, oids } from './standard-oids.ts'

export interface SystemOptions {
  readonly description: string
  readonly objectId: Oid
  /** Compliance statement of our own module, for sysORTable. */
  readonly ownModule: Oid
  readonly contact: string
  readonly name: string
  readonly location: string
  readonly clock: EngineClock
  /** Hundredths of a second since the agent started. */
  readonly upTime: () => number
  readonly counters: EngineCounters
}

/** sysServices: applications (layer 7) and end-to-end (layer 4), after RFC 3418. */
const SERVICES = 72
const disabled = integer(2)

/** Names of the counters in reports and in the statistics groups. */
export const reportOids: Readonly<Record<ReportedCounter, Oid>> = {
  unsupportedSecurityLevels: [...oids.usmStats, 1, 0],
  notInTimeWindows: [...oids.usmStats, 2, 0],
  unknownUserNames: [...oids.usmStats, 3, 0],
  unknownEngineIds: [...oids.usmStats, 4, 0],
  wrongDigests: [...oids.usmStats, 5, 0],
  decryptionErrors: [...oids.usmStats, 6, 0],
  unknownContexts: [...oids.unknownContexts, 0],
  unknownPduHandlers: [...oids.snmpMpdStats, 3, 0],
}

export function systemObjects(options: SystemOptions): ManagedObject[] {
  return [...systemGroup(options), ...snmpGroup(options.counters), ...engineGroup(options.clock), ...statistics(options.counters)]
}

/** The types of {@link systemObjects}: a missing instance of one of them is noSuchInstance. */
export function systemTypes(objects: readonly ManagedObject[]): ObjectTypes {
  return objects.map(({ oid }) => oid.slice(0, -1))
}

function systemGroup({ description, objectId, ownModule, contact, name, location, upTime }: SystemOptions): ManagedObject[] {
  const scalars: (SnmpValue | (() => SnmpValue))[] = [
    text(description),
    oidValue(objectId),
    () => timeTicks(upTime()),
    text(contact),
    text(name),
    text(location),
    integer(SERVICES),
    timeTicks(0),
  ]
  const rows = [...modules, { oid: ownModule, description: 'SPYGLASS-MIB: application servers' }].flatMap(({ oid, description }, i) => [
    { oid: [...oids.system, 9, 1, 2, i + 1], value: oidValue(oid) },
    { oid: [...oids.system, 9, 1, 3, i + 1], value: text(description) },
    { oid: [...oids.system, 9, 1, 4, i + 1], value: timeTicks(0) },
  ])
  return [...scalars.map((value, i) => ({ oid: [...oids.system, i + 1, 0], value })), ...rows]
}

function snmpGroup(counters: EngineCounters): ManagedObject[] {
  return [
    live([...oids.snmp, 1, 0], () => counters.inPackets),
    live([...oids.snmp, 3, 0], () => counters.inBadVersions),
    live([...oids.snmp, 4, 0], () => counters.inBadCommunityNames),
    live([...oids.snmp, 5, 0], () => counters.inBadCommunityUses),
    live([...oids.snmp, 6, 0], () => counters.inAsnParseErrors),
    { oid: [...oids.snmp, 30, 0], value: disabled },
    live([...oids.snmp, 31, 0], () => counters.silentDrops),
    live([...oids.snmp, 32, 0], () => 0),
    { oid: [...oids.snmpSetSerialNo, 0], value: integer(0) },
  ]
}

function engineGroup(clock: EngineClock): ManagedObject[] {
  return [
    { oid: [...oids.snmpEngine, 1, 0], value: octets(clock.engineId) },
    { oid: [...oids.snmpEngine, 2, 0], value: integer(clock.boots) },
    { oid: [...oids.snmpEngine, 3, 0], value: () => integer(clock.time()) },
    { oid: [...oids.snmpEngine, 4, 0], value: integer(MAX_DATAGRAM_BYTES) },
  ]
}

function statistics(counters: EngineCounters): ManagedObject[] {
  return [
    live([...oids.snmpMpdStats, 1, 0], () => counters.unknownSecurityModels),
    live([...oids.snmpMpdStats, 2, 0], () => counters.invalidMessages),
    ...Object.entries(reportOids).map(([name, oid]) => live(oid, () => counters[name as ReportedCounter])),
  ]
}

const live = (oid: Oid, read: () => number): ManagedObject => ({ oid, value: () => counter32(read()) })
