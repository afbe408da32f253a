import * as fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { exportResponse, statusResponse } from '../../../collector/src/receive/answers.ts'
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
  expect(await inflated(gzipSync(body), 'gzip', 1000)).toEqual(body)
  await expect(inflated(gzipSync(body), 'gzip', 999)).rejects.toMatchObject({ code: 'SPY_OTLP_TOO_LARGE' })
  await expect(inflated(body, undefined, 999)).rejects.toMatchObject({ code: 'SPY_OTLP_TOO_LARGE' })
  await expect(inflated(body, 'br', 1000)).rejects.toMatchObject({ code: 'SPY_OTLP_ENCODING' })
  await expect(inflated(body, 'zstd', 1000)).rejects.toMatchObject({ code: 'SPY_OTLP_INFLATE' })
})
