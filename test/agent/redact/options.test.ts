import { expect, test } from 'vitest'
import { isSecretOption, redactOptions } from '../../../agent/src/redact/options.ts'

test.each([
  ['run --key x', 'run --key [redacted]'],
  ['run -key=x y', 'run -key=[redacted] y'],
  ["run --apiKey 'a b' c", 'run --apiKey [redacted] c'],
  ['run /password:x', 'run /password:[redacted]'],
  ['["--key","a b","c"]', '["--key","[redacted]","c"]'],
  ["[ '--token', 'x' ]", "[ '--token', '[redacted]' ]"],
  ['{\\"a\\":[\\"--psk\\",\\"x\\"]}', '{\\"a\\":[\\"--psk\\",\\"[redacted]\\"]}'],
])('%j', (text, expected) => {
  expect(redactOptions(text)).toBe(expected)
  expect(redactOptions(expected), 'again').toBe(expected)
})

test.each([
  'use --token to sign in',
  '--key-file /etc/x',
  'sort --key 2,2n',
  'openssl req -key server.key',
  'tls --key /etc/ssl/a',
  'GET /auth:login 200',
  'GET /token 200',
  '--auth-type basic',
  '--sort-key name',
  '--token --verbose',
  '- key: value',
])('%j stays as it is', (text) => {
  expect(redactOptions(text)).toBe(text)
})

test('an option is judged by its name, in every spelling', () => {
  for (const name of ['--key', '-key', '--apiKey', '--api_key', '--auth', '--user-pass', '/password', '--licenseKey']) {
    expect(isSecretOption(name), name).toBe(true)
  }
  for (const name of ['--key-file', '--tokenFile', '--auth-type', '--password-stdin', '--sort-key', '--keys', '--author']) {
    expect(isSecretOption(name), name).toBe(false)
  }
})
