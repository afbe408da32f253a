/** The messages of OTLP 1.x that we send, as protobufjs reads them: written from the published definitions, not from our encoder. */
import protobuf from 'protobufjs'

const source = `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message InstrumentationScope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }

message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
  repeated Event events = 11; uint32 dropped_events_count = 12;
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5; fixed32 flags = 6; }
  repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15;
}
message Status { string message = 2; int32 code = 3; }

message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message ScopeMetrics { InstrumentationScope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data { Gauge gauge = 5; Sum sum = 7; ExponentialHistogram exponential_histogram = 10; } }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message ExponentialHistogram { repeated ExponentialHistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message NumberDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; oneof value { double as_double = 4; sfixed64 as_int = 6; } uint32 flags = 8; }
message ExponentialHistogramDataPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7;
  message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
  Buckets positive = 8; Buckets negative = 9; uint32 flags = 10; optional double min = 12; optional double max = 13; double zero_threshold = 14;
}

message ExportLogsServiceRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message ScopeLogs { InstrumentationScope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message LogRecord {
  fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; string event_name = 12;
}
`

const { root } = protobuf.parse(source)

export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
}
interface KeyValue {
  readonly key?: string
  readonly value: AnyValue
}
interface Attributed {
  readonly attributes?: readonly KeyValue[]
}
interface ScopeOf {
  readonly name?: string
  readonly version?: string
}

export interface DecodedSpan extends Attributed {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly flags?: number
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly events?: readonly (Attributed & { readonly name: string; readonly timeUnixNano: string })[]
  readonly links?: readonly (Attributed & { readonly traceId: string; readonly spanId: string })[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

export interface DecodedPoint extends Attributed {
  readonly startTimeUnixNano?: string
  readonly timeUnixNano: string
  readonly asDouble?: number
  readonly count?: string
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly scale?: number
  readonly zeroCount?: string
  readonly positive?: { readonly offset?: number; readonly bucketCounts?: readonly string[] }
}

export interface DecodedMetric {
  readonly name: string
  readonly description?: string
  readonly unit?: string
  readonly gauge?: { readonly dataPoints?: readonly DecodedPoint[] }
  readonly sum?: { readonly dataPoints?: readonly DecodedPoint[]; readonly aggregationTemporality?: number; readonly isMonotonic?: boolean }
  readonly exponentialHistogram?: { readonly dataPoints?: readonly DecodedPoint[]; readonly aggregationTemporality?: number }
}

export interface DecodedLog extends Attributed {
  readonly timeUnixNano: string
  readonly observedTimeUnixNano: string
  readonly severityNumber: number
  readonly severityText?: string
  readonly body: AnyValue
  readonly traceId?: string
  readonly spanId?: string
  readonly eventName?: string
}

interface ResourceGroup<K extends string, R> {
  readonly resource: Attributed
  readonly scopes: readonly ({ readonly scope: ScopeOf } & Readonly<Record<K, readonly R[]>>)[]
}

export interface DecodedTraces {
  readonly resourceSpans: readonly { readonly resource: Attributed; readonly scopeSpans: ResourceGroup<'spans', DecodedSpan>['scopes'] }[]
}
export interface DecodedMetrics {
  readonly resourceMetrics: readonly {
    readonly resource: Attributed
    readonly scopeMetrics: ResourceGroup<'metrics', DecodedMetric>['scopes']
  }[]
}
export interface DecodedLogs {
  readonly resourceLogs: readonly { readonly resource: Attributed; readonly scopeLogs: ResourceGroup<'logRecords', DecodedLog>['scopes'] }[]
}

function decode(type: string, bytes: Uint8Array): unknown {
  const message = root.lookupType(type)
  return withHexIds(message.toObject(message.decode(bytes), { longs: String, bytes: Array }))
}

export const decodeTraces = (bytes: Uint8Array): DecodedTraces => decode('ExportTraceServiceRequest', bytes) as DecodedTraces
export const decodeMetrics = (bytes: Uint8Array): DecodedMetrics => decode('ExportMetricsServiceRequest', bytes) as DecodedMetrics
export const decodeLogs = (bytes: Uint8Array): DecodedLogs => decode('ExportLogsServiceRequest', bytes) as DecodedLogs

/** Ids are bytes; they are compared as hexadecimal digits. */
function withHexIds(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    return /(?:Span|Trace|trace|span)Id$/.test(key) ? Buffer.from(value as number[]).toString('hex') : value.map((item) => withHexIds(item))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withHexIds(inner, name)]))
}

/** Attributes as a plain object: whole numbers as numbers. */
export function plainAttributes({ attributes = [] }: Attributed): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key = '', value }) => [key, plainValue(value)])) // an empty key is not written out by the reader
}

export function plainValue(value: AnyValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue)
  return value.stringValue ?? value.boolValue ?? value.doubleValue
}
