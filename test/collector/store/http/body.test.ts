import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBody } from '../../../../collector/src/store/http/body.ts'

const body = (bytes: Buffer) => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)], { objectMode: false })

test.each([
  [undefined, (data: Buffer) => data],
  ['identity', (data: Buffer) => data],
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['zstd', zstdCompressSync],
  ['br', brotliCompressSync],
] as const)('a body in %s is read whole', async (encoding, pack) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (data) => {
      expect(await readBody(body(pack(Buffer.from(data))), encoding, 2000)).toEqual(Buffer.from(data))
    }),
    { numRuns: 20 },
  )
})

test('a body that is larger than allowed once inflated is refused', async () => {
  await expect(readBody(body(gzipSync(Buffer.alloc(10_001))), 'gzip', 10_000)).rejects.toMatchObject({ number: 218, status: 413 })
})

test('the limit holds to the byte, packed or not', async () => {
  for (const [encoding, pack] of [
    [undefined, (data: Buffer) => data],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    expect(await readBody(body(pack(Buffer.alloc(10_000))), encoding, 10_000)).toHaveLength(10_000)
    await expect(readBody(body(pack(Buffer.alloc(10_001))), encoding, 10_000)).rejects.toMatchObject({ number: 218 })
  }
})

test('an encoding that is unknown and a body that is broken are refused', async () => {
  await expect(readBody(body(Buffer.from('x')), 'lz4', 10)).rejects.toMatchObject({ number: 36 })
  await expect(readBody(body(Buffer.from('not gzip at all')), 'gzip', 100)).rejects.toMatchObject({ number: 117 })
  await expect(readBody(body(gzipSync('abcdefgh').subarray(0, 12)), 'gzip', 100)).rejects.toMatchObject({ number: 117 })
})
