/** `opentelemetry.proto.metrics.v1.Metric`: gauges, sums and exponential histograms. */
import { RECORD_FIELD, nanos, writeAttributes } from './encode-common.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import type { ExponentialPoint, MetricRecord, NumberPoint, Temporality } from './records.ts'

const TEMPORALITY: Readonly<Record<Temporality, number>> = { delta: 1, cumulative: 2 }

/** Writes one metric with all its points as an entry of ScopeMetrics. */
export function writeMetric(writer: ProtobufWriter, metric: MetricRecord): void {
  const start = writer.begin(RECORD_FIELD)
  writer.string(1, metric.name)
  if (metric.description) writer.string(2, metric.description)
  if (metric.unit) writer.string(3, metric.unit)
  writeData(writer, metric)
  writer.end(start)
}

function writeData(writer: ProtobufWriter, metric: MetricRecord): void {
  switch (metric.type) {
    case 'gauge': {
      const start = writer.begin(5)
      for (const point of metric.points) writeNumberPoint(writer, point)
      writer.end(start)
      break
    }
    case 'sum': {
      const start = writer.begin(7)
      for (const point of metric.points) writeNumberPoint(writer, point)
      writer.uint(2, TEMPORALITY[metric.temporality])
      writer.bool(3, metric.monotonic)
      writer.end(start)
      break
    }
    case 'exponentialHistogram': {
      const start = writer.begin(10)
      for (const point of metric.points) writeExponentialPoint(writer, point)
      writer.uint(2, TEMPORALITY[metric.temporality])
      writer.end(start)
    }
  }
}

function writeNumberPoint(writer: ProtobufWriter, point: NumberPoint): void {
  const start = writer.begin(1)
  if (point.startMs !== undefined) writer.fixed64(2, nanos(point.startMs))
  writer.fixed64(3, nanos(point.timeMs))
  writer.double(4, point.value)
  writeAttributes(writer, 7, point.attributes)
  writer.end(start)
}

function writeExponentialPoint(writer: ProtobufWriter, point: ExponentialPoint): void {
  const start = writer.begin(1)
  writeAttributes(writer, 1, point.attributes)
  writer.fixed64(2, nanos(point.startMs))
  writer.fixed64(3, nanos(point.timeMs))
  writer.fixed64(4, BigInt(point.count))
  writer.double(5, point.sum)
  writer.sint32(6, point.scale)
  writer.fixed64(7, BigInt(point.zeroCount))
  const buckets = writer.begin(8)
  writer.sint32(1, point.offset)
  writer.packedUints(2, point.counts)
  writer.end(buckets)
  writer.double(12, point.min)
  writer.double(13, point.max)
  writer.end(start)
}
