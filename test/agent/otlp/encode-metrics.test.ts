import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MetricRecord, ProtobufWriter, encodeRequest, writeMetric } from '@spyglass/agent/otlp'
import { type DecodedMetric, decodeMetrics, plainAttributes } from '../../support/otlp-definitions.ts'

function decoded(metrics: readonly MetricRecord[]): readonly DecodedMetric[] {
  const writer = new ProtobufWriter()
  const records = metrics.map((metric) => {
    writeMetric(writer, metric)
    return { bytes: writer.take(), scope: undefined }
  })
  const body = encodeRequest(writer, records, { resource: { a: 'b' }, scope: { name: 's' } })
  return decodeMetrics(body).resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []
}

const point = { timeMs: 1_700_000_000_000, attributes: { instance: 'http-1' } }

test('gauges and sums carry their points, temporality and monotony', () => {
  const [gauge, sum] = decoded([
    { type: 'gauge', name: 'g', description: 'd', unit: '1', points: [{ ...point, value: -1.5 }] },
    { type: 'sum', name: 'c', monotonic: true, temporality: 'cumulative', points: [{ ...point, startMs: 1_600_000_000_000, value: 12 }] },
  ])
  expect(gauge).toMatchObject({ name: 'g', description: 'd', unit: '1' })
  expect(gauge?.gauge?.dataPoints?.[0]).toMatchObject({ asDouble: -1.5, timeUnixNano: '1700000000000000000' })
  expect(plainAttributes(gauge?.gauge?.dataPoints?.[0] ?? {})).toEqual({ instance: 'http-1' })
  expect(sum?.sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: true })
  expect(sum?.sum?.dataPoints?.[0]).toMatchObject({ asDouble: 12, startTimeUnixNano: '1600000000000000000' })
})

test('an exponential histogram is read as it was written, whatever its buckets', () => {
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const histogram = fc.record({
    count,
    sum: fc.double({ noNaN: true }),
    min: fc.double({ noNaN: true }),
    max: fc.double({ noNaN: true }),
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: count,
    offset: fc.integer({ min: -100_000, max: 100_000 }),
    counts: fc.array(count, { maxLength: 200 }),
  })
  fc.assert(
    fc.property(histogram, (value) => {
      const [metric] = decoded([
        { type: 'exponentialHistogram', name: 'h', unit: 's', temporality: 'delta', points: [{ ...value, startMs: 1, timeMs: 2 }] },
      ])
      const [read] = metric?.exponentialHistogram?.dataPoints ?? []
      expect(metric?.exponentialHistogram?.aggregationTemporality).toBe(1)
      expect({
        count: Number(read?.count ?? 0),
        sum: read?.sum,
        min: read?.min,
        max: read?.max,
        scale: read?.scale ?? 0,
        zeroCount: Number(read?.zeroCount ?? 0),
        offset: read?.positive?.offset ?? 0,
        counts: (read?.positive?.bucketCounts ?? []).map(Number),
      }).toEqual(value)
    }),
    { numRuns: 200 },
  )
})
