/** The messages of OTLP as data: JSON name to field number and type, for the transcoder. After opentelemetry-proto v1. */

export type FieldType =
  | 'string'
  | 'bool'
  | 'double'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'sint32'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  /** Identifiers: hexadecimal digits, unlike the base64 of other bytes. */
  | 'id'
  | 'base64'
  | (() => Message)

export type Message = Readonly<Record<string, readonly [number: number, type: FieldType]>>

const anyValue: Message = {
  stringValue: [1, 'string'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  arrayValue: [5, () => ({ values: [1, () => anyValue] })],
  kvlistValue: [6, () => ({ values: [1, () => keyValue] })],
  bytesValue: [7, 'base64'],
}
const keyValue: Message = { key: [1, 'string'], value: [2, () => anyValue] }
const attributes = (number: number): readonly [number, FieldType] => [number, () => keyValue]

const resource: Message = { attributes: attributes(1), droppedAttributesCount: [2, 'uint32'] }
const scope: Message = { name: [1, 'string'], version: [2, 'string'], attributes: attributes(3), droppedAttributesCount: [4, 'uint32'] }

/** A request of `resource…` holding `scope…` holding items. */
const request = (names: { resources: string; scopes: string; items: string }, item: Message): Message => {
  const scoped: Message = { scope: [1, () => scope], [names.items]: [2, () => item], schemaUrl: [3, 'string'] }
  const owned: Message = { resource: [1, () => resource], [names.scopes]: [2, () => scoped], schemaUrl: [3, 'string'] }
  return { [names.resources]: [1, () => owned] }
}

const span: Message = {
  traceId: [1, 'id'],
  spanId: [2, 'id'],
  traceState: [3, 'string'],
  parentSpanId: [4, 'id'],
  name: [5, 'string'],
  kind: [6, 'uint32'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: attributes(9),
  events: [11, () => ({ timeUnixNano: [1, 'fixed64'], name: [2, 'string'], attributes: attributes(3) })],
  links: [13, () => ({ traceId: [1, 'id'], spanId: [2, 'id'], traceState: [3, 'string'], attributes: attributes(4) })],
  status: [15, () => ({ message: [2, 'string'], code: [3, 'uint32'] })],
  flags: [16, 'fixed32'],
}

const logRecord: Message = {
  timeUnixNano: [1, 'fixed64'],
  severityNumber: [2, 'uint32'],
  severityText: [3, 'string'],
  body: [5, () => anyValue],
  attributes: attributes(6),
  flags: [8, 'fixed32'],
  traceId: [9, 'id'],
  spanId: [10, 'id'],
  observedTimeUnixNano: [11, 'fixed64'],
  eventName: [12, 'string'],
}

const exemplar: Message = {
  timeUnixNano: [2, 'fixed64'],
  asDouble: [3, 'double'],
  spanId: [4, 'id'],
  traceId: [5, 'id'],
  asInt: [6, 'sfixed64'],
  filteredAttributes: attributes(7),
}
const times: Message = { startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'] }
const numberPoint: Message = {
  ...times,
  asDouble: [4, 'double'],
  exemplars: [5, () => exemplar],
  asInt: [6, 'sfixed64'],
  attributes: attributes(7),
  flags: [8, 'uint32'],
}
const histogramPoint: Message = {
  ...times,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  bucketCounts: [6, 'fixed64'],
  explicitBounds: [7, 'double'],
  exemplars: [8, () => exemplar],
  attributes: attributes(9),
  flags: [10, 'uint32'],
  min: [11, 'double'],
  max: [12, 'double'],
}
const buckets: Message = { offset: [1, 'sint32'], bucketCounts: [2, 'uint64'] }
const exponentialPoint: Message = {
  attributes: attributes(1),
  ...times,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, () => buckets],
  negative: [9, () => buckets],
  flags: [10, 'uint32'],
  exemplars: [11, () => exemplar],
  min: [12, 'double'],
  max: [13, 'double'],
}
const summaryPoint: Message = {
  ...times,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  quantileValues: [6, () => ({ quantile: [1, 'double'], value: [2, 'double'] })],
  attributes: attributes(7),
  flags: [8, 'uint32'],
}
const points = (point: Message): Message => ({
  dataPoints: [1, () => point],
  aggregationTemporality: [2, 'uint32'],
  isMonotonic: [3, 'bool'],
})
const metric: Message = {
  name: [1, 'string'],
  description: [2, 'string'],
  unit: [3, 'string'],
  gauge: [5, () => points(numberPoint)],
  sum: [7, () => points(numberPoint)],
  histogram: [9, () => points(histogramPoint)],
  exponentialHistogram: [10, () => points(exponentialPoint)],
  summary: [11, () => points(summaryPoint)],
}

export const exportRequests = {
  traces: request({ resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' }, span),
  logs: request({ resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' }, logRecord),
  metrics: request({ resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' }, metric),
} as const
