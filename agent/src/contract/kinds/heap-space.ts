import { declareKind } from '../resource-kind.ts'

/** One of the spaces that the JavaScript heap of a process consists of. */
export const heapSpace = declareKind({
  name: 'heapSpace',
  domain: 'nodejs',
  type: 'HeapSpace',
  keys: ['process', 'name'],
  description: 'One space of the V8 heap of one process.',
  table: 10,
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
      otel: 'v8js.heap.space.name',
      description: 'Name of the space: new_space holds young objects, old_space those that survived.',
      column: 4,
    },
    used: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      otel: 'v8js.memory.heap.used',
      description: 'Bytes in use by objects (V8 space_used_size).',
      column: 5,
      gauge32Column: 9,
    },
    size: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      otel: 'v8js.memory.heap.space.size',
      description: 'Size of the space (V8 space_size).',
      column: 6,
      gauge32Column: 10,
    },
    available: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      otel: 'v8js.memory.heap.space.available_size',
      description: 'Bytes that are free in the space (V8 space_available_size).',
      column: 7,
      gauge32Column: 11,
    },
    physical: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      otel: 'v8js.memory.heap.space.physical_size',
      description: 'Bytes of the space that are in memory (V8 physical_space_size).',
      column: 8,
      gauge32Column: 12,
    },
  },
})
