import { expect, test } from 'vitest'
import { isSecretField, redactValue } from '../../../agent/src/redact/values.ts'

test('secrets go by the names of their fields and by what their text shows, at any depth', () => {
  const value = {
    a: 1,
    user: { password: 'x', tokens: 5, token: ['y'] },
    list: [{ pin: 7 }, 'Bearer abcdef123'],
    none: null,
    empty: { secret: '' },
  }
  expect(redactValue(value)).toEqual({
    a: 1,
    user: { password: '[redacted]', tokens: 5, token: '[redacted]' },
    list: [{ pin: '[redacted]' }, 'Bearer [redacted]'],
    none: null,
    empty: { secret: '' },
  })
})

test('a value without secrets is the same object', () => {
  const value = { a: [{ b: 'c' }], d: new Date(0) }
  expect(redactValue(value)).toBe(value)
})

test('values nested too deeply are omitted', () => {
  let value: unknown = 'zqz'
  for (let i = 0; i < 100; i++) value = [value]
  expect(JSON.stringify(redactValue(value))).toContain('[redacted]')
})

test('a number counts, unless the name says that it is secret whatever it is', () => {
  expect(isSecretField('max_tokens', 5)).toBe(false)
  expect(isSecretField('token', 'x')).toBe(true)
  expect(isSecretField('pin', 5)).toBe(true)
  expect(isSecretField('password', null)).toBe(false)
})

test('in pairs and in raw lists of headers a name says whether its value is a secret', () => {
  const value = {
    headers: [
      ['X-Api-Key', 's'],
      ['Accept', '*/*'],
    ],
    rawHeaders: ['Host', 'a', 'Set-Cookie', 'b=c', 'X-Api-Key', 's'],
    fields: ['token', 'user', 'id'],
    point: ['token', 5],
  }
  expect(redactValue(value)).toEqual({
    headers: [
      ['X-Api-Key', '[redacted]'],
      ['Accept', '*/*'],
    ],
    rawHeaders: ['Host', 'a', 'Set-Cookie', '[redacted]', 'X-Api-Key', '[redacted]'],
    fields: ['token', 'user', 'id'],
    point: ['token', 5],
  })
  const safe = redactValue(value)
  expect(redactValue(safe)).toBe(safe)
})
