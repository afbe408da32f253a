import { declareSettings } from './declaration.ts'
import { hasNoPassword, isDatabaseUrl } from './database-url.ts'
import { passwordSettings } from './password.ts'
import { memberName, milliseconds, name, ownMilliseconds } from './shapes.ts'

/** A password in a URL would be shown wherever the URL is. */
const databaseUrl = {
  type: 'text',
  minLength: 1,
  checks: [
    { is: (text: string) => isDatabaseUrl(text), allowed: 'a URL like postgres://user@host:5432/database' },
    { is: hasNoPassword, allowed: 'a URL without a password; give it as password or passwordFrom' },
  ],
} as const

const memberSettings = declareSettings({
  name: memberName('Name of the member. Not set: host and port of its URL.'),
  url: { ...databaseUrl, required: true, description: 'Database, as in `datasources[].url`.' },
  role: {
    type: 'choice',
    values: ['primary', 'standby', 'replica'],
    default: 'primary',
    description:
      'What it is when all is well; a replica is never written to. Which of the others accepts writes is asked of the databases, again and again.',
  },
  weight: { type: 'int', min: 0, max: 1000, default: 1, description: 'Its share of reads, and of keys. 0: none.' },
  tags: { type: 'texts', each: { minLength: 1 }, default: [], description: 'Names that reads can ask for.' },
})

const routeSettings = declareSettings({
  statements: {
    type: 'choice',
    values: ['any', 'read', 'write'],
    default: 'any',
    description:
      'Which statements are meant. `read`: SELECT and its like that lock and change nothing. What a function does that it calls is not known.',
  },
  schema: { type: 'text', minLength: 1, example: 'reporting', description: 'Only statements that name this schema.' },
  to: {
    type: 'text',
    required: true,
    minLength: 1,
    example: 'read',
    description: '`read` (a member for reads), `write` (the one that accepts writes), or a tag of members.',
  },
})

export const datasourceSettings = declareSettings({
  name: name('Name of the datasource, which applications look it up by.'),
  driver: {
    type: 'choice',
    values: ['sqlite', 'pg', 'mysql2'],
    default: 'sqlite',
    description:
      'Database driver. sqlite is node:sqlite, off the main thread; pg (PostgreSQL) and mysql2 (MySQL, MariaDB) are packages of the application.',
  },
  url: {
    ...databaseUrl,
    applies: 'live',
    description:
      'Database of pg or mysql2: `postgres://user@host:5432/database`, `mysql://user@host:3306/database`. Parameters after `?` are options of the driver.',
  },
  members: {
    type: 'list',
    key: ['url'],
    default: [],
    applies: 'live',
    emptyApplies: 'reload', // a database alone and a group are two things
    readBy: ['instances'],
    description:
      'The databases of a group, in place of `url`: a primary with its standbys and replicas, or with `sharded` databases of their own.',
    settings: memberSettings,
  },
  sharded: {
    type: 'boolean',
    default: false,
    description: 'Whether the members are databases of their own that share the keys, instead of copies of one.',
  },
  balance: {
    type: 'choice',
    values: ['weight', 'least'],
    default: 'weight',
    applies: 'live',
    description:
      'How reads of a group are spread: by the weight of the members, or to the one with the fewest lent connections for its weight.',
  },
  routes: {
    type: 'list',
    key: ['to'],
    default: [],
    applies: 'live',
    readBy: ['instances'],
    description:
      'Of a group: where single statements of the pool go (`query`, `execute`). The first that fits decides; without one they go to the member that accepts writes.',
    settings: routeSettings,
  },
  probeIntervalMs: { ...milliseconds(1000, 'How often each member of a group is asked what it is.', 50), applies: 'live' },
  probeTimeoutMs: { ...milliseconds(500, 'How long it may take to answer that.', 10), applies: 'live' },
  probeFailures: {
    type: 'int',
    min: 1,
    max: 100,
    default: 2,
    applies: 'live',
    description: 'So many unanswered questions in a row, or one refused connection, and a member counts as down.',
  },
  restoreAfterMs: {
    ...milliseconds(10_000, 'How long a member that was down must have answered before it gets reads again.', 0),
    applies: 'live',
  },
  maxLagMs: {
    ...milliseconds(30_000, 'A member that is further behind gets no reads.', 1),
    applies: 'live',
  },
  ...passwordSettings('Password of the user in the URL.'),
  file: {
    type: 'text',
    minLength: 1,
    example: 'shop.db',
    description: 'Database file of sqlite, relative to the data folder; `:memory:` gives each connection its own in-memory database.',
  },
  required: {
    type: 'boolean',
    default: false,
    description:
      'Whether its applications cannot do without it: an instance that cannot connect does not become ready, so that a deployment fails. Otherwise that is only reported.',
  },
  initial: {
    type: 'int',
    min: 0,
    max: 1000,
    applies: 'live',
    description: 'Connections opened when an instance starts. Not set: as many as `min`.',
  },
  min: {
    type: 'int',
    min: 0,
    max: 1000,
    default: 1,
    attribute: 'minConnections',
    applies: 'live',
    description: 'Connections kept open when idle.',
  },
  max: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 8,
    attribute: 'maxConnections',
    applies: 'live',
    description: 'Maximum number of open connections.',
  },
  step: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 1,
    applies: 'live',
    description: 'Connections opened together when the pool grows.',
  },
  growWaitMs: {
    ...milliseconds(
      0,
      'The pool grows by one `step` when the 95th percentile of waiting in the last minute, or a wait that goes on, is this long. 0: one connection at least for each borrower that waits, at once.',
      0,
    ),
    applies: 'live',
  },
  acquireTimeoutMs: {
    ...milliseconds(5000, 'How long a borrower waits for a connection before it gets SPY_POOL_TIMEOUT.'),
    applies: 'live',
  },
  connectTimeoutMs: {
    ...milliseconds(5000, 'How long the database may take to accept a connection, to validate one, or to roll back what a borrower left.'),
    applies: 'live',
  },
  maxWaiting: {
    type: 'int',
    min: 0,
    max: 100_000,
    default: 1000,
    applies: 'live',
    description: 'Maximum number of waiting borrowers; further ones are refused at once.',
  },
  idleTimeoutMs: { ...milliseconds(60_000, 'How long a connection above `min` may be idle before it is closed.'), applies: 'live' },
  maxLifetimeMs: {
    ...ownMilliseconds(
      'A connection this old is closed when nobody has it, and replaced. Each lives up to a tenth shorter, so that they do not end together. Not set: never.',
      100,
    ),
    applies: 'live',
  },
  validateAfterIdleMs: {
    ...milliseconds(30_000, 'A connection idle for longer is asked for a sign of life before it is lent.', 0),
    applies: 'live',
  },
  keepAliveMs: {
    ...milliseconds(
      60_000,
      'With pg and mysql2: after how long without traffic TCP asks whether the other side is still there. 0: it does not.',
      0,
    ),
    applies: 'live',
  },
  statementTimeoutMs: {
    ...ownMilliseconds(
      'With pg and mysql2: the database ends a statement that takes longer; MySQL ends only SELECT. Not set: what the database does by itself.',
    ),
    applies: 'live',
  },
  leakAfterMs: {
    ...milliseconds(30_000, 'A connection held longer than this with no statement running is reported as leaked, with its borrower.', 100),
    applies: 'live',
  },
  reclaimAfterMs: {
    ...ownMilliseconds(
      'A connection held longer than this with no statement running is taken from its borrower, closed and replaced; what the borrower does with it later throws SPY_CONNECTION_RECLAIMED. Not set: never.',
      100,
    ),
    applies: 'live',
  },
  exhaustedAfterMs: {
    ...milliseconds(10_000, 'How long all connections must be lent, with borrowers waiting, before the pool counts as exhausted.', 100),
    applies: 'live',
  },
})
