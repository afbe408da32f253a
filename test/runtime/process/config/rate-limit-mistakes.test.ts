import { expect, test } from 'vitest'
import { checkedSettings } from '@spyglass/process/config'

const check = (limit: object) => () => checkedSettings({ rateLimits: [{ name: 'api', ...limit }] }, { origin: 'spyglass.yaml', from: '/' })

test.each([
  {},
  { by: 'key', header: 'x-api-key', paths: ['/api'] },
  { store: 'redis', url: 'rediss://cache.example:6380/1', password: 'x' },
  { by: 'account', deny: ['10.0.0.0/8', 'loopback'] },
])('%j is accepted', (limit) => expect(check(limit)).not.toThrow())

test.each([
  [{ store: 'redis' }, 'rateLimits[0].url: missing'],
  [{ url: 'redis://cache:6379' }, 'rateLimits[0].url: only available with store redis'],
  [{ store: 'redis', url: 'redis://u:secret@cache:6379' }, 'a URL without a password'],
  [{ password: 'x' }, 'rateLimits[0].password: only available with store redis'],
  [{ header: 'x-api-key' }, 'rateLimits[0].header: only available with by: key'],
  [{ by: 'account', paths: ['/'] }, 'rateLimits[0].paths: a limit by account needs the application'],
  [{ by: 'key', paths: ['/'] }, 'rateLimits[0].paths: a limit by key without a header'],
  [{ deny: ['example.com'] }, 'an address, a range'],
])('%j is refused', (limit, message) => expect(check(limit)).toThrow(message))
