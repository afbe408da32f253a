import { expect, test } from 'vitest'
import { redactNamed } from '../../../agent/src/redact/named.ts'

test.each([
  ['X-Auth: x', 'X-Auth: [redacted]'],
  ['X-Auth: a b\nHost: h', 'X-Auth: [redacted]\nHost: h'],
  ['> X-Auth: a "b" c', '> X-Auth: [redacted]'],
  ['got X-Auth: a b', 'got X-Auth: [redacted] b'],
  ['{"x-auth":"a","n":1}', '{"x-auth":"[redacted]","n":1}'],
  ['APP_AUTH=x', 'APP_AUTH=[redacted]'],
  ['userAuth=x n=1', 'userAuth=[redacted] n=1'],
  ['auth=a1b2c3', 'auth=[redacted]'],
  ['psk: x', 'psk: [redacted]'],
  ['mot de passe : x', 'mot de passe : [redacted]'],
  ['验证码：x，请输入', '验证码：[redacted]'],
])('%j', (text, expected) => {
  expect(redactNamed(text)).toBe(expected)
  expect(redactNamed(expected), 'again').toBe(expected)
})

test.each([
  'auth: ok',
  'shop-auth: started',
  'com.example.auth: login of user 42',
  'X-Auth: required',
  'X-Auth:',
  'session=12',
  'PASS: TestLogin2',
  'x.auth=none',
])('%j stays as it is', (text) => {
  expect(redactNamed(text)).toBe(text)
})
