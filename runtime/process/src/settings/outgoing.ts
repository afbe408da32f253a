/** Servers elsewhere that applications call: mail, Redis, HTTP. */
import { declareSettings } from './declaration.ts'
import { hasNoPassword, hasReadableUser } from './database-url.ts'
import { passwordSettings } from './password.ts'
import { milliseconds, name } from './shapes.ts'

const urlOf = (protocols: readonly string[], example: string) =>
  ({
    type: 'text',
    required: true,
    applies: 'live',
    example,
    checks: [
      {
        is: (text: string) => protocols.includes(URL.parse(text)?.protocol ?? '') && (URL.parse(text)?.hostname ?? '') !== '',
        allowed: `a URL like ${example}`,
      },
      { is: hasReadableUser, allowed: 'a URL whose user is percent-encoded' },
      { is: hasNoPassword, allowed: 'a URL without a password; give it as password or passwordFrom' },
    ],
  }) as const

const liveMilliseconds = (value: number, description: string) =>
  ({ ...milliseconds(value, description, 10, 3_600_000), applies: 'live' }) as const

const count = (value: number, max: number, description: string) =>
  ({ type: 'int', min: 1, max, default: value, applies: 'live', description }) as const

const maxWaiting = (what: string) => count(1000, 1_000_000, `How many ${what} may wait for a connection; further ones are refused at once.`)

export const mailServerSettings = declareSettings({
  name: name('Name of the mail server, which applications look it up by.'),
  url: {
    ...urlOf(['smtp:', 'smtps:'], 'smtp://shop@mail.example.org:587'),
    description:
      'The server: `smtp://user@host:587`, with STARTTLS unless it is on the loopback address, or `smtps://user@host`. Without a user nobody signs in.',
  },
  ...passwordSettings('Password of the user in the URL.'),
  from: {
    type: 'text',
    minLength: 3,
    applies: 'live',
    example: 'Shop <shop@example.org>',
    description: 'Sender of mails that say nothing else.',
  },
  max: count(2, 100, 'Connections that an instance may have.'),
  maxWaiting: maxWaiting('mails'),
  timeoutMs: liveMilliseconds(30_000, 'How long a mail may take, with its wait for a connection.'),
})

export const redisServerSettings = declareSettings({
  name: name('Name of the Redis or Valkey, which applications look it up by.'),
  url: {
    ...urlOf(['redis:', 'rediss:'], 'redis://cache.example.org:6379/0'),
    description: 'The server: `redis://user@host:6379/0`, or `rediss://…` for TLS.',
  },
  ...passwordSettings('Password of the Redis.'),
  maxWaiting: count(10_000, 1_000_000, 'Commands of an instance that may be without an answer; further ones are refused at once.'),
  timeoutMs: liveMilliseconds(2000, 'How long a command may take, also while there is no connection.'),
})

export const httpClientSettings = declareSettings({
  name: name('Name of the client, which applications look it up by.'),
  url: {
    ...urlOf(['http:', 'https:'], 'https://payments.example.org/v1'),
    description: 'The service. Paths of requests are below it.',
  },
  ...passwordSettings('Sent with each request: with a user in the URL as his password (Basic), otherwise as a token (Bearer).'),
  max: count(16, 10_000, 'Connections that an instance may have.'),
  maxWaiting: maxWaiting('requests'),
  connectTimeoutMs: liveMilliseconds(5000, 'How long the service may take to accept a connection.'),
  timeoutMs: liveMilliseconds(30_000, 'How long a request may take, from the call to the last byte of the answer.'),
})
