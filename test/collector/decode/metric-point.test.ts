import { expect, test } from 'vitest'
import { AttributeReader } from '../../../collector/src/decode/attributes.ts'
import { readPoint } from '../../../collector/src/decode/metric-point.ts'
import { newMetricTables } from '../../../collector/src/decode/metric-tables.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'

const pointOf = (bytes: readonly number[]) =>
  readPoint(new AttributeReader(new ProtoReader(Buffer.from(bytes))), 'exp_histogram', bytes.length)

test('bucket counts are read packed and one by one', () => {
  expect(pointOf([66, 6, 8, 3, 18, 2, 1, 2]).positive).toEqual([1, 2])
  expect(pointOf([66, 6, 8, 3, 16, 1, 16, 2])).toMatchObject({ positive: [1, 2], positiveOffset: -2 })
})

test('a histogram with more buckets than the bound is refused', () => {
  const counts = Buffer.alloc(5000, 1)
  const packed = [18, 0x88, 0x27, ...counts]
  const bytes = [66, 0x8b, 0x27, ...packed]
  expect(() => pointOf(bytes)).toThrow(expect.objectContaining({ code: 'SPY_OTLP_MALFORMED' }))
})

test('a scale that no sender can mean is refused, and not replaced by another', () => {
  const scaled = (scale: number) => pointOf([48, scale < 0 ? -scale * 2 - 1 : scale * 2])
  for (const scale of [-32, -10, 0, 20, 32]) expect(scaled(scale).scale).toBe(scale)
  for (const scale of [-33, 33, 60]) expect(() => scaled(scale)).toThrow(expect.objectContaining({ code: 'SPY_OTLP_MALFORMED' }))
})

test('each kind has the table of its name', () => {
  expect(Object.values(newMetricTables()).map(({ block }) => block.table)).toEqual([
    'otel_metrics_gauge',
    'otel_metrics_sum',
    'otel_metrics_histogram',
    'otel_metrics_exp_histogram',
    'otel_metrics_summary',
  ])
})
