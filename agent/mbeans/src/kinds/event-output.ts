import { declareKind } from '@spyglass/agent/contract'

/** Where the events of the server go, and how far they are. */
export const eventOutput = declareKind({
  name: 'eventOutput',
  domain: 'spyglass',
  type: 'EventOutput',
  keys: ['name'],
  description:
    'An output of the journal of events. What it has not acknowledged is repeated, without end and in order, also after a restart of either side.',
  attributes: {
    name: {
      type: 'string',
      role: 'key',
      label: 'output',
      description: 'collector: the table of events and the alerts. SNMP receivers are told by the agent of the bridge.',
    },
    isComplete: { type: 'boolean', role: 'state', description: 'Whether it has everything.' },
    lastSuccess: { type: 'date', role: 'text', description: 'When it last acknowledged an event.' },
    failingSince: { type: 'date', role: 'text', description: 'Since when each attempt has failed; absent while it accepts.' },
    problem: { type: 'string', role: 'text', description: 'Why the last attempt failed; absent while it accepts.' },
  },
})
