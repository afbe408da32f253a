import { declareSettings } from './declaration.ts'
import { milliseconds, name } from './shapes.ts'

export const datasourceSettings = declareSettings({
  name: name('Name of the datasource, which applications look it up by.'),
  driver: {
    type: 'choice',
    values: ['sqlite'],
    default: 'sqlite',
    description: 'Database driver. sqlite is node:sqlite, off the main thread.',
  },
  file: {
    type: 'text',
    minLength: 1,
    required: true,
    example: 'shop.db',
    description: 'Database file, relative to the data folder; `:memory:` gives each connection its own in-memory database.',
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
  acquireTimeoutMs: {
    ...milliseconds(5000, 'How long a borrower waits for a connection before it gets SPY_POOL_TIMEOUT.'),
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
  leakAfterMs: {
    ...milliseconds(30_000, 'A connection held longer than this with no statement running is reported as leaked, with its borrower.', 100),
    applies: 'live',
  },
  exhaustedAfterMs: {
    ...milliseconds(10_000, 'How long all connections must be lent, with borrowers waiting, before the pool counts as exhausted.', 100),
    applies: 'live',
  },
})
