import { declareKind } from '../resource-kind.ts'

/** What one process holds of the operating system and of libuv. */
export const nodeProcess = declareKind({
  name: 'nodeProcess',
  domain: 'nodejs',
  type: 'Process',
  keys: ['process'],
  description: 'What one process holds of the operating system and of libuv.',
  table: 12,
  attributes: {
    process: {
      type: 'string',
      role: 'key',
      description: 'Name of the process.',
      column: 2,
    },
    openFileDescriptors: {
      type: 'int',
      role: 'gauge',
      unit: '{descriptor}',
      otel: 'process.unix.file_descriptor.count',
      description: 'Open file descriptors: files, sockets and pipes; absent where there is no /proc.',
      column: 3,
    },
    activeResources: {
      type: 'int',
      role: 'gauge',
      unit: '{resource}',
      otel: 'v8js.resource.active',
      description: 'Resources that keep the event loop alive: sockets, servers, timers, requests of files and of name resolution.',
      column: 4,
    },
    threadPoolSize: {
      type: 'int',
      role: 'gauge',
      unit: '{thread}',
      description: 'Threads for file access, name resolution, cryptography and compression (UV_THREADPOOL_SIZE).',
      column: 5,
    },
    threadPoolRequests: {
      type: 'int',
      role: 'gauge',
      unit: '{request}',
      description:
        'Requests of files and of name resolution in the thread pool, working or waiting; those of cryptography and compression are unknown.',
      column: 6,
    },
  },
})
