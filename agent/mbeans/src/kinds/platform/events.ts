import { declareKind } from '@spyglass/agent/contract'

/** The MBean that emits every event of every resource: one listener hears all. */
export const eventsKind = declareKind({
  name: 'events',
  domain: 'spyglass',
  type: 'Events',
  keys: [],
  description:
    'Emits every event of every resource as a notification; the MBean of a resource emits its own events as well. userData holds the whole event.',
  metrics: false,
  attributes: {
    count: { type: 'long', role: 'counter', unit: '{event}', description: 'Events emitted since the process started.' },
    lastTime: { type: 'date', role: 'text', description: 'When the last event happened.' },
    lastName: { type: 'string', role: 'text', description: 'Name of the last event; empty when there was none.' },
    lastResource: { type: 'objectName', role: 'text', description: 'ObjectName of the resource of the last event.' },
    lastMessage: { type: 'string', role: 'text', description: 'Message of the last event; empty when there was none.' },
  },
})
