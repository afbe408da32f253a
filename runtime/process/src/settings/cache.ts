import { declareSettings } from './declaration.ts'
import { redisStoreSettings } from './redis-store.ts'
import { milliseconds, name } from './shapes.ts'

const MIB = 1_048_576
const WEEK_MS = 604_800_000

const lasting = (value: number, description: string) => ({ ...milliseconds(value, description, 0, WEEK_MS), applies: 'live' }) as const

export const cacheSettings = declareSettings({
  name: name('Name of the cache, which applications look it up by.'),
  maxBytes: {
    type: 'int',
    min: 65_536,
    max: 17_179_869_184,
    default: 64 * MIB,
    unit: 'By',
    applies: 'live',
    description: 'Memory for its entries in each instance. Beyond it, the least recently used are dropped.',
  },
  maxEntryBytes: {
    type: 'int',
    min: 1024,
    max: 1_073_741_824,
    default: MIB,
    unit: 'By',
    applies: 'live',
    description: 'A larger value is given to who asked for it, but not kept.',
  },
  ttlMs: lasting(60_000, 'How long an entry is fresh.'),
  staleMs: lasting(0, 'How much longer an entry is given out while one load replaces it.'),
  staleIfErrorMs: lasting(0, 'How much longer an entry is given out when its load fails.'),
  missingTtlMs: lasting(1000, 'How long it is kept that there is no value: a load gave `undefined` or `null`. 0: not at all.'),
  loadTimeoutMs: {
    ...milliseconds(10_000, 'How long a load may take.', 1, 60_000),
    applies: 'live',
  },
  store: {
    type: 'choice',
    values: ['memory', 'redis'],
    default: 'memory',
    description:
      'memory: each instance has its own entries, and a purge reaches that instance alone; redis: a Redis or Valkey behind them, by the package ioredis of the application, which all instances share and through which purges reach all.',
  },
  ...redisStoreSettings,
  timeoutMs: { ...milliseconds(500, 'How long the Redis may take.', 10, 60_000), applies: 'live' },
  whenDown: {
    type: 'choice',
    values: ['open', 'closed'],
    default: 'open',
    applies: 'live',
    description:
      'While the Redis does not answer. open: each instance loads for itself, and its purges are told to the others later; closed: what is not in memory fails with 503, so that not all instances load at once, and a purge fails that cannot reach the others.',
  },
  purgeUrl: {
    type: 'url',
    applies: 'live',
    description:
      'A CDN or proxy before the server is told here, by POST of JSON with `paths`, `tags` or `all`, what was purged of the page cache.',
  },
  purgeToken: {
    type: 'text',
    secret: true,
    minLength: 1,
    applies: 'live',
    description: 'Sent there as a bearer token. It may be encrypted.',
  },
})
