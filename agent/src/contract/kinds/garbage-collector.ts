import { declareKind } from '../resource-kind.ts'

/** One kind of garbage collection in one process. The durations of all of them are the metric `v8js.gc.duration` as well. */
export const garbageCollector = declareKind({
  name: 'garbageCollector',
  domain: 'nodejs',
  type: 'GarbageCollector',
  keys: ['process', 'name'],
  description: 'Garbage collections of one kind in one process since it started. JavaScript waits while one runs.',
  table: 11,
  attributes: {
    process: {
      type: 'string',
      role: 'key',
      description: 'Name of the process.',
      column: 3,
    },
    name: {
      type: 'string',
      role: 'key',
      otel: 'v8js.gc.type',
      description:
        'minor: of young objects; major: of the whole heap; incremental: a step of the next major one; weakcb: callbacks of weak references.',
      column: 4,
    },
    count: { type: 'long', role: 'counter', unit: '{collection}', description: 'Collections.', column: 5 },
    time: { type: 'double', role: 'counter', unit: 's', description: 'Time spent in them.', column: 6, snmpScale: 1000 },
  },
})
