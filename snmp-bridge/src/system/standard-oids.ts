/** Names from standard modules that the engine itself answers. */
import type { Oid } from '../ber/oid.ts'

const snmpV2 = [1, 3, 6, 1, 6, 3]
const mib2 = [1, 3, 6, 1, 2, 1]

export const oids = {
  system: [...mib2, 1],
  snmp: [...mib2, 11],
  snmpSetSerialNo: [...snmpV2, 1, 1, 6, 1],
  snmpTrapOid: [...snmpV2, 1, 1, 4, 1, 0],
  coldStart: [...snmpV2, 1, 1, 5, 1],
  snmpEngine: [...snmpV2, 10, 2, 1],
  snmpMpdStats: [...snmpV2, 11, 2, 1],
  usmStats: [...snmpV2, 15, 1, 1],
  unknownContexts: [...snmpV2, 12, 1, 5],
  sysUpTime: [...mib2, 1, 3, 0],
} as const satisfies Record<string, Oid>

/** Modules the engine implements, for sysORTable: AGENT-CAPABILITIES are not claimed, the modules' compliance statements are. */
export const modules: readonly { readonly oid: Oid; readonly description: string }[] = [
  { oid: [...snmpV2, 1], description: 'SNMPv2-MIB: the system and snmp groups' },
  { oid: [...snmpV2, 10, 3, 1, 1], description: 'SNMP-FRAMEWORK-MIB: the SNMP management architecture' },
  { oid: [...snmpV2, 11, 3, 1, 1], description: 'SNMP-MPD-MIB: message processing and dispatching' },
  { oid: [...snmpV2, 15, 2, 1, 1], description: 'SNMP-USER-BASED-SM-MIB: statistics of the User-based Security Model' },
]
