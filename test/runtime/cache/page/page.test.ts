import { expect, test } from 'vitest'
import { pageOf, storedPage } from '../../../../runtime/src/cache/page/page.ts'

test('a page is kept without what is of one connection or one request, with its date and an ETag', () => {
  const fields = {
    'content-type': 'text/html',
    connection: 'close, X-Hop',
    'x-hop': '1',
    'keep-alive': '5',
    'transfer-encoding': 'chunked',
    'content-length': '4',
    'x-request-id': 'r1',
    'ratelimit-policy': 'p',
    'cache-status': 'x',
    traceparent: '00-a',
  }
  const page = pageOf({ status: 200, fields, body: Buffer.from('page') }, 5)
  expect(page.fields).toEqual({
    'content-type': 'text/html',
    date: expect.stringContaining('GMT'),
    etag: expect.stringMatching(/^W\/"[\w-]{43}"$/),
  })
  expect(pageOf({ status: 200, fields: { etag: '"own"', date: 'own' }, body: Buffer.from('page') }, 5).fields).toEqual({
    etag: '"own"',
    date: 'own',
  })
  expect(pageOf({ status: 404, fields: {}, body: Buffer.from('none') }, 5).fields).not.toHaveProperty('etag')
  expect(storedPage(page).size).toBeGreaterThan(4)
})
