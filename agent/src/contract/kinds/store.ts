import { declareKind } from '../resource-kind.ts'

/** The embedded ClickHouse. */
export const store = declareKind({
  name: 'store',
  domain: 'spyglass',
  type: 'Store',
  keys: ['name'],
  description: 'The embedded ClickHouse: its sessions, queries and size.',
  table: 9,
  attributes: {
    name: { type: 'string', role: 'key', label: 'process', description: 'Name of the store.', column: 2 },
    engineVersion: { type: 'string', role: 'text', description: 'Version of the ClickHouse engine.', column: 3 },
    queries: { type: 'long', role: 'counter', unit: '{query}', description: 'Queries answered.', column: 4 },
    queriesFailed: { type: 'long', role: 'counter', unit: '{query}', description: 'Queries that ended with an error.', column: 5 },
    queriesRefused: {
      type: 'long',
      role: 'counter',
      unit: '{query}',
      description: 'Queries refused by the gate, by missing credentials or by a full queue.',
      column: 6,
    },
    queriesRunning: { type: 'int', role: 'gauge', unit: '{query}', description: 'Queries running now.', column: 7 },
    queriesQueued: { type: 'int', role: 'gauge', unit: '{query}', description: 'Queries waiting for a reader session.', column: 8 },
    segmentsInserted: { type: 'long', role: 'counter', unit: '{segment}', description: 'Segment files inserted.', column: 9 },
    rows: { type: 'long', role: 'gauge', unit: '{row}', description: 'Rows in all tables.', column: 10, gauge32Column: 13 },
    bytesOnDisk: { type: 'long', role: 'gauge', unit: 'By', description: 'Bytes of all active parts.', column: 11, gauge32Column: 14 },
    parts: { type: 'int', role: 'gauge', unit: '{part}', description: 'Active parts.', column: 12 },
    engineReplacements: {
      type: 'long',
      role: 'counter',
      unit: '{replacement}',
      description: 'Replacements of the engine process: it crashed, or did not give a statement back.',
      column: 15,
    },
    clientsBackedOff: {
      type: 'int',
      role: 'gauge',
      unit: '{client}',
      description: 'Clients and users whose queries are refused for a while because one of them cost an engine its process.',
      column: 16,
    },
  },
})
