import { declareKind } from '@spyglass/agent/contract'

const connection = { type: 'int', description: 'Number of the connection, as `borrowers` shows it.', example: 3 } as const

/** Arguments and answer of the statements of operators. */
const statement = {
  arguments: {
    statement: { type: 'string', description: 'One statement.', example: 'SELECT count(*) FROM orders' },
    member: { type: 'string', optional: true, description: 'Member that it is for; without one that for writes.', example: 'a' },
    all: { type: 'boolean', optional: true, description: 'Whether it is for each member.' },
  },
  result: {
    table: 'answers',
    index: ['member'],
    row: { member: 'string', rows: { array: 'string' }, changes: 'long', isCut: 'boolean', error: 'string' },
  },
  secretResult: true,
} as const

/** A pool of database connections. */
export const datasource = declareKind({
  name: 'datasource',
  domain: 'spyglass',
  type: 'Datasource',
  keys: ['instance', 'name'],
  description: 'A pool of database connections. A connection is lent to a borrower and returned; borrowers wait when all are lent.',
  table: 4,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that holds the pool.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name of the datasource, from the configuration.', column: 4 },
    state: {
      type: 'string',
      role: 'state',
      values: ['ok', 'degraded', 'exhausted', 'down', 'closed'],
      description: 'exhausted: all connections are lent and borrowers have been waiting for longer than the configured time.',
      column: 5,
    },
    driver: { type: 'string', role: 'text', description: 'Database driver.', column: 6 },
    target: { type: 'string', role: 'text', description: 'Database the pool connects to, without user and password.', column: 7 },
    minConnections: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      otel: 'db.client.connection.idle.min',
      description: 'Connections kept open when idle.',
      column: 8,
    },
    maxConnections: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      otel: 'db.client.connection.max',
      description: 'Maximum number of open connections.',
      column: 9,
    },
    serverConnections: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      description: 'Connections that the database accepts of the user of the pool; absent until it has been connected to, and with sqlite.',
    },
    activeConnections: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      description: 'Connections currently lent to borrowers.',
      column: 10,
    },
    idleConnections: { type: 'int', role: 'gauge', unit: '{connection}', description: 'Connections open and not lent.', column: 11 },
    waitingBorrowers: {
      type: 'int',
      role: 'gauge',
      unit: '{request}',
      otel: 'db.client.connection.pending_requests',
      description: 'Requests currently waiting to borrow a connection.',
      column: 12,
    },
    peakActive: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      description: 'Highest number of connections lent at once since the pool opened.',
      column: 13,
    },
    created: { type: 'long', role: 'counter', unit: '{connection}', description: 'Connections opened since the pool opened.', column: 14 },
    closed: { type: 'long', role: 'counter', unit: '{connection}', description: 'Connections closed since the pool opened.', column: 15 },
    borrows: { type: 'long', role: 'counter', unit: '{borrow}', description: 'Borrows: how often a connection was lent.', column: 16 },
    timeouts: {
      type: 'long',
      role: 'counter',
      unit: '{timeout}',
      otel: 'db.client.connection.timeouts',
      description: 'Timeouts of borrowers waiting for a connection.',
      column: 17,
    },
    leaks: {
      type: 'long',
      role: 'counter',
      unit: '{leak}',
      description: 'Leaks reported: connections held too long with no statement running, or garbage-collected without being returned.',
      column: 18,
    },
    leakedNow: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      description: 'Lent connections currently reported as leaked.',
      column: 19,
    },
    reclaimed: {
      type: 'long',
      role: 'counter',
      unit: '{connection}',
      description: 'Connections taken from borrowers that held them too long (reclaimAfterMs) and replaced.',
      column: 24,
    },
    failovers: {
      type: 'long',
      role: 'counter',
      unit: '{failover}',
      description: 'Failovers: how often writes went to another member than before; absent without members.',
      column: 25,
    },
    unknownCommits: {
      type: 'long',
      role: 'counter',
      unit: '{commit}',
      description:
        'Commits whose connection was lost before the answer came (SPY_COMMIT_UNKNOWN): they may have taken effect or not. Absent without members.',
      column: 26,
    },
    members: {
      type: {
        table: 'members',
        index: ['member'],
        row: {
          member: 'string',
          role: 'string',
          use: 'string',
          target: 'string',
          timeline: 'int',
          lagMs: 'long',
          lent: 'int',
          lastError: 'string',
        },
      },
      role: 'text',
      description:
        'The databases of a group: what each is used for now (writes, reads) or why it is not (down, outdated, lagging …), its timeline, and how far it is behind; -1: not known. Absent without members.',
    },
    waitP95: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      metric: false,
      description: '95th percentile of the time borrowers waited, over the last minute; absent when nobody borrowed.',
      column: 20,
      snmpScale: 1_000_000,
    },
    useP95: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      metric: false,
      description: '95th percentile of the time connections were held, over the last minute; absent when none was returned.',
      column: 21,
      snmpScale: 1_000_000,
    },
    lastError: {
      type: 'string',
      role: 'text',
      description: 'Message of the last error of the database; empty when there was none.',
      column: 22,
    },
    lastErrorTime: { type: 'date', role: 'text', description: 'When the last error came; absent when there was none.', column: 23 },
    borrowers: {
      type: {
        table: 'borrowers',
        index: ['connection'],
        row: {
          connection: 'int',
          heldMs: 'long',
          route: 'string',
          traceId: 'string',
          statement: 'string',
          running: 'boolean',
          leaked: 'boolean',
          location: 'string',
        },
      },
      role: 'text',
      description:
        'Current holders of connections: how long, route and trace, the last statement, and the file and line of the application that borrowed.',
    },
  },
  operations: {
    reclaim: {
      description:
        'Takes a connection from its borrower: it is closed, with what runs on it, and the next that waits gets another. What the borrower does with it later throws SPY_CONNECTION_RECLAIMED.',
      role: 'operator',
      impact: 'action',
      arguments: { connection },
    },
    cancel: {
      description:
        'Has the database end the statement that runs on a lent connection (pg_cancel_backend, KILL QUERY). Its borrower gets the error of the database and keeps the connection.',
      role: 'operator',
      impact: 'action',
      arguments: { connection },
    },
    sql: {
      description:
        'Runs a statement that only reads, in a read-only transaction, and shows at most 200 rows as JSON; over a connection of its own, for at most connectTimeoutMs.',
      role: 'operator',
      impact: 'info',
      amongMany: 'any',
      ...statement,
    },
    execute: {
      description: 'Runs a statement, whatever it does, over a connection of its own, for at most connectTimeoutMs.',
      role: 'administrator',
      impact: 'action',
      amongMany: 'any',
      ...statement,
    },
    autopsy: {
      description:
        'Shows who holds connections together with what the database says of their sessions: state, what each waits for, and who blocks it. Asked over a connection of its own; PostgreSQL and MariaDB tell.',
      role: 'operator',
      impact: 'info',
      result: {
        table: 'autopsy',
        index: ['connection'],
        row: {
          connection: 'int',
          heldMs: 'long',
          route: 'string',
          location: 'string',
          statement: 'string',
          leaked: 'boolean',
          session: 'long',
          state: 'string',
          stateMs: 'long',
          waitsFor: 'string',
          blockedBy: 'string',
        },
      },
    },
  },
  events: [
    'spyglass.pool.exhausted',
    'spyglass.pool.recovered',
    'spyglass.pool.leak',
    'spyglass.datasource.oversized',
    'spyglass.datasource.failover',
    'spyglass.datasource.restored',
  ],
})
