import { expect, test } from 'vitest'
import { redactText } from '../../../agent/src/redact/free-text.ts'
import { redactPhrases } from '../../../agent/src/redact/phrases.ts'

test.each([
  ['PASSWORD x1y2z3', 'PASSWORD [redacted]'],
  ['login with password hunter2! failed', 'login with password [redacted] failed'],
  ['token zQ7abc12', 'token [redacted]'],
  ['passphrase "correct horse"', 'passphrase "[redacted]"'],
  ["pwd 'x'", "pwd '[redacted]'"],
  ['password is x1y2z3.', 'password is [redacted].'],
  ['the password was x1y2z3', 'the password was [redacted]'],
  ['changed password from x1y2z3', 'changed password from [redacted]'],
  ['password -> x1y2z3', 'password -> [redacted]'],
  ['username bob, password x1y2z3', 'username bob, password [redacted]'],
  ['password 123456', 'password [redacted]'],
  ['passcode (x1y2z3)', 'passcode ([redacted])'],
  ['secret is "x1y2z3"', 'secret is "[redacted]"'],
  ['api key is x1y2z3', 'api key is [redacted]'],
  ['session 0123456789abcdef closed', 'session [redacted] closed'],
  ['your OTP is 493817', 'your OTP is [redacted]'],
  ['verification code 493817', 'verification code [redacted]'],
  ['PIN 4938', 'PIN [redacted]'],
  ['cvv 123', 'cvv [redacted]'],
  ['SSN 078-05-1120', 'SSN [redacted]'],
  ['AUTH PLAIN AGJvYgB6UTc=', 'AUTH PLAIN [redacted]'],
  ['a1 LOGIN bob x1y2z3', 'a1 LOGIN bob [redacted]'],
  ['CONFIG SET requirepass hunter2', 'CONFIG SET requirepass [redacted]'],
  ["CREATE ROLE x IDENTIFIED BY 'y'", "CREATE ROLE x IDENTIFIED BY '[redacted]'"],
])('%j', (text, expected) => {
  expect(redactPhrases(text)).toBe(expected)
  expect(redactPhrases(expected), 'again').toBe(expected)
})

test.each([
  'password reset requested',
  'password changed',
  'password is required',
  'the password was changed',
  'password is incorrect',
  'password must be at least 8 characters',
  'invalid password for user bob',
  'Password authentication failed for user "bob"',
  '"password" is required',
  'password via email',
  'password expired 30 days ago',
  'token expired',
  'token 5 of 10',
  'token for user 42 created',
  'token is invalid',
  'Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
  'Unexpected token i in JSON at position 4',
  "syntax error near unexpected token `newline'",
  'token bucket refilled',
  'pass 3 of 4',
  'PASS test/a1.test.ts',
  'PASS src/app.test.js (5.2 s)',
  'first pass done in 12ms',
  'signature invalid',
  'signature verified',
  'secret my-app-2 not found',
  'secret "my-app" not found',
  'session 42 opened',
  'session expired after 30 minutes',
  'cookie accepted',
  'api key missing',
  'credentials are invalid',
  'GPIO pin 4',
  'pin code accepted',
  'exit code is 137',
  'status code 404',
  'Erlang OTP 27',
  'AUTH service started',
  'login failed',
  'user 42 logged in',
  'bearer token expired',
  'connection string is missing',
])('%j stays as it is', (text) => {
  expect(redactText(text)).toBe(text)
})

test.each([
  ['身份证 11010519491231002X', '身份证 [redacted]'],
  ['【商城】482913是您的验证码', '【商城】[redacted]是您的验证码'],
  ['the db password is correcthorsebatterystaple1', 'the db password is [redacted]'],
])('%j', (text, expected) => {
  expect(redactText(text)).toBe(expected)
})
