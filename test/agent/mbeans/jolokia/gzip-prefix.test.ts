import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { acceptsGzip, GzipPrefix } from '../../../../agent/mbeans/src/jolokia/gzip-prefix.ts'

test('a prefix with any end is the gzip of both', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), (prefix, ends) => {
      const gzip = new GzipPrefix(Buffer.from(prefix))
      for (const end of ends) expect(gunzipSync(gzip.with(Buffer.from(end)))).toEqual(Buffer.concat([prefix, end]))
    }),
  )
})

test('the end costs only itself', () => {
  const gzip = new GzipPrefix(Buffer.from('{"desc":"A bean."},'.repeat(7000)))
  expect(gzip.with(Buffer.from('1')).length).toBeLessThan(1500)
})

test.each([
  ['gzip', true],
  ['gzip, deflate, br', true],
  ['deflate, GZIP;q=0.5', true],
  ['x-gzip', true],
  ['*', true],
  ['gzip;q=1.0', true],
  ['gzip; q=0', false],
  ['gzip;q=0.000, *', false],
  ['*;q=0', false],
  ['deflate, br', false],
  ['', false],
  [undefined, false],
])('of Accept-Encoding %s, gzip is accepted: %s', (header, accepted) => expect(acceptsGzip(header)).toBe(accepted))
