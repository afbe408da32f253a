/** What `npm run mutation` changes, and the tests that must notice. */

export interface Target {
  readonly name: string
  /** Sources by folder or file. */
  readonly sources: readonly string[]
  readonly tests: readonly string[]
  /** Project of vitest. Default unit. */
  readonly project?: 'unit' | 'process'
}

export const targets: readonly Target[] = [
  { name: 'ber', sources: ['snmp-bridge/src/ber'], tests: ['test/snmp-bridge/ber', 'test/snmp-bridge/message/agent-core'] },
  {
    name: 'snmp-message',
    sources: ['snmp-bridge/src/message', 'snmp-bridge/src/usm'],
    tests: ['test/snmp-bridge/message', 'test/snmp-bridge/usm', 'test/snmp-bridge/notification/inform-receiver'],
  },
  { name: 'otlp-writer', sources: ['agent/src/otlp/protobuf-writer.ts'], tests: ['test/agent/otlp'] },
  { name: 'log', sources: ['collector/src/wal'], tests: ['test/collector/wal'] },
  {
    name: 'pool',
    sources: ['runtime/src/datasource/pool.ts', 'runtime/src/datasource/lent-connection.ts'],
    tests: ['test/runtime/datasource'],
  },
  { name: 'slot', sources: ['runtime/src/keeper/slot.ts'], tests: ['test/runtime/keeper/slot'], project: 'process' },
  { name: 'normaliser', sources: ['agent/src/sql'], tests: ['test/agent/sql'] },
  { name: 'decoder', sources: ['collector/src/decode'], tests: ['test/collector/decode'] },
]
