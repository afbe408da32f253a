import { expect, test } from 'vitest'
import { isAccount, redactAccounts } from '../../../agent/src/redact/account-number.ts'

test.each([
  'DE89370400440532013000',
  'DE89 3704 0044 0532 0130 00',
  'GB82 WEST 1234 5698 7654 32',
  'FR1420041010050500013M02606',
  'NL91ABNA0417164300',
])('%s is the number of an account', (account) => {
  expect(redactAccounts(`to ${account}, EUR`, '?')).toBe('to ?, EUR')
})

test.each(['DE89370400440532013001', 'UTF16 ABCD 1234', 'AB12', 'SHA256 0123 4567 89AB', 'id_DE89370400440532013000x'])(
  '%s is none',
  (text) => {
    expect(redactAccounts(text, '?')).toBe(text)
    expect(isAccount(text)).toBe(false)
  },
)
