import { declareKind } from '../resource-kind.ts'

/** The JavaScript heap of one of our processes. */
export const v8Heap = declareKind({
  name: 'v8Heap',
  domain: 'nodejs',
  type: 'Heap',
  keys: ['process'],
  description: 'The V8 heap of one process.',
  table: 6,
  attributes: {
    process: {
      type: 'string',
      role: 'key',
      description: 'Name of the process.',
      column: 2,
    },
    used: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Bytes in use by objects (V8 used_heap_size).',
      column: 3,
      gauge32Column: 10,
    },
    committed: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Bytes allocated from the system for the heap (V8 total_heap_size).',
      column: 4,
      gauge32Column: 11,
    },
    limit: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Maximum size of the heap (V8 heap_size_limit).',
      column: 5,
      gauge32Column: 12,
    },
    external: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Bytes held by objects outside the heap, including array buffers.',
      column: 6,
      gauge32Column: 13,
    },
    arrayBuffers: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Bytes of array buffers and Buffers.',
      column: 7,
      gauge32Column: 14,
    },
    gcCount: {
      type: 'long',
      role: 'counter',
      unit: '{collection}',
      description: 'Garbage collections since the process started.',
      column: 8,
    },
    gcTime: {
      type: 'double',
      role: 'counter',
      unit: 's',
      description: 'Time spent in garbage collections since the process started.',
      column: 9,
      snmpScale: 1000,
    },
  },
})
