import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { requestHeaders, responseHeaders } from '../../../runtime/src/router/forwarded-headers.ts'

test('headers that Connection names stay on this side as well', () => {
  const rawHeaders = [
    'Host',
    'a.test',
    'Connection',
    'close, X-Secret',
    'X-Secret',
    '1',
    'X-Many',
    '1',
    'X-Many',
    '2',
    'X-Forwarded-For',
    'x',
  ]
  const headers = { host: 'a.test', connection: 'close, X-Secret', 'x-forwarded-for': 'x' }
  const request = { rawHeaders, headers } as unknown as IncomingMessage
  expect(requestHeaders(request, '10.0.0.1', true)).toEqual([
    'Host',
    'a.test',
    'X-Many',
    '1',
    'X-Many',
    '2',
    'x-forwarded-for',
    'x, 10.0.0.1',
    'x-forwarded-host',
    'a.test',
    'x-forwarded-proto',
    'https',
  ])
  expect(responseHeaders(['Set-Cookie', 'a', 'Set-Cookie', 'b', 'Keep-Alive', 'timeout=5', 'Trailer', 'x'], 'keep-alive')).toEqual([
    'Set-Cookie',
    'a',
    'Set-Cookie',
    'b',
    'Trailer',
    'x',
  ])
})
