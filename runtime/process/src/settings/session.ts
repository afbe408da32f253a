import { declareSettings } from './declaration.ts'
import { redisStoreSettings } from './redis-store.ts'
import { milliseconds, name, ownMilliseconds } from './shapes.ts'

const YEAR_MS = 31_536_000_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** One of the two keys that sign cookies. */
const key = (description: string) =>
  ({ type: 'text', secret: true, minLength: 32, applies: 'live', description: `${description} It may be encrypted.` }) as const

/** A token (RFC 6265 §4.1.1) that leaves room for the prefix `__Host-`. */
const COOKIE_NAME = /^(?!__)[\w!#$%&'*+.^`|~-]{1,64}$/

export const sessionSettings = declareSettings({
  name: name('Name of the sessions, which applications look them up by.'),
  store: {
    type: 'choice',
    values: ['server', 'redis'],
    default: 'server',
    description:
      'Where the state is. server: a process of this server, with a file in the data folder; redis: a Redis or Valkey, by the package ioredis of the application.',
  },
  ...redisStoreSettings,
  cookie: {
    type: 'text',
    checks: [{ is: COOKIE_NAME, allowed: 'the name of a cookie, without a prefix like __Host-' }],
    description: 'Name of the cookie; over https it has the prefix `__Host-`. Not set: that of the sessions.',
  },
  sameSite: {
    type: 'choice',
    values: ['lax', 'strict', 'none'],
    default: 'lax',
    description: 'With requests from which other sites the browser sends the cookie. none needs https.',
  },
  secure: {
    type: 'choice',
    values: ['auto', 'always'],
    default: 'auto',
    description:
      'auto: the cookie of a request that came over https (TLS of the listener, or a trusted proxy that says so) is for https alone. always: without https there are no sessions.',
  },
  persistent: {
    type: 'boolean',
    default: false,
    description: 'Whether the cookie outlives the browser, for as long as the session may be idle. Otherwise it ends with the browser.',
  },
  idleMs: {
    ...milliseconds(30 * MINUTE_MS, 'A session without a request for this long has expired.', 1000, YEAR_MS),
    applies: 'live',
  },
  rolling: {
    type: 'boolean',
    default: true,
    applies: 'live',
    description: 'Whether each request extends the session. Otherwise only one that changes it does.',
  },
  lifetimeMs: {
    ...milliseconds(12 * HOUR_MS, 'A session this old has expired, however much it is used.', 1000, YEAR_MS),
    applies: 'live',
  },
  maxBytes: {
    type: 'int',
    min: 64,
    max: 1_048_576,
    default: 16_384,
    unit: 'By',
    applies: 'live',
    description: 'Size limit of the state of one session, as JSON.',
  },
  maxSessions: {
    type: 'int',
    min: 1,
    max: 10_000_000,
    default: 100_000,
    applies: 'live',
    description: 'With store server: sessions at most; beyond it new ones are refused. A Redis has limits of its own.',
  },
  maxTotalBytes: {
    type: 'int',
    min: 65_536,
    max: 1_073_741_824,
    default: 67_108_864,
    unit: 'By',
    applies: 'live',
    description: 'With store server: size limit of all sessions together, which are in its memory.',
  },
  cacheMs: {
    ...ownMilliseconds(
      'How long an instance may answer from its copy of a session. With store server the copy is dropped before another instance is told that its change is made, so nobody reads an older state; default 1000. With redis a request may see a state up to this old; default 0, each request asks.',
      0,
    ),
  },
  cacheEntries: {
    type: 'int',
    min: 0,
    max: 1_000_000,
    default: 1000,
    description: 'Copies of sessions that an instance keeps.',
  },
  timeoutMs: {
    ...milliseconds(5000, 'How long the store may take; it covers a restart of the store.', 10, 60_000),
    applies: 'live',
  },
  whenDown: {
    type: 'choice',
    values: ['closed', 'open'],
    default: 'closed',
    applies: 'live',
    description:
      'What a request gets when the store does not answer. closed: 503 with Retry-After; open: it goes on without a session, and what it puts into it is not kept.',
  },
  signingKey: key('What cookies are signed with. Not set: a key is derived from the secrets of the server.'),
  previousSigningKey: key('Cookies signed with this key are still accepted: the key before, while keys change.'),
})
