import { declareKind } from '@spyglass/agent/contract'

const rejected = (why: string, column: number) =>
  ({ type: 'long', role: 'counter', unit: '{cookie}', description: `Cookies rejected: ${why}`, column }) as const

/** Sessions of visitors, as one process knows them. */
export const session = declareKind({
  name: 'session',
  domain: 'spyglass',
  type: 'Session',
  keys: ['instance', 'name'],
  description:
    'Sessions of visitors. Instances count what they do; how many there are is known by the process of their store, or with Redis by each instance.',
  table: 13,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance or store process that counts.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name of the sessions, from the configuration.', column: 4 },
    state: {
      type: 'string',
      role: 'state',
      values: ['ok', 'down'],
      description: 'down: the last thing that the store was asked for failed.',
      column: 5,
    },
    store: { type: 'string', role: 'text', description: 'Where the state is: server or redis.', column: 6 },
    active: {
      type: 'int',
      role: 'gauge',
      unit: '{session}',
      description: 'Sessions that have not expired, in the whole store: processes that show it show the same.',
      column: 7,
    },
    maxSessions: {
      type: 'int',
      role: 'gauge',
      unit: '{session}',
      description: 'Sessions that the store takes; known by the process of the store, absent with Redis.',
    },
    size: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Bytes of their states; absent with Redis.',
      column: 8,
      gauge32Column: 9,
    },
    created: { type: 'long', role: 'counter', unit: '{session}', description: 'Sessions created by this instance.', column: 10 },
    ended: {
      type: 'long',
      role: 'counter',
      unit: '{session}',
      description: 'Sessions ended by their application: a logout, or a new id.',
      column: 11,
    },
    expired: { type: 'long', role: 'counter', unit: '{session}', description: 'Sessions found expired by this process.', column: 12 },
    rejectedForged: rejected('their signature is wrong.', 13),
    rejectedOversized: rejected('they are longer than any that was given out.', 14),
    rejectedUnknown: rejected('correctly signed, but their session has expired or was ended. A replayed cookie is one of these.', 15),
    refused: {
      type: 'long',
      role: 'counter',
      unit: '{session}',
      description: 'New sessions refused because the store is full, and states refused because they are too large.',
      column: 16,
    },
    conflicts: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests refused because another one had changed the same value of their session meanwhile.',
      column: 17,
    },
    failures: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests whose session could not be read or stored because the store failed.',
      column: 18,
    },
    cacheHits: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests answered from the copy of the instance.',
      column: 19,
    },
    cacheMisses: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests that asked the store.', column: 20 },
    damagedLines: {
      type: 'long',
      role: 'counter',
      unit: '{line}',
      description: 'Damaged lines that the store process has skipped in its file.',
      column: 21,
    },
    lastError: {
      type: 'string',
      role: 'text',
      description: 'Message of the last failure of the store; empty if there was none.',
      column: 22,
    },
  },
})
