import { buffer } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Coding, decoderOf, encodeWhole, encoderOf, preferredCoding } from '../../../../collector/src/store/http/coding.ts'

const CODINGS: readonly Coding[] = ['gzip', 'zstd', 'br', 'deflate']

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['lz4, snappy', undefined],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'gzip'],
  ['lz4,br', 'br'],
  ['ZSTD', 'zstd'],
  ['gzip;q=0.5, zstd;q=0.8', 'zstd'],
  ['gzip;q=0', undefined],
  ['*', 'gzip'],
  ['*;q=0.1, gzip ; q=0', 'zstd'],
  ['deflate;q=x', undefined],
])('of %j is chosen %s', (header, coding) => expect(preferredCoding(header)).toBe(coding))

test.each(CODINGS)('what is encoded in %s is decoded', async (coding) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 9 }), async (data, level) => {
      const bytes = Buffer.from(data)
      const decode = (encoded: Buffer) => buffer(decoderOf(coding.toUpperCase())!.end(encoded))
      expect(await decode(await buffer(encoderOf(coding, level).end(bytes)))).toEqual(bytes)
      expect(await decode(encodeWhole(coding, bytes))).toEqual(bytes)
    }),
    { numRuns: 20 },
  )
})
