import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the SNMP bridge. */
export const snmpErrors = {
  SPY_SNMP_MALFORMED: 'the packet is not valid SNMP: %s',
  SPY_SNMP_VALUE: '%s does not fit the SNMP type %s',
  SPY_SNMP_TOO_BIG: 'the SNMP message does not fit %d bytes',
  SPY_SNMP_STATE: 'the SNMP engine state %s cannot be written: %s. The bridge starts when it can be.',
  SPY_SNMP_POLL: 'the MBean endpoint %s does not answer: %s',
  SPY_SNMP_EVENTS: 'the event stream %s broke off: %s',
  SPY_SNMP_RECEIVER: 'a notification was not delivered to the SNMP receiver %s: %s',
  SPY_SNMP_CHECK: 'the SNMP agent %s does not answer: %s',
  SPY_SNMP_PORT_TAKEN: 'UDP port %d on %s is taken by another program. Choose another with snmp.port, or shift all with --port-offset N.',
  SPY_SNMP_PORT_UNUSABLE: 'UDP port %d on %s cannot be opened: %s',
} as const

export const fail = errorsOf(snmpErrors)
