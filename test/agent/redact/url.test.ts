import { assert, property, string, webUrl } from 'fast-check'
import { expect, test } from 'vitest'
import { redactQuery, redactSecretParameters, redactUrl, redactUserInfo } from '../../../agent/src/redact/url.ts'

test.each([
  ['https://u:p@host:8443/x?a=1&b=2#f', 'https://[redacted]@host:8443/x?a=?&b=?#?'],
  ['/reset?token=abc', '/reset?token=?'],
  ['/x?secret', '/x??'],
  ['/x#access_token=abc', '/x#access_token=?'],
  ['/x?a=b?c', '/x?a=?'],
  ['/plain/path', '/plain/path'],
  ['http://host/?', 'http://host/?'],
  ['https://medium.com/@user/post', 'https://medium.com/@user/post'],
])('%s becomes %s', (url, expected) => {
  expect(redactUrl(url)).toBe(expected)
  expect(redactUrl(expected)).toBe(expected)
})

test.each([
  ['q=1&page=2;x=3', 'q=?&page=?;x=?'],
  ['?q=1', '?q=?'],
  ['secret', '?'],
  ['=secret', '=?'],
  ['', ''],
])('of the query %s remains %s', (query, expected) => {
  expect(redactQuery(query)).toBe(expected)
})

test('secret parameters alone lose their values', () => {
  expect(redactSecretParameters('a=1&token=abc&b=2&Api-Key=x=y')).toBe('a=1&token=[redacted]&b=2&Api-Key=[redacted]')
})

test.each([
  [
    'to postgres://bob:s3@cret@db:5432/x and https://tok@github.com',
    'to postgres://[redacted]@db:5432/x and https://[redacted]@github.com',
  ],
  ['http://host:80/a@b', 'http://host:80/a@b'],
  ['postgres://u:p/w@host/db', 'postgres://[redacted]@host/db'],
  ['http://a,http://u:p@b', 'http://a,http://[redacted]@b'],
  ['mail me@host', 'mail me@host'],
  ['x://"u:p@h"', 'x://"u:p@h"'],
])('%s becomes %s', (text, expected) => {
  expect(redactUserInfo(text)).toBe(expected)
  expect(redactUserInfo(expected)).toBe(expected)
})

test('no value of a parameter is left in any URL', () => {
  assert(
    property(webUrl({ withQueryParameters: false }), string({ minLength: 1 }), (url, value) => {
      const secret = `ZQ7${encodeURIComponent(value.isWellFormed() ? value : 'x')}`
      expect(redactUrl(`${url}?a=${secret}&${secret}&b=1#${secret}`)).not.toContain('ZQ7')
    }),
  )
})
