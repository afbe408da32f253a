/**
 * One template, two readers. The API fills ClickHouse parameters (`{step:UInt32}`); Grafana fills macros and dashboard
 * variables. What differs between the two is a fragment of a dialect; the rest of a query is written once.
 */

export interface Dialect {
  /** A time as the reader wants it in the answer. */
  time(column: string): string
  /** Condition on a column of rollups, whose rows stand for a whole minute: the minute that `from` falls in belongs to the range. */
  minuteRange(column: string): string
  /** Condition on a DateTime64 column. */
  timeRange(column: string): string
  /** The start of the step that a time falls in. */
  step(column: string): string
  /** Length of a step in seconds. */
  readonly stepSeconds: string
  /** Length of the range in seconds. */
  readonly rangeSeconds: string
  /** Its end. */
  readonly rangeEnd: string
  /** Condition on the service; all services pass when none is chosen. */
  service(column: string): string
  /** Condition on the instance; all pass when none is chosen or the reader has no such choice. */
  instance(expression: string): string
  /** Condition on the instance of what is asked for, also of readers who have no choice of instances. */
  ofInstance(expression: string): string
  /** Condition on the pool, likewise. */
  pool(expression: string): string
  /** Condition on the route, likewise. */
  route(column: string): string
  /** Condition on why a request was kept, likewise. */
  keepReason(expression: string): string
  /** What a list of requests is sorted by: `time` or `duration`, with a leading `-` for descending. */
  order(time: string, durationMs: string): string
  /** Rows of a list to skip. */
  readonly offset: string
  readonly traceId: string
  readonly incident: string
  readonly search: string
  /** Name of a metric. */
  readonly metric: string
  /** A file of the application and a line in it; 0 is any line. */
  readonly file: string
  readonly line: string
  readonly limit: string
}

const from = "{from:DateTime64(3, 'UTC')}"
const to = "{to:DateTime64(3, 'UTC')}"

/** Parameters of the API: the caller gives each one that the query names. Times are milliseconds since the epoch in the answers. */
export const apiDialect: Dialect = {
  time: (column) => `toUnixTimestamp64Milli(toDateTime64(${column}, 3))`,
  minuteRange: (column) => `${column} >= toStartOfMinute(${from}) AND ${column} <= ${to}`,
  timeRange: (column) => `${column} >= ${from} AND ${column} <= ${to}`,
  step: (column) => `toStartOfInterval(${column}, toIntervalSecond({step:UInt32}))`,
  stepSeconds: '{step:UInt32}',
  rangeSeconds: `greatest(dateDiff('second', ${from}, ${to}), 1)`,
  rangeEnd: to,
  service: (column) => `({service:String} = '' OR ${column} = {service:String})`,
  instance: () => '1',
  ofInstance: (expression) => `({instance:String} = '' OR ${expression} = {instance:String})`,
  pool: (expression) => `({pool:String} = '' OR ${expression} = {pool:String})`,
  route: (column) => `({route:String} = '' OR ${column} = {route:String})`,
  keepReason: (expression) => `({keepReason:String} = '' OR ${expression} = {keepReason:String})`,
  order: (time, durationMs) =>
    `multiIf({order:String} = 'time', toFloat64(toUnixTimestamp64Nano(${time})), {order:String} = '-time', -toFloat64(toUnixTimestamp64Nano(${time})), {order:String} = 'duration', toFloat64(${durationMs}), -toFloat64(${durationMs}))`,
  offset: '{offset:UInt32}',
  traceId: '{traceId:String}',
  incident: '{incident:String}',
  search: '{search:String}',
  metric: '{metric:String}',
  file: '{file:String}',
  line: '{line:UInt32}',
  limit: '{limit:UInt32}',
}

/** `$__conditionalAll` is expanded by Grafana's front end, so queries of alert rules use none of the choices. */
const chosen = (expression: string, variable: string): string =>
  `$__conditionalAll(${expression} IN (\${${variable}:singlequote}), $${variable})`

/** Macros and variables of Grafana's ClickHouse data source. */
export const grafanaDialect: Dialect = {
  time: (column) => column,
  minuteRange: (column) => `${column} >= toStartOfMinute($__fromTime) AND ${column} <= $__toTime`,
  timeRange: (column) => `$__timeFilter_ms(${column})`,
  step: (column) => `$__timeInterval(${column})`,
  stepSeconds: '$__interval_s',
  rangeSeconds: "greatest(dateDiff('second', $__fromTime, $__toTime), 1)",
  rangeEnd: '$__toTime',
  service: (column) => chosen(column, 'service'),
  instance: (expression) => chosen(expression, 'instance'),
  ofInstance: (expression) => chosen(expression, 'instance'),
  pool: (expression) => chosen(expression, 'pool'),
  route: () => '1',
  keepReason: () => '1',
  order: (_time, durationMs) => `${durationMs} DESC`,
  offset: '0',
  traceId: '${traceId:singlequote}',
  incident: '${incident:singlequote}',
  search: '${search:singlequote}',
  metric: '${metric:singlequote}',
  file: '${file:singlequote}',
  line: '${line}',
  limit: '200',
}
