import { isAddressRange } from '../listener/address-list.ts'
import { declareSettings } from './declaration.ts'
import { redisStoreSettings } from './redis-store.ts'
import { milliseconds, name } from './shapes.ts'

const addresses = {
  type: 'texts',
  each: { checks: [{ is: isAddressRange, allowed: 'an address, a range (10.0.0.0/8), or one of loopback, linklocal, private' }] },
  default: [],
  applies: 'live',
} as const

export const rateLimitSettings = declareSettings({
  name: name('Name of the limit, which applications look it up by.'),
  by: {
    type: 'choice',
    values: ['address', 'account', 'route', 'key'],
    default: 'address',
    description:
      'What is counted. address: each address of a client (IPv6 by its /64), past the trusted proxies; route: all requests together; key: each value of `header`, or what the application gives; account: what the application gives.',
  },
  header: {
    type: 'text',
    checks: [{ is: /^[a-z0-9-]+$/, allowed: 'the name of a header in lower case' }],
    description: 'With `by: key`: the request header that holds the key. Requests without it are not limited.',
  },
  max: { type: 'int', min: 1, max: 10_000_000, default: 100, applies: 'live', description: 'Requests allowed in any `windowMs`.' },
  windowMs: { ...milliseconds(60_000, 'Length of the sliding window.', 100, 86_400_000), applies: 'live' },
  paths: {
    type: 'texts',
    each: { checks: [{ is: /^\/[^\s?]*$/, allowed: 'a path' }] },
    default: [],
    applies: 'live',
    description:
      'Requests below these paths are limited before the application sees them; a path is that which the application sees, `/` stands for all. Not set: only what the application asks for is limited.',
  },
  store: {
    type: 'choice',
    values: ['memory', 'redis'],
    default: 'memory',
    description:
      'Where it is counted. memory: each instance for itself; redis: all instances and servers together, in a Redis or Valkey, by the package ioredis of the application.',
  },
  ...redisStoreSettings,
  timeoutMs: { ...milliseconds(500, 'How long the Redis may take.', 10, 60_000), applies: 'live' },
  whenDown: {
    type: 'choice',
    values: ['open', 'closed'],
    default: 'open',
    applies: 'live',
    description: 'What a request gets when the Redis does not answer. open: it passes; closed: 503 with Retry-After.',
  },
  maxKeys: {
    type: 'int',
    min: 1000,
    max: 10_000_000,
    default: 50_000,
    applies: 'live',
    description: 'Keys that an instance counts apart, at about 300 bytes each; further ones share counts until places become free.',
  },
  deny: { ...addresses, description: 'Addresses whose requests to its applications are refused with 403.' },
  exempt: { ...addresses, description: 'Addresses that are not limited.' },
})
