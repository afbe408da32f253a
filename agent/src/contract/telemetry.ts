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
  requestBodySize: 'http.request.body.size',
  responseBodySize: 'http.response.body.size',
  urlPath: 'url.path',
  urlQuery: 'url.query',
  urlFull: 'url.full',
  urlScheme: 'url.scheme',
  /** Of a request without a route: its path with placeholders in the place of values. */
  urlTemplate: 'url.template',
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
  messagingSystem: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.name',
  messagingMessageId: 'messaging.message.id',
  messagingPartition: 'messaging.destination.partition.id',
  messagingGroup: 'messaging.consumer.group.name',
  messagingBatchCount: 'messaging.batch.message_count',
  messagingOffset: 'messaging.kafka.offset',
  dnsQuestion: 'dns.question.name',
  graphqlType: 'graphql.operation.type',
  graphqlName: 'graphql.operation.name',
  rpcSystem: 'rpc.system.name',
  /** `package.Service/Method`. */
  rpcMethod: 'rpc.method',
  rpcStatus: 'rpc.response.status_code',
  /** What runs a job: `node-cron`, `bullmq`. */
  jobSystem: 'spyglass.job.system',
  /** Name of a job: its queue or cron name, else its function, else its expression. */
  jobName: 'spyglass.job.name',
  codeFile: 'code.file.path',
  codeLine: 'code.line.number',
  codeFunction: 'code.function.name',
  codeStack: 'code.stacktrace',
  /** `true` when the place is where the same statement was called from on the same route earlier, not this very execution. */
  codeEarlier: 'spyglass.code.earlier',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStack: 'exception.stacktrace',
  /** What errors of one kind have in common: 16 hexadecimal digits of type, message without numbers and ids, and function of the application. */
  errorFingerprint: 'spyglass.error.fingerprint',
  /** Kind of a garbage collection: minor, major, incremental, weakcb. */
  gcType: 'v8js.gc.type',
  logFile: 'log.file.path',
  /** Why the trace was kept: slow, error, aborted, leak, baseline, forced, running. */
  keepReason: 'spyglass.keep.reason',
  /** Digest of the normalised statement: 16 hexadecimal digits. */
  sqlDigest: 'spyglass.sql.digest',
  /** How the database would run the statement: its plan, normalised, in lines. */
  sqlPlan: 'spyglass.sql.plan',
  /** Milliseconds a statement's borrower waited for its connection. */
  poolWaitMs: 'spyglass.pool.wait_ms',
  /** `true` on resources whose sender exports aggregates of every request: rollups then take nothing from spans. */
  aggregates: 'spyglass.aggregates',
  /** Number of children of a request dropped from its trace because there were too many. */
  droppedChildren: 'spyglass.children.dropped',
  /** Why a kept request took its time: a sentence. */
  verdict: 'spyglass.verdict',
  /** The same as JSON: a list of causes with their shares, which sum to 1. */
  verdictCauses: 'spyglass.verdict.causes',
  /** `true` on a span that was exported while its request still ran; a later span with the same id supersedes it. */
  partial: 'spyglass.partial',
  /** `true` on a call to another service that the application gave up itself: it counts as no error of the peer. */
  cancelled: 'spyglass.cancelled',
  /** Name of an application: on the resource if the process hosts only one, otherwise on what belongs to a request. */
  application: 'spyglass.application',
  /** Number of the version of an application that `spyglass deploy` put into service. */
  deployment: 'spyglass.deployment',
  /** Name of the server that a process belongs to. */
  serverName: 'spyglass.server.name',
  /** Name of a process within its server: `shop-1`, `management`. */
  processName: 'spyglass.process.name',
  /** How a process ended that could not say so itself: `killed` or `out_of_memory`. */
  processEnd: 'spyglass.process.end',
  /** Spans of the requests that ran when it ended. */
  processRunningSpans: 'spyglass.process.running_spans',
  /** Milliseconds that the event loop was blocked, so far where it still is. */
  loopBlockedMs: 'spyglass.loop.blocked_ms',
  /** The request that blocked it, and its trace. */
  loopBlockedBy: 'spyglass.loop.blocked_by',
  /** Milliseconds on the processor that a profile of a request has samples of, and those that the request took. */
  profileMs: 'spyglass.profile.ms',
  profileOfMs: 'spyglass.profile.of_ms',
  /** Of one that was asked for: `cpu`, or `wall` with idle time; and what took it. */
  profileKind: 'spyglass.profile.kind',
  profileBy: 'spyglass.profile.by',
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
  /** By http.request.method, http.route (without one url.template), http.response.status_code, error.type. */
  httpServerDuration: 'http.server.request.duration',
  /** By http.request.method, server.address, server.port, http.response.status_code, error.type. */
  httpClientDuration: 'http.client.request.duration',
  /** By db.system.name, db.client.connection.pool.name, spyglass.sql.digest, db.query.text (normalised), db.operation.name, error.type. */
  dbClientDuration: 'db.client.operation.duration',
  /** Waits for a connection. By db.system.name, db.client.connection.pool.name, error.type. */
  dbPoolWait: 'db.client.connection.wait_time',
  /** Messages and jobs that were processed. By messaging.system, messaging.operation.name, messaging.destination.name, error.type. */
  messageProcessDuration: 'messaging.process.duration',
  /** Messages that were sent, and other calls to a broker. By the same attributes. */
  messageClientDuration: 'messaging.client.operation.duration',
  /** Calls that were served. By rpc.system.name, rpc.method, rpc.response.status_code, error.type. */
  rpcServerDuration: 'rpc.server.call.duration',
  /** Calls to other services. By the same attributes, and server.address, server.port. */
  rpcClientDuration: 'rpc.client.call.duration',
  /** Questions to the resolver of names, in a request. By dns.question.name, error.type. */
  dnsDuration: 'dns.lookup.duration',
  /** Operations of GraphQL. By graphql.operation.type, graphql.operation.name, error.type. */
  graphqlDuration: 'spyglass.graphql.operation.duration',
  /** Runs of scheduled jobs. By spyglass.job.system, spyglass.job.name, error.type. */
  jobDuration: 'spyglass.job.duration',
  /**
   * Requests, messages and jobs that failed, and exceptions that nobody caught (of 0 s). By spyglass.error.fingerprint, exception.type, exception.message (without
   * numbers and ids), code.file.path, code.line.number, code.function.name.
   */
  errorDuration: 'spyglass.error.duration',
  /** Garbage collections, by v8js.gc.type. */
  gcDuration: 'v8js.gc.duration',
  /** Records the agent dropped, by reason. */
  agentDropped: 'spyglass.agent.dropped',
} as const

/** Scale of our exponential histograms: 16 buckets to each power of two, so a quantile is within 2.2 % of the truth. */
export const HISTOGRAM_SCALE = 4
/** Computed once: V8 does not fold a power of constants, and a bucket is found for every request. */
const BUCKETS_PER_DOUBLING = 2 ** HISTOGRAM_SCALE

/** Index of the bucket that holds `seconds` (upper bound inclusive, as OpenTelemetry defines it); 0 and less count as zero. */
export function bucketIndex(seconds: number): number {
  return Math.ceil(Math.log2(seconds) * BUCKETS_PER_DOUBLING) - 1
}

/** Geometric middle of a bucket, in seconds: the value quantiles report. */
export function bucketMiddle(index: number): number {
  return 2 ** ((index + 0.5) / BUCKETS_PER_DOUBLING)
}
