import { declareKind } from '@spyglass/agent/contract'

/** The SNMP engine of the bridge. */
export const snmpAgent = declareKind({
  name: 'snmpAgent',
  domain: 'spyglass',
  type: 'SnmpAgent',
  keys: ['name'],
  description: 'The SNMP engine of the bridge.',
  attributes: {
    name: { type: 'string', role: 'key', label: 'server', description: 'Name of the bridge.' },
    engineId: { type: 'string', role: 'text', description: 'snmpEngineID in hexadecimal.' },
    engineBoots: { type: 'int', role: 'gauge', metric: false, description: 'snmpEngineBoots: starts since the engine id was assigned.' },
    packetsIn: { type: 'long', role: 'counter', unit: '{packet}', description: 'Datagrams received.' },
    packetsOut: { type: 'long', role: 'counter', unit: '{packet}', description: 'Datagrams sent.' },
    packetsDropped: {
      type: 'long',
      role: 'counter',
      unit: '{packet}',
      description: 'Datagrams dropped: not SNMP, wrong credentials, or not allowed.',
    },
    notificationsSent: { type: 'long', role: 'counter', unit: '{notification}', description: 'Traps and informs sent.' },
    notificationsUnacknowledged: {
      type: 'long',
      role: 'counter',
      unit: '{notification}',
      description: 'Attempts to deliver a notification that failed: no acknowledgement came, or the receiver could not be reached.',
    },
    notificationProblem: {
      type: 'string',
      role: 'text',
      description: 'Receivers that did not get their last notification, each with the reason; absent when there is none.',
    },
    lastPoll: { type: 'date', role: 'text', description: 'When the MBean endpoint last responded.' },
    pollErrors: { type: 'long', role: 'counter', unit: '{error}', description: 'Polls of the MBean endpoint that failed.' },
    objects: { type: 'int', role: 'gauge', unit: '{object}', description: 'Object instances in the current snapshot.' },
  },
})
