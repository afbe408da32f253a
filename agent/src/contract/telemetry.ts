/** Names of spans, attributes and metrics that agent, collector and dashboards must agree on. Semantic conventions where they exist. */

/** Attribute names on resources, spans, metrics and logs. */
export const attr = {
  serviceName: 'service.name',
  /** Unique among all servers: see {@link serviceInstanceId}. */
  serviceInstanceId: 'service.instance.id',
  serviceNamespace: 'service.namespace',
  serviceVersion: 'service.version',
  processPid: 'process.pid',
  hostName: 'host.name',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  urlPath: 'url.path',
  urlQuery: 'url.query',
  urlFull: 'url.full',
  urlScheme: 'url.scheme',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  clientAddress: 'client.address',
  userAgent: 'user_agent.original',
  errorType: 'error.type',
  dbSystem: 'db.system.name',
  dbNamespace: 'db.namespace',
  dbQueryText: 'db.query.text',
  dbOperation: 'db.operation.name',
  dbPool: 'db.client.connection.pool.name',
  dbConnectionState: 'db.client.connection.state',
  codeFile: 'code.file.path',
  codeLine: 'code.line.number',
  codeFunction: 'code.function.name',
  codeStack: 'code.stacktrace',
  /** `true` when the place is where the same statement was called from on the same route earlier, not this very execution. */
  codeEarlier: 'spyglass.code.earlier',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStack: 'exception.stacktrace',
  logFile: 'log.file.path',
  /** Why the trace was kept: slow, error, aborted, leak, baseline, forced, running. */
  keepReason: 'spyglass.keep.reason',
  /** Digest of the normalised statement: 16 hexadecimal digits. */
  sqlDigest: 'spyglass.sql.digest',
  /** Milliseconds a statement's borrower waited for its connection. */
  poolWaitMs: 'spyglass.pool.wait_ms',
  /** `true` on resources whose sender exports aggregates of every request: rollups then take nothing from spans. */
  aggregates: 'spyglass.aggregates',
  /** Number of children of a request dropped from its trace because there were too many. */
  droppedChildren: 'spyglass.children.dropped',
  /** `true` on a span that was exported while its request still ran; a later span with the same id supersedes it. */
  partial: 'spyglass.partial',
  /** Name of an application: on the resource if the process hosts only one, otherwise on what belongs to a request. */
  application: 'spyglass.application',
  /** Name of the server that a process belongs to. */
  serverName: 'spyglass.server.name',
  /** Name of a process within its server: `shop-1`, `management`. */
  processName: 'spyglass.process.name',
  /** How a process ended that could not say so itself: `killed` or `out_of_memory`. */
  processEnd: 'spyglass.process.end',
  /** Spans of the requests that ran when it ended. */
  processRunningSpans: 'spyglass.process.running_spans',
  incidentId: 'spyglass.incident.id',
  eventPhase: 'spyglass.event.phase',
  eventResource: 'spyglass.event.resource',
  eventHolders: 'spyglass.event.holders',
} as const

/** Digits of a server's UUID that tell its processes from those of another server with the same name. */
const SERVER_DIGITS = 8

/**
 * The `service.instance.id` of a process of a server: `shop-1@9f8e7d6c`. The name of the process alone is the same on every server, and
 * the semantic conventions ask for an id that is unique for each service.
 */
export function serviceInstanceId(processName: string, serverId: string): string {
  return `${processName}@${serverId.slice(0, SERVER_DIGITS)}`
}

/** The attributes by which all telemetry of a server's processes names its origin. */
export function originAttributes(origin: {
  readonly server: string
  readonly serverId: string
  readonly process: string
}): Record<string, string> {
  return {
    [attr.serviceInstanceId]: serviceInstanceId(origin.process, origin.serverId),
    [attr.serviceNamespace]: origin.server,
    [attr.serverName]: origin.server,
    [attr.processName]: origin.process,
  }
}

/** Metrics that carry the aggregates of every request: exponential histograms in seconds, delta temporality, scale {@link HISTOGRAM_SCALE}. */
export const metric = {
  /** By http.request.method, http.route, http.response.status_code, error.type. */
  httpServerDuration: 'http.server.request.duration',
  /** By http.request.method, server.address, server.port, http.response.status_code, error.type. */
  httpClientDuration: 'http.client.request.duration',
  /** By db.system.name, db.client.connection.pool.name, spyglass.sql.digest, db.query.text (normalised), db.operation.name, error.type. */
  dbClientDuration: 'db.client.operation.duration',
  /** Records the agent dropped, by reason. */
  agentDropped: 'spyglass.agent.dropped',
} as const

/** Scale of our exponential histograms: 16 buckets to each power of two, so a quantile is within 2.2 % of the truth. */
export const HISTOGRAM_SCALE = 4

/** Index of the bucket that holds `seconds` (upper bound inclusive, as OpenTelemetry defines it); 0 and less count as zero. */
export function bucketIndex(seconds: number): number {
  return Math.ceil(Math.log2(seconds) * 2 ** HISTOGRAM_SCALE) - 1
}

/** Geometric middle of a bucket, in seconds: the value quantiles report. */
export function bucketMiddle(index: number): number {
  return 2 ** ((index + 0.5) / 2 ** HISTOGRAM_SCALE)
}
