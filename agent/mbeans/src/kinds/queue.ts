import { declareKind } from '@spyglass/agent/contract'

/** A bounded queue before a part of an application. */
export const queue = declareKind({
  name: 'queue',
  domain: 'spyglass',
  type: 'Queue',
  keys: ['instance', 'name'],
  description: 'A queue that an application made with `queue()`: requests wait in it for their turn.',
  table: 15,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that it is in.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name that the application gave it.', column: 4 },
    running: { type: 'int', role: 'gauge', unit: '{request}', description: 'Requests whose turn it is.', column: 5 },
    length: { type: 'int', role: 'gauge', unit: '{request}', description: 'Requests that wait.', column: 6 },
    waitP95: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      description: '95th percentile of the last 256 waits.',
      column: 7,
      snmpScale: 1000,
    },
    served: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests that had their turn, and ended.', column: 8 },
    refused: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests refused because the queue was full.', column: 9 },
    late: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests whose turn did not come in time.', column: 10 },
  },
})
