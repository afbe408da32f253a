import { expect, test } from 'vitest'
import { redactPasswordFiles } from '../../../agent/src/redact/password-files.ts'

test.each([
  ['bob:$apr1$abcdefgh$0123456789', 'bob:[redacted]'],
  ['root:$6$salt$0123456789:19000:0:::', 'root:[redacted]:19000:0:::'],
  ['bob:{SSHA}0123456789', 'bob:[redacted]'],
  ['bob:rl.3StKT.4T8M', 'bob:[redacted]'],
  ['bob:Private Area:0123456789abcdef0123456789abcdef', 'bob:[redacted]'],
  ['db.example.com:5432:*:bob:a\\:b', 'db.example.com:5432:*:bob:[redacted]'],
  ['*:*:*:bob:x', '*:*:*:bob:[redacted]'],
  ['db:5432:shop:bob:x', 'db:5432:shop:bob:[redacted]'],
  ['machine h login bob password x', 'machine h login bob password [redacted]'],
  [': PSK "a b"', ': PSK [redacted]'],
  ['bob * "a b" *', 'bob * [redacted] *'],
])('%j', (text, expected) => {
  expect(redactPasswordFiles(text)).toBe(expected)
  expect(redactPasswordFiles(expected), 'again').toBe(expected)
})

test.each([
  'fe80:1234:5678:9abc:def0',
  '00:11:22:33:44:55',
  'user:42:cart:items:7',
  'arn:aws:iam::123456789012:role/x',
  'at x (a.js:10:5)',
  'thumb:300:5d41402abc4b2a76b9719d911017c592',
  'prices $5 and $12$',
  '{a}bcd',
  'status:Processing',
  'connected from host 10.0.0.1',
])('%j stays as it is', (text) => {
  expect(redactPasswordFiles(text)).toBe(text)
})
