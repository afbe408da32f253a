import * as fc from 'fast-check'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { exportResponse, statusResponse } from '../../../collector/src/receive/answers.ts'
import { checkMediaType, encodingsOf, isJson } from '../../../collector/src/receive/content.ts'
import { inflated } from '../../../collector/src/receive/inflate.ts'
import { decodeOtlp } from '../../support/otlp-proto.ts'

test('partial successes and errors are read by protobufjs as they were meant', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.string({ minLength: 1 }), (rejected, message) => {
      const { partialSuccess } = decodeOtlp('ExportResponse', exportResponse('logs', false, { rejected, message }))
      expect(partialSuccess).toMatchObject({ rejected: String(rejected), errorMessage: message })
      expect(decodeOtlp('RpcStatus', statusResponse(false, 3, message))).toMatchObject({ code: 3, message })
    }),
  )
})

test('what was compressed comes out within the bound, and not beyond it', async () => {
  const body = Buffer.from('x'.repeat(1000))
  expect(await inflated(body, [], 1000)).toEqual(body)
  expect(await inflated(gzipSync(body), ['gzip'], 1000)).toEqual(body)
  expect(await inflated(zstdCompressSync(gzipSync(body)), ['gzip', 'zstd'], 1000)).toEqual(body)
  const frames = Buffer.concat([body, body].map((part) => zstdCompressSync(part)))
  expect(await inflated(frames, ['zstd'], 2000), 'every frame').toEqual(Buffer.concat([body, body]))
  await expect(inflated(frames, ['zstd'], 1999)).rejects.toMatchObject({ code: 'SPY_OTLP_TOO_LARGE' })
  await expect(inflated(frames.subarray(0, -1), ['zstd'], 2000)).rejects.toMatchObject({ code: 'SPY_OTLP_INFLATE' })
  await expect(inflated(gzipSync(body), ['gzip'], 999)).rejects.toMatchObject({ code: 'SPY_OTLP_TOO_LARGE' })
  await expect(inflated(body, ['zstd'], 1000)).rejects.toMatchObject({ code: 'SPY_OTLP_INFLATE' })
})

test.each([
  [undefined, []],
  ['', []],
  ['Identity', []],
  ['GZIP', ['gzip']],
  ['x-gzip', ['gzip']],
  [' Deflate ', ['deflate']],
  ['gzip, ZSTD', ['gzip', 'zstd']],
])('content encoding %j is read as %j', (header, expected) => {
  expect(encodingsOf(header === undefined ? {} : { 'content-encoding': header })).toEqual(expected)
})

test('an encoding that is unknown, or too many, is refused', () => {
  for (const header of ['br', 'gzip, br', 'gzip, gzip, gzip', 'toString']) {
    expect(() => encodingsOf({ 'content-encoding': header })).toThrow(expect.objectContaining({ code: 'SPY_OTLP_ENCODING' }))
  }
})

test('media types are read in any case and with parameters', () => {
  for (const type of ['application/json', 'Application/JSON', 'application/json;charset=utf-8', ' APPLICATION/JSON ; q=1']) {
    expect(isJson({ 'content-type': type })).toBe(true)
    expect(() => checkMediaType({ 'content-type': type })).not.toThrow()
  }
  expect(() => checkMediaType({ 'content-type': 'Application/X-Protobuf; a=b' })).not.toThrow()
  for (const type of [undefined, '', 'text/plain', 'application/jsonl', 'application/x-protobuf2']) {
    expect(() => checkMediaType(type === undefined ? {} : { 'content-type': type })).toThrow(
      expect.objectContaining({ code: 'SPY_OTLP_CONTENT_TYPE' }),
    )
  }
})
