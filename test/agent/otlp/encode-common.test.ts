import { expect, test } from 'vitest'
import { ProtobufWriter, encodeRequest, nanos, writeSpan } from '@spyglass/agent/otlp'
import { decodeTraces, plainAttributes } from '../../support/otlp-definitions.ts'

test('milliseconds since the epoch become nanoseconds, exact to the microsecond', () => {
  expect(nanos(1_700_000_000_000.123)).toBe(1_700_000_000_000_123_000n)
})

test('attributes without a value are omitted, and whole numbers keep their digits', () => {
  const writer = new ProtobufWriter()
  const attributes = { none: undefined, big: 9_007_199_254_740_991n, negative: -1, list: ['a', 1, true] }
  writeSpan(writer, { traceId: '01'.repeat(16), spanId: '01'.repeat(8), name: 'n', kind: 1, startMs: 1, endMs: 1, attributes })
  const records = [{ bytes: writer.take(), scope: undefined }]
  const [group] = decodeTraces(encodeRequest(writer, records, { resource: { r: 1 }, scope: { name: 's' } })).resourceSpans
  const span = group?.scopeSpans[0]?.spans[0]
  expect(span?.attributes?.find(({ key }) => key === 'big')?.value.intValue).toBe('9007199254740991')
  expect(plainAttributes(span ?? {})).toMatchObject({ negative: -1, list: ['a', 1, true] })
  expect(plainAttributes(span ?? {})).not.toHaveProperty('none')
  expect(plainAttributes(group?.resource ?? {})).toEqual({ r: 1 })
})
