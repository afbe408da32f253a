import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { TraceDecoder } from '../../../collector/src/decode/traces.ts'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { RollupBuilder } from '../../../collector/src/rollup/rollup-builder.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { NOW, protoOfSpans, rowsOfSpans, spanGroup, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new TraceDecoder()

function rowsOf(body: Buffer): Record<string, unknown>[] {
  decoder.reset()
  decoder.decode(body, WINDOW, new RollupBuilder())
  return decoder.block.rows === 0 ? [] : readNative(decoder.block.encode('batch-1'))
}

test('whatever protobufjs encodes comes back as the exporter’s rows', () => {
  fc.assert(
    fc.property(fc.array(spanGroup, { maxLength: 3 }), (groups) => {
      expect(rowsOf(encodeOtlp('Traces', protoOfSpans(groups)))).toEqual(rowsOfSpans(groups))
    }),
    { numRuns: 150 },
  )
})

/** The code of what it throws; undefined when it throws nothing. */
function failureOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return codeOf(error) ?? 'uncoded'
  }
}

test('garbage gives rows or SPY_OTLP_MALFORMED, nothing else', () => {
  const otlp = new OtlpDecoder()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('traces', 'metrics', 'logs'), (bytes, signal) => {
      const failure = failureOf(() => otlp.decode(Buffer.from(bytes), { signal, isJson: false, window: WINDOW }))
      expect([undefined, 'SPY_OTLP_MALFORMED']).toContain(failure)
    }),
    { numRuns: 2000 },
  )
})

test('a request with any byte changed gives whole blocks or SPY_OTLP_MALFORMED', () => {
  const change = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(spanGroup, { minLength: 1, maxLength: 2 }), change, (groups, changes) => {
      const body = encodeOtlp('Traces', protoOfSpans(groups))
      for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte
      expect([undefined, 'SPY_OTLP_MALFORMED']).toContain(failureOf(() => rowsOf(body)))
    }),
    { numRuns: 500 },
  )
})

const nanos = (ms: number): string => String(BigInt(ms) * 1_000_000n)
const one = (fields: object): Buffer => encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] })

test('a span outside the time window is rejected by itself', () => {
  const body = encodeOtlp('Traces', {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { name: 'old', startTimeUnixNano: nanos(NOW - 8 * 86_400_000) },
              { name: 'good', startTimeUnixNano: nanos(NOW) },
              { name: 'ahead', startTimeUnixNano: nanos(NOW + 3_700_000) },
              { name: 'none' },
            ],
          },
        ],
      },
    ],
  })
  expect(rowsOf(body).map(({ SpanName }) => SpanName)).toEqual(['good'])
  expect(decoder.rejected).toBe(3)
})

test('attributes beyond the bounds are cut off and counted', () => {
  const attributes = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: { stringValue: 'x'.repeat(i === 0 ? 100_000 : 1) } }))
  const [row] = rowsOf(one({ startTimeUnixNano: nanos(NOW), attributes }))
  expect(Object.keys(row!['SpanAttributes'] as object)).toHaveLength(256)
  expect((row!['SpanAttributes'] as Record<string, string>)['k0']).toHaveLength(65_536)
  expect(decoder.truncated).toBe(45)
})

test('bad UTF-8 is stored, not refused', () => {
  const body = one({ startTimeUnixNano: nanos(NOW), name: 'abcd' })
  body[body.indexOf('abcd')] = 0xff
  expect(rowsOf(body)).toHaveLength(1)
})

test('an attribute nested beyond the bound becomes empty and is counted', () => {
  let value: object = { stringValue: 'deep' }
  for (let i = 0; i < 40; i++) value = { arrayValue: { values: [value] } }
  rowsOf(one({ startTimeUnixNano: nanos(NOW), attributes: [{ key: 'a', value }] }))
  expect(decoder.truncated).toBe(1)
})

test('an end before the start makes a duration of 0', () => {
  expect(rowsOf(one({ startTimeUnixNano: nanos(NOW), endTimeUnixNano: nanos(NOW - 1) }))[0]).toMatchObject({ Duration: 0 })
})
