import { declareKind } from '../resource-kind.ts'

/** The event loop of one of our processes. */
export const eventLoop = declareKind({
  name: 'eventLoop',
  domain: 'nodejs',
  type: 'EventLoop',
  keys: ['process'],
  description: 'The event loop of one process; delays are over the last sampling interval.',
  table: 7,
  attributes: {
    process: {
      type: 'string',
      role: 'key',
      description: 'Name of the process: an instance, management, collector, store or snmp-bridge.',
      column: 2,
    },
    utilization: {
      type: 'double',
      role: 'gauge',
      unit: '1',
      otel: 'nodejs.eventloop.utilization',
      description: 'Share of the last interval in which the loop was busy.',
      column: 3,
      snmpScale: 1000,
    },
    delayP50: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      otel: 'nodejs.eventloop.delay.p50',
      description: 'Median delay of the loop.',
      column: 4,
      snmpScale: 1_000_000,
    },
    delayP99: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      otel: 'nodejs.eventloop.delay.p99',
      description: '99th percentile of the delay of the loop.',
      column: 5,
      snmpScale: 1_000_000,
    },
    delayMax: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      otel: 'nodejs.eventloop.delay.max',
      description: 'Longest delay of the loop.',
      column: 6,
      snmpScale: 1_000_000,
    },
  },
})
