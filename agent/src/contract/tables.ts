/**
 * The ClickHouse tables, as data: the collector writes them, the store makes them, boards and rules read them.
 *
 * The `otel_*` tables have the names, types and values of the OpenTelemetry Collector's ClickHouse exporter, so that everything
 * that reads those tables reads ours. Columns of our own there have defaults, so that the exporter may write into them as well.
 */

export interface Column {
  readonly name: string
  readonly type: string
  readonly codec?: string
  /** Expression of DEFAULT; the writer may still send a value. */
  readonly default?: string
}

/**
 * How long rows are kept, by default: traces, logs and metrics 7 days, rollups and events 30, and 90 what an alert's page links to
 * (`pinned`), which the size limit of the store spares as well.
 */
export type RetentionKind = 'traces' | 'logs' | 'metrics' | 'rollup' | 'pinned'

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly indexes?: readonly string[]
  readonly engine: string
  readonly partitionBy: string
  readonly primaryKey?: string
  readonly orderBy: string
  /** Column or expression of type DateTime that the retention counts from. */
  readonly ttlFrom: string
  readonly retention: RetentionKind
  /** Expression by which a cluster would shard the table. */
  readonly shardBy: string
}

export const DATABASE = 'spyglass'

const lc = 'LowCardinality(String)'
const map = 'Map(LowCardinality(String), String)'
const zstd = 'ZSTD(1)'
const time = 'Delta(8), ZSTD(1)'

/** Segment of the write-ahead log that brought the row: collector id, boot and sequence. Lets an insert be verified and repeated. */
const batch: Column = { name: 'Batch', type: lc, codec: zstd, default: "''" }

const columns = (...rows: readonly (readonly [name: string, type: string, codec?: string])[]): Column[] =>
  rows.map(([name, type, codec = zstd]) => ({ name, type, codec }))

const otelTraces: Table = {
  name: 'otel_traces',
  columns: [
    ...columns(
      ['Timestamp', 'DateTime64(9)', time],
      ['TraceId', 'String'],
      ['SpanId', 'String'],
      ['ParentSpanId', 'String'],
      ['TraceState', 'String'],
      ['SpanName', lc],
      ['SpanKind', lc],
      ['ServiceName', lc],
      ['ResourceAttributes', map],
      ['ScopeName', 'String'],
      ['ScopeVersion', 'String'],
      ['SpanAttributes', map],
      ['Duration', 'UInt64'],
      ['StatusCode', lc],
      ['StatusMessage', 'String'],
      ['Events.Timestamp', 'Array(DateTime64(9))'],
      ['Events.Name', `Array(${lc})`],
      ['Events.Attributes', `Array(${map})`],
      ['Links.TraceId', 'Array(String)'],
      ['Links.SpanId', 'Array(String)'],
      ['Links.TraceState', 'Array(String)'],
      ['Links.Attributes', `Array(${map})`],
    ),
    batch,
  ],
  indexes: ['INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1', 'INDEX idx_duration Duration TYPE minmax GRANULARITY 1'],
  engine: 'MergeTree',
  partitionBy: 'toDate(Timestamp)',
  orderBy: '(ServiceName, SpanName, toDateTime(Timestamp))',
  ttlFrom: 'toDateTime(Timestamp)',
  retention: 'traces',
  shardBy: 'cityHash64(TraceId)',
}

const traceIdTs: Table = {
  name: 'otel_traces_trace_id_ts',
  columns: [...columns(['TraceId', 'String'], ['Start', 'DateTime', 'Delta(4), ZSTD(1)'], ['End', 'DateTime', 'Delta(4), ZSTD(1)']), batch],
  indexes: ['INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1'],
  engine: 'MergeTree',
  partitionBy: 'toDate(Start)',
  orderBy: '(TraceId, Start)',
  ttlFrom: 'toDateTime(Start)',
  retention: 'traces',
  shardBy: 'cityHash64(TraceId)',
}

const otelLogs: Table = {
  name: 'otel_logs',
  columns: [
    ...columns(['Timestamp', 'DateTime64(9)', time]),
    { name: 'TimestampTime', type: 'DateTime', default: 'toDateTime(Timestamp)' },
    ...columns(
      ['TraceId', 'String'],
      ['SpanId', 'String'],
      ['TraceFlags', 'UInt8'],
      ['SeverityText', lc],
      ['SeverityNumber', 'UInt8'],
      ['ServiceName', lc],
      ['Body', 'String'],
      ['ResourceSchemaUrl', lc],
      ['ResourceAttributes', map],
      ['ScopeSchemaUrl', lc],
      ['ScopeName', 'String'],
      ['ScopeVersion', lc],
      ['ScopeAttributes', map],
      ['LogAttributes', map],
      ['EventName', 'String'],
    ),
    batch,
  ],
  indexes: ['INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1'],
  engine: 'MergeTree',
  partitionBy: 'toDate(TimestampTime)',
  primaryKey: '(ServiceName, TimestampTime)',
  orderBy: '(ServiceName, TimestampTime, Timestamp)',
  ttlFrom: 'TimestampTime',
  retention: 'logs',
  shardBy: "cityHash64(ServiceName, ResourceAttributes['service.instance.id'])",
}

const metricCommon = columns(
  ['ResourceAttributes', map],
  ['ResourceSchemaUrl', 'String'],
  ['ScopeName', 'String'],
  ['ScopeVersion', 'String'],
  ['ScopeAttributes', map],
  ['ScopeDroppedAttrCount', 'UInt32'],
  ['ScopeSchemaUrl', 'String'],
  ['ServiceName', lc],
  ['MetricName', 'String'],
  ['MetricDescription', 'String'],
  ['MetricUnit', 'String'],
  ['Attributes', map],
  ['StartTimeUnix', 'DateTime64(9)', time],
  ['TimeUnix', 'DateTime64(9)', time],
)

const exemplars = columns(
  ['Exemplars.FilteredAttributes', `Array(${map})`],
  ['Exemplars.TimeUnix', 'Array(DateTime64(9))'],
  ['Exemplars.Value', 'Array(Float64)'],
  ['Exemplars.SpanId', 'Array(String)'],
  ['Exemplars.TraceId', 'Array(String)'],
)

const metricTable = (suffix: string, values: readonly Column[]): Table => ({
  name: `otel_metrics_${suffix}`,
  columns: [...metricCommon, ...values, batch],
  engine: 'MergeTree',
  partitionBy: 'toDate(TimeUnix)',
  orderBy: '(ServiceName, MetricName, Attributes, toUnixTimestamp64Nano(TimeUnix))',
  ttlFrom: 'toDateTime(TimeUnix)',
  retention: 'metrics',
  shardBy: "cityHash64(ServiceName, ResourceAttributes['service.instance.id'])",
})

const gauge = metricTable('gauge', [...columns(['Value', 'Float64'], ['Flags', 'UInt32']), ...exemplars])
const sum = metricTable('sum', [
  ...columns(['Value', 'Float64'], ['Flags', 'UInt32']),
  ...exemplars,
  ...columns(['AggregationTemporality', 'Int32'], ['IsMonotonic', 'Bool']),
])
const histogram = metricTable('histogram', [
  ...columns(['Count', 'UInt64'], ['Sum', 'Float64'], ['BucketCounts', 'Array(UInt64)'], ['ExplicitBounds', 'Array(Float64)']),
  ...exemplars,
  ...columns(['Flags', 'UInt32'], ['Min', 'Float64'], ['Max', 'Float64'], ['AggregationTemporality', 'Int32']),
])
const expHistogram = metricTable('exp_histogram', [
  ...columns(
    ['Count', 'UInt64'],
    ['Sum', 'Float64'],
    ['Scale', 'Int32'],
    ['ZeroCount', 'UInt64'],
    ['PositiveOffset', 'Int32'],
    ['PositiveBucketCounts', 'Array(UInt64)'],
    ['NegativeOffset', 'Int32'],
    ['NegativeBucketCounts', 'Array(UInt64)'],
  ),
  ...exemplars,
  ...columns(['Flags', 'UInt32'], ['Min', 'Float64'], ['Max', 'Float64'], ['AggregationTemporality', 'Int32']),
])
const summary = metricTable('summary', [
  ...columns(
    ['Count', 'UInt64'],
    ['Sum', 'Float64'],
    ['ValueAtQuantiles.Quantile', 'Array(Float64)'],
    ['ValueAtQuantiles.Value', 'Array(Float64)'],
    ['Flags', 'UInt32'],
  ),
])

/** Durations by exponential bucket (scale 4, on seconds): bucket index to count. */
const buckets: Column = { name: 'Buckets', type: 'SimpleAggregateFunction(sumMap, Map(Int16, UInt64))', codec: zstd }

const additive = (name: string): Column => ({ name, type: 'SimpleAggregateFunction(sum, UInt64)', codec: zstd })

/** Whose row it is. Empty for a sender that is no Spyglass server and has no namespace. */
const server = columns(['Server', lc], ['Application', lc])
/** The `service.version`; empty of senders without one, and of rows from before it was counted. */
const version = columns(['Version', lc])

/** `later` are columns that were added: a sorting key can only be extended at its end. The primary key stays as it was. */
const rollup = (name: string, dimensions: readonly Column[], later: readonly Column[], values: readonly Column[]): Table => ({
  name,
  columns: [
    { name: 'Minute', type: 'DateTime', codec: 'Delta(4), ZSTD(1)' },
    ...dimensions,
    { ...batch, default: "''" },
    ...later,
    ...values,
  ],
  engine: 'AggregatingMergeTree',
  partitionBy: 'toDate(Minute)',
  primaryKey: `(Minute, ${dimensions.map((column) => column.name).join(', ')}, Batch)`,
  orderBy: `(Minute, ${dimensions.map((column) => column.name).join(', ')}, Batch, ${later.map((column) => column.name).join(', ')})`,
  ttlFrom: 'Minute',
  retention: 'rollup',
  shardBy: 'cityHash64(ServiceName, Instance)',
})

/** Rate, errors and durations of every request, a row for each minute, route, version and batch. */
const red1m = rollup(
  'red_1m',
  columns(['ServiceName', lc], ['Instance', lc], ['SpanName', lc], ['SpanKind', lc], ['StatusCode', lc]),
  [...server, ...version],
  [
    additive('Requests'),
    additive('Errors'),
    additive('DurationSum'),
    { name: 'DurationMax', type: 'SimpleAggregateFunction(max, UInt64)', codec: zstd },
    buckets,
  ],
)

/** Every execution of every statement, a row for each minute, digest and batch. */
const sql1m = rollup(
  'sql_1m',
  columns(['ServiceName', lc], ['Instance', lc], ['DbSystem', lc], ['Pool', lc], ['Digest', 'String'], ['Operation', lc]),
  server,
  [
    { name: 'Statement', type: 'SimpleAggregateFunction(any, String)', codec: zstd },
    additive('Calls'),
    additive('Errors'),
    additive('DurationSum'),
    { name: 'DurationMax', type: 'SimpleAggregateFunction(max, UInt64)', codec: zstd },
    buckets,
  ],
)

/** What failed, a row for each minute, fingerprint, version and batch. A message has `?` for numbers and ids, so that errors of a kind share it. */
const errors1m = rollup('errors_1m', columns(['ServiceName', lc], ['Instance', lc], ['Fingerprint', 'String'], ['Version', lc]), server, [
  { name: 'Type', type: 'SimpleAggregateFunction(any, String)', codec: zstd },
  { name: 'Message', type: 'SimpleAggregateFunction(any, String)', codec: zstd },
  { name: 'Location', type: 'SimpleAggregateFunction(any, String)', codec: zstd },
  { name: 'Function', type: 'SimpleAggregateFunction(any, String)', codec: zstd },
  additive('Errors'),
])

/** What happened: the events of the registry, drawn as annotations and quoted by pages. */
const eventsTable: Table = {
  name: 'events',
  columns: [
    ...columns(
      ['Time', 'DateTime64(3)', time],
      ['Name', lc],
      ['IncidentId', 'String'],
      ['Phase', lc],
      ['Severity', lc],
      ['Resource', 'String'],
      ['ServiceName', lc],
      ['Instance', lc],
      ['Server', lc],
      ['Application', lc],
      ['Message', 'String'],
      ['Attributes', map],
      ['Holders', 'String'],
    ),
    batch,
  ],
  engine: 'MergeTree',
  partitionBy: 'toYYYYMM(Time)',
  orderBy: '(Time, Name, IncidentId)',
  ttlFrom: 'toDateTime(Time)',
  retention: 'rollup',
  shardBy: 'cityHash64(IncidentId)',
}

/** Copies of the traces and log records that a page links to, in partitions of their own. */
const pinned = (name: string, of: Table, partitionBy: string): Table => ({ ...of, name, partitionBy, retention: 'pinned' })

/** All tables by name. */
export const tables = {
  otel_traces: otelTraces,
  otel_traces_trace_id_ts: traceIdTs,
  otel_logs: otelLogs,
  otel_metrics_gauge: gauge,
  otel_metrics_sum: sum,
  otel_metrics_histogram: histogram,
  otel_metrics_exp_histogram: expHistogram,
  otel_metrics_summary: summary,
  red_1m: red1m,
  sql_1m: sql1m,
  errors_1m: errors1m,
  events: eventsTable,
  pinned_traces: pinned('pinned_traces', otelTraces, 'toYYYYMM(Timestamp)'),
  pinned_logs: pinned('pinned_logs', otelLogs, 'toYYYYMM(TimestampTime)'),
} as const satisfies Record<string, Table>

export type TableName = keyof typeof tables
