import { declareKind } from '@spyglass/agent/contract'

/** The last report of one process about its resources. */
export const push = declareKind({
  name: 'push',
  domain: 'spyglass',
  type: 'Push',
  keys: ['process'],
  description:
    'The last report of one process, which gives the age of all its values. A process that misses three reports is silent: its states are unknown until it reports again.',
  attributes: {
    process: { type: 'string', role: 'key', description: 'Name of the process: keeper, an instance, collector, store or snmp-bridge.' },
    time: { type: 'date', role: 'text', description: 'When the process read the values.' },
    age: { type: 'double', role: 'gauge', unit: 's', description: 'Time since the last report; a process reports every second.' },
  },
})
