import { expect, test } from 'vitest'
import { redactPrivateKeys } from '../../../agent/src/redact/private-keys.ts'

const LINE = 'AAAAB3NzaC1yc2EAAAADAQABAAABAQDabcdefghijklmnopq'

test.each([
  [`a -----BEGIN EC PRIVATE KEY-----\n${LINE}\n-----END EC PRIVATE KEY----- b`, 'a [redacted] b'],
  [`-----BEGIN PRIVATE KEY-----\n${LINE}`, '[redacted]'],
  [
    `Public-Lines: 1\n${LINE}\nPrivate-Lines: 1\n${LINE}\nPrivate-MAC: 0`,
    `Public-Lines: 1\n${LINE}\nPrivate-Lines: 1\n[redacted]\nPrivate-MAC: 0`,
  ],
  [`Private-key-format: v1.3\nPrime1: ${LINE}=\n`, 'Private-key-format: v1.3\nPrime1: [redacted]\n'],
  [`minisign secret key\n${LINE}`, 'minisign secret key\n[redacted]'],
  [`{"kty":"EC","x":"${LINE}","d":"${LINE}"}`, `{"kty":"EC","x":"${LINE}","d":"[redacted]"}`],
  ['<D>AAAABBBB</D><Exponent>AQAB</Exponent>', '<D>[redacted]</D><Exponent>AQAB</Exponent>'],
  ['x (private-key (rsa (d #00#))) y', 'x [redacted] y'],
  ['CLIENT_RANDOM 0123456789abcdef 0123456789abcdef0', 'CLIENT_RANDOM 0123456789abcdef [redacted]'],
])('%j', (text, expected) => {
  expect(redactPrivateKeys(text)).toBe(expected)
  expect(redactPrivateKeys(expected), 'again').toBe(expected)
})

test.each([
  `-----BEGIN CERTIFICATE-----\n${LINE}`,
  `-----BEGIN RSA PUBLIC KEY-----\n${LINE}`,
  `Key: ${LINE}`,
  'the private key is loaded',
  '{"d":"0123456789abcdef0123"}',
])('%j stays as it is', (text) => {
  expect(redactPrivateKeys(text)).toBe(text)
})
