/** Data points of opentelemetry/proto/metrics/v1. Each kind numbers its fields differently and has a table of them. */
import { type AttributeReader, byKey, TOO_MANY } from './attributes.ts'
import { idEnd, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { limits } from './limits.ts'
import type { Exemplar, MetricKind, Point } from './metric-tables.ts'
import type { ProtoReader, Whole } from './proto-reader.ts'
import { readOrSkip } from './salvage.ts'

const TOO_MANY_BUCKETS = `more than ${limits.buckets} buckets or quantiles`
const MAX_SCALE = 32
const TOO_MANY_EXEMPLARS = `exemplars beyond ${limits.details}`

type Setter = (attributes: AttributeReader, point: Point, end: number) => void

/** By tag; 17 and 25 (start and time) are the same everywhere. */
const common: Readonly<Record<number, Setter>> = {
  17: ({ reader }, point, end) => void (point.startTime = reader.fixed64(end)),
  25: ({ reader }, point, end) => void (point.time = reader.fixed64(end)),
}

const count: Setter = ({ reader }, point, end) => void (point.count = reader.unsigned64(end))
const sum: Setter = ({ reader }, point, end) => void (point.sum = reader.double(end))
const min: Setter = ({ reader }, point, end) => void (point.min = reader.double(end))
const max: Setter = ({ reader }, point, end) => void (point.max = reader.double(end))
const flags: Setter = ({ reader }, point) => void (point.flags = reader.varint())
const exemplar: Setter = (attributes, point, end) => {
  const exemplarEnd = attributes.reader.fieldEnd(end)
  if (point.exemplars.length < limits.details) {
    readOrSkip(attributes, exemplarEnd, 'an exemplar', (at) => void point.exemplars.push(readExemplar(attributes, at)))
  } else {
    attributes.report.cut(TOO_MANY_EXEMPLARS)
    attributes.reader.pos = exemplarEnd
  }
}

const number: Readonly<Record<number, Setter>> = {
  ...common,
  33: ({ reader }, point, end) => void (point.value = reader.double(end)),
  42: exemplar,
  49: ({ reader }, point, end) => void (point.value = Number(reader.buf.readBigInt64LE(reader.fixed64(end)))),
  64: flags,
}

const setters: Readonly<Record<MetricKind, Readonly<Record<number, Setter>>>> = {
  gauge: number,
  sum: number,
  histogram: {
    ...common,
    33: count,
    41: sum,
    50: ({ reader }, point, end) => eachFixed64(reader, reader.fieldEnd(end), (at) => point.positive.push(unsigned64At(reader, at))),
    49: ({ reader }, point, end) => void point.positive.push(reader.unsigned64(end)),
    58: ({ reader }, point, end) => eachFixed64(reader, reader.fieldEnd(end), (at) => point.bounds.push(reader.buf.readDoubleLE(at))),
    57: ({ reader }, point, end) => void point.bounds.push(reader.double(end)),
    66: exemplar,
    80: flags,
    89: min,
    97: max,
  },
  exp_histogram: {
    ...common,
    33: count,
    41: sum,
    48: ({ reader }, point) => void (point.scale = readScale(reader)),
    57: ({ reader }, point, end) => void (point.zeroCount = reader.unsigned64(end)),
    66: ({ reader }, point, end) => void (point.positiveOffset = readBuckets(reader, point.positive, reader.fieldEnd(end))),
    74: ({ reader }, point, end) => void (point.negativeOffset = readBuckets(reader, point.negative, reader.fieldEnd(end))),
    80: flags,
    90: exemplar,
    97: min,
    105: max,
  },
  summary: {
    ...common,
    33: count,
    41: sum,
    50: ({ reader }, point, end) => {
      const quantileEnd = reader.fieldEnd(end)
      point.quantiles.push(readQuantile(reader, quantileEnd))
    },
    64: flags,
  },
}

/** Reads a data point except its attributes; the position is at `end` afterwards. */
export function readPoint(attributes: AttributeReader, kind: MetricKind, end: number): Point {
  const { reader } = attributes
  const point = newPoint()
  const byTag = setters[kind]
  while (reader.pos < end) {
    const tag = reader.varint()
    const set = byTag[tag]
    if (set) set(attributes, point, end)
    else reader.skip(tag, end)
  }
  reader.close(end)
  for (const list of [point.positive, point.negative, point.bounds, point.quantiles]) {
    if (list.length > limits.buckets) reader.malformed(TOO_MANY_BUCKETS)
  }
  return point
}

function newPoint(): Point {
  return {
    time: -1,
    startTime: -1,
    value: 0,
    flags: 0,
    count: 0,
    sum: 0,
    min: 0,
    max: 0,
    scale: 0,
    zeroCount: 0,
    positiveOffset: 0,
    positive: [],
    negativeOffset: 0,
    negative: [],
    bounds: [],
    quantiles: [],
    exemplars: [],
  }
}

function eachFixed64(reader: ProtoReader, end: number, on: (at: number) => void): void {
  while (reader.pos < end) on(reader.fixed64(end))
}

function unsigned64At(reader: ProtoReader, at: number): Whole {
  const after = reader.pos
  reader.pos = at
  const value = reader.unsigned64(at + 8)
  reader.pos = after
  return value
}

/** Buckets: 1 offset (sint32), 2 counts (packed or single varints). */
function readBuckets(reader: ProtoReader, into: Whole[], end: number): number {
  let offset = 0
  while (reader.pos < end) {
    const tag = reader.varint()
    if (tag === 8) offset = reader.sint32()
    else if (tag === 16) into.push(reader.uint64())
    else if (tag === 18) {
      const packedEnd = reader.fieldEnd(end)
      while (reader.pos < packedEnd && into.length <= limits.buckets) into.push(reader.uint64())
      if (into.length > limits.buckets) reader.malformed(TOO_MANY_BUCKETS)
      reader.close(packedEnd)
    } else reader.skip(tag, end)
  }
  reader.close(end)
  return offset
}

/** A bucket is 2^(2^-scale) wide, and the specification goes from -10 to 20: a scale far outside is an error, and replacing it would falsify the data. */
function readScale(reader: ProtoReader): number {
  const scale = reader.sint32()
  if (Math.abs(scale) > MAX_SCALE) reader.malformed(`a scale of ${scale}, beyond ±${MAX_SCALE}`)
  return scale
}

function readQuantile(reader: ProtoReader, end: number): [number, number] {
  let quantile = 0
  let value = 0
  while (reader.pos < end) {
    const tag = reader.varint()
    if (tag === 9) quantile = reader.double(end)
    else if (tag === 17) value = reader.double(end)
    else reader.skip(tag, end)
  }
  reader.close(end)
  return [quantile, value]
}

/** Exemplar: 2 time, 3 double, 4 span id, 5 trace id, 6 integer, 7 attributes. */
function readExemplar(attributes: AttributeReader, end: number): Exemplar {
  const { reader } = attributes
  const exemplar: Exemplar = { time: -1, value: 0, spanId: '', traceId: '', attributes: [] }
  while (reader.pos < end) {
    const tag = reader.varint()
    if (tag === 17) exemplar.time = reader.fixed64(end)
    else if (tag === 25) exemplar.value = reader.double(end)
    else if (tag === 34) exemplar.spanId = idText(reader, reader.fieldEnd(end), SPAN_ID_BYTES)
    else if (tag === 42) exemplar.traceId = idText(reader, reader.fieldEnd(end), TRACE_ID_BYTES)
    else if (tag === 49) exemplar.value = Number(reader.buf.readBigInt64LE(reader.fixed64(end)))
    else if (tag === 58) addAttribute(exemplar, attributes, reader.fieldEnd(end))
    else reader.skip(tag, end)
  }
  reader.close(end)
  exemplar.attributes.sort(byKey)
  return exemplar
}

function addAttribute(exemplar: Exemplar, attributes: AttributeReader, end: number): void {
  if (exemplar.attributes.length < limits.attributes) exemplar.attributes.push(attributes.pair(end))
  else attributes.report.cut(TOO_MANY)
  attributes.reader.pos = end
}

function idText(reader: ProtoReader, end: number, bytes: typeof TRACE_ID_BYTES | typeof SPAN_ID_BYTES): string {
  const text = reader.buf.toString('hex', reader.pos, idEnd(reader, reader.pos, end, bytes))
  reader.pos = end
  return text
}
