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
  | 'traceId'
  | 'spanId'
  | 'base64'
  /** An enumeration: the name that stands before each of its names, as `SPAN_KIND_`, then the rest of them in the order of their numbers. */
  | readonly [prefix: string, ...names: string[]]
  | (() => Message)

/**
 * `list`: the field is repeated. `items`: so it is, and what cannot be read of it costs that element alone, since it is what senders count:
 * spans, log records, data points; a metric counts as many as it has points. `details`: likewise, but no sender counts them.
 */
export type Field = readonly [number: number, type: FieldType, repeated?: 'list' | 'details' | 'items']

export type Message = Readonly<Record<string, Field>>

/** Field of a metric's data under which its points stand. */
export const POINTS = 'dataPoints'

const anyValue: Message = {
  stringValue: [1, 'string'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  arrayValue: [5, () => ({ values: [1, () => anyValue, 'list'] })],
  kvlistValue: [6, () => ({ values: [1, () => keyValue, 'list'] })],
  bytesValue: [7, 'base64'],
}
const keyValue: Message = { key: [1, 'string'], value: [2, () => anyValue] }
const attributes = (number: number): Field => [number, () => keyValue, 'list']

const resource: Message = { attributes: attributes(1), droppedAttributesCount: [2, 'uint32'] }
const scope: Message = { name: [1, 'string'], version: [2, 'string'], attributes: attributes(3), droppedAttributesCount: [4, 'uint32'] }

/** A request of `resource…` holding `scope…` holding items. */
const request = (names: { resources: string; scopes: string; items: string }, item: Message): Message => {
  const scoped: Message = { scope: [1, () => scope], [names.items]: [2, () => item, 'items'], schemaUrl: [3, 'string'] }
  const owned: Message = { resource: [1, () => resource], [names.scopes]: [2, () => scoped, 'list'], schemaUrl: [3, 'string'] }
  return { [names.resources]: [1, () => owned, 'list'] }
}

const spanKind = ['SPAN_KIND_', 'UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
const statusCode = ['STATUS_CODE_', 'UNSET', 'OK', 'ERROR'] as const
const temporality = ['AGGREGATION_TEMPORALITY_', 'UNSPECIFIED', 'DELTA', 'CUMULATIVE'] as const
const severityNames = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`])
const severityNumber = ['SEVERITY_NUMBER_', 'UNSPECIFIED', ...severityNames] as const

const event: Message = { timeUnixNano: [1, 'fixed64'], name: [2, 'string'], attributes: attributes(3) }
const link: Message = { traceId: [1, 'traceId'], spanId: [2, 'spanId'], traceState: [3, 'string'], attributes: attributes(4) }
const status: Message = { message: [2, 'string'], code: [3, statusCode] }

const span: Message = {
  traceId: [1, 'traceId'],
  spanId: [2, 'spanId'],
  traceState: [3, 'string'],
  parentSpanId: [4, 'spanId'],
  name: [5, 'string'],
  kind: [6, spanKind],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: attributes(9),
  events: [11, () => event, 'list'],
  links: [13, () => link, 'details'],
  status: [15, () => status],
  flags: [16, 'fixed32'],
}

const logRecord: Message = {
  timeUnixNano: [1, 'fixed64'],
  severityNumber: [2, severityNumber],
  severityText: [3, 'string'],
  body: [5, () => anyValue],
  attributes: attributes(6),
  flags: [8, 'fixed32'],
  traceId: [9, 'traceId'],
  spanId: [10, 'spanId'],
  observedTimeUnixNano: [11, 'fixed64'],
  eventName: [12, 'string'],
}

const exemplar: Message = {
  timeUnixNano: [2, 'fixed64'],
  asDouble: [3, 'double'],
  spanId: [4, 'spanId'],
  traceId: [5, 'traceId'],
  asInt: [6, 'sfixed64'],
  filteredAttributes: attributes(7),
}
const times: Message = { startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'] }
const numberPoint: Message = {
  ...times,
  asDouble: [4, 'double'],
  exemplars: [5, () => exemplar, 'details'],
  asInt: [6, 'sfixed64'],
  attributes: attributes(7),
  flags: [8, 'uint32'],
}
const histogramPoint: Message = {
  ...times,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  bucketCounts: [6, 'fixed64', 'list'],
  explicitBounds: [7, 'double', 'list'],
  exemplars: [8, () => exemplar, 'details'],
  attributes: attributes(9),
  flags: [10, 'uint32'],
  min: [11, 'double'],
  max: [12, 'double'],
}
const buckets: Message = { offset: [1, 'sint32'], bucketCounts: [2, 'uint64', 'list'] }
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
  exemplars: [11, () => exemplar, 'details'],
  min: [12, 'double'],
  max: [13, 'double'],
}
const quantile: Message = { quantile: [1, 'double'], value: [2, 'double'] }
const summaryPoint: Message = {
  ...times,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  quantileValues: [6, () => quantile, 'list'],
  attributes: attributes(7),
  flags: [8, 'uint32'],
}
const points = (point: Message): Message => ({
  [POINTS]: [1, () => point, 'items'],
  aggregationTemporality: [2, temporality],
  isMonotonic: [3, 'bool'],
})
const numberData = points(numberPoint)
const histogramData = points(histogramPoint)
const exponentialHistogramData = points(exponentialPoint)
const summaryData = points(summaryPoint)
const metric: Message = {
  name: [1, 'string'],
  description: [2, 'string'],
  unit: [3, 'string'],
  gauge: [5, () => numberData],
  sum: [7, () => numberData],
  histogram: [9, () => histogramData],
  exponentialHistogram: [10, () => exponentialHistogramData],
  summary: [11, () => summaryData],
}

export const exportRequests = {
  traces: request({ resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' }, span),
  logs: request({ resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' }, logRecord),
  metrics: request({ resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' }, metric),
} as const
