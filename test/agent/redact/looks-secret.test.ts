import { expect, test } from 'vitest'
import { looksSecret } from '../../../agent/src/redact/looks-secret.ts'

test.each(['hunter2', 'correct!horse', 'a1b2c3', 'dXNlcjpwYXNz=', '4bf92f3577b34da6'])('%s looks like a secret', (word) => {
  expect(looksSecret(word)).toBe(true)
})

test.each([
  'expired',
  'x1',
  '12:30:45',
  '300ms',
  '2026-11-26T10:00:00',
  '123456',
  '/a/b1c2',
  'https://h/1',
  'test/a1.test.ts',
  'f1234567(',
])('%s does not', (word) => {
  expect(looksSecret(word)).toBe(false)
})
