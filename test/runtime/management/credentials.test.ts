import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAuthorised } from '../../../runtime/src/management/credentials.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test('the right user and password pass, nothing else does', () => {
  const credentials = { user: 'admin', password: 'correct horse' }
  expect(isAuthorised(basic('admin:correct horse'), credentials)).toBe(true)
  for (const header of [undefined, '', 'Basic', 'Bearer x', basic('admin:'), basic('admin:correct hors'), basic('Admin:correct horse')]) {
    expect(isAuthorised(header, credentials)).toBe(false)
  }
})

test('no header whatever throws', () => {
  fc.assert(fc.property(fc.string(), (header) => isAuthorised(header, { user: 'a', password: 'b' }) === (header === basic('a:b'))))
})
