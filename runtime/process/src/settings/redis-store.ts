/** The Redis or Valkey of a resource with `store: redis`. */
import { hasNoPassword } from './database-url.ts'
import { declareSettings } from './declaration.ts'

export const redisStoreSettings = declareSettings({
  url: {
    type: 'text',
    minLength: 1,
    checks: [
      { is: (text: string) => /^rediss?:$/.test(URL.parse(text)?.protocol ?? ''), allowed: 'a URL like redis://host:6379/0' },
      { is: hasNoPassword, allowed: 'a URL without a password; give it as password' },
    ],
    description: 'With store redis: `redis://host:6379/0`, or `rediss://…` for TLS.',
  },
  password: { type: 'text', secret: true, minLength: 1, description: 'Password of the Redis. It may be encrypted.' },
})
