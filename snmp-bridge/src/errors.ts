import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the SNMP bridge. */
export const snmpErrors = {
  SPY_SNMP_MALFORMED: 'the packet is not valid SNMP: %s',
  SPY_SNMP_VALUE: '%s does not fit the SNMP type %s',
  SPY_SNMP_TOO_BIG: 'the SNMP message does not fit %d bytes',
  SPY_SNMP_STATE: 'cannot write the SNMP engine state %s: %s. The bridge starts as soon as it can.',
  SPY_SNMP_POLL: 'the MBean endpoint %s does not respond: %s',
  SPY_SNMP_EVENTS: 'the event stream %s was interrupted: %s',
  SPY_SNMP_RECEIVER: 'a notification was not delivered to the SNMP receiver %s: %s',
  SPY_SNMP_CHECK: 'the SNMP agent %s does not respond: %s',
  SPY_SNMP_PORT_TAKEN:
    'UDP port %d on %s is in use by another process. Choose another with snmp.port, or shift all ports with --port-offset N.',
  SPY_SNMP_PORT_UNUSABLE: 'cannot open UDP port %d on %s: %s',
} as const

export const fail = errorsOf(snmpErrors)
