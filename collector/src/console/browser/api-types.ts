/** What the API answers: the columns of the queries in @spyglass/dashboards, and the attributes of managed resources. */
import type { Figure } from './format.ts'

export interface Durations {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export interface RedStep extends Durations {
  readonly time: number
  readonly requests: number
  readonly errors: number
}

export interface RouteTotal extends Durations {
  readonly service: string
  readonly route: string
  readonly requests: number
  readonly errors: number
  /** Milliseconds spent in all of them. */
  readonly total: number
}

/** A route that is slower or faster in the version that serves now than in the one before. */
export interface ReleaseChange {
  readonly service: string
  readonly route: string
  readonly version: string
  readonly before: string
  readonly since: number
  readonly p95: number
  readonly beforeP95: number
}

export interface Red {
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
  /** Everything received before this moment is in the store: charts end here. Milliseconds since the epoch. */
  readonly readableUntil: number
  readonly total: {
    readonly requests: number
    readonly errors: number
    readonly rate: number
    /** Of every request in the range; of several services the highest. */
    readonly p95: number
    readonly services: number
  }
  readonly series: readonly RedStep[]
  readonly routes: readonly RouteTotal[]
  /** The list of routes is not longer than this. */
  readonly mostRoutes: number
  readonly releases: readonly ReleaseChange[]
}

export interface Rows<T> {
  readonly rows: readonly T[]
}

export interface Service {
  readonly service: string
}

/** Why the agent keeps a request. */
export const keepReasons = ['slow', 'error', 'aborted', 'leak', 'forced', 'trace', 'baseline', 'running'] as const

export interface SlowRequests extends Rows<SlowRequest> {
  /** Kept requests in the range that match the filter; the rows are one page of them. */
  readonly total: number
  /** Routes with kept requests, whatever route is chosen. */
  readonly routes: readonly { readonly route: string; readonly requests: number }[]
}

export interface SlowRequest {
  readonly time: number
  readonly traceId: string
  readonly spanId: string
  readonly service: string
  readonly instance: string
  readonly route: string
  readonly path: string
  readonly status: string
  readonly statusCode: string
  readonly running: boolean | number
  readonly durationMs: number
  /** What its time went to; empty of senders that do not say. */
  readonly verdict: string
  readonly keepReason: string
  readonly sqlCount: number
  readonly sqlMs: number
  readonly statement: string
  readonly location: string
}

export interface Statement {
  readonly service: string
  readonly pool: string
  readonly system: string
  readonly digest: string
  readonly statement: string
  readonly calls: number
  readonly errors: number
  readonly totalMs: number
  readonly p50: number
  readonly p95: number
  readonly maxMs: number
  readonly location: string
  readonly worstTraceId: string
}

export interface Errors extends Rows<FailedKind> {
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
}

/** Errors that are one and the same. */
export interface FailedKind {
  readonly service: string
  readonly fingerprint: string
  readonly type: string
  readonly message: string
  readonly location: string
  readonly function: string
  readonly errors: number
  /** Milliseconds since the epoch, whole minutes. */
  readonly firstSeen: number
  readonly lastSeen: number
  readonly versions: string
  /** Starts of the steps with errors, in seconds since the epoch. */
  readonly steps: readonly number[]
  readonly counts: readonly number[]
  /** Empty if none was kept. */
  readonly traceId: string
}

export interface Span {
  readonly spanId: string
  readonly parentSpanId: string
  readonly service: string
  readonly instance: string
  readonly name: string
  readonly kind: string
  readonly start: number
  readonly durationMs: number
  readonly statusCode: string
  readonly statusMessage: string
  readonly running: boolean | number
  readonly statement: string
  readonly location: string
  readonly attributes: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  readonly events: readonly { readonly time: number; readonly name: string; readonly attributes: Readonly<Record<string, string>> }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Readonly<Record<string, string>> }[]
}

export interface LogRecord {
  readonly time: number
  readonly severity: string
  readonly service: string
  readonly spanId: string
  readonly traceId: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface Trace {
  readonly traceId: string
  readonly spans: readonly Span[]
  readonly logs: readonly LogRecord[]
  /** Why the log is missing. */
  readonly logProblem: { readonly code: string; readonly message: string } | null
}

export interface Instance {
  readonly objectName: string
  readonly name: string
  readonly state: string
  readonly pid?: Figure
  readonly generation?: Figure
  readonly uptime?: Figure
  readonly restarts?: Figure
  readonly requests?: Figure
  readonly activeRequests?: Figure
  readonly rss?: Figure
  readonly cpuUtilization?: Figure
  readonly requestDurationP95?: Figure
}

export interface Instances {
  readonly server?: { readonly name: string; readonly version: string; readonly uptime: number }
  readonly instances: readonly Instance[]
  readonly applications: readonly {
    readonly name: string
    readonly instance: string
    readonly refusals: readonly { readonly reason: string; readonly count: number }[]
  }[]
}

export interface Holder {
  readonly connection: number
  readonly heldMs: number
  readonly route: string
  readonly traceId: string
  readonly statement: string
  readonly running?: boolean
  readonly leaked: boolean
  readonly location: string
  readonly stack: readonly string[]
  readonly session?: HolderSession
}

/** What the database says of the session behind a connection. */
export interface HolderSession {
  readonly id: number
  readonly state: string
  readonly stateMs: number
  readonly waitsFor: string
  readonly blockers: readonly {
    readonly id: number
    readonly connection?: number
    readonly who: string
    readonly state: string
    readonly stateMs: number
    readonly statement: string
  }[]
}

export interface Pool {
  readonly objectName: string
  readonly instance: string
  /** Its `service.instance.id`, by which its history is found. */
  readonly instanceId: string
  readonly name: string
  readonly state: string
  readonly driver: string
  readonly target: string
  readonly maxConnections?: Figure
  readonly activeConnections?: Figure
  readonly idleConnections?: Figure
  readonly waitingBorrowers?: Figure
  readonly peakActive?: Figure
  readonly borrows?: Figure
  readonly timeouts?: Figure
  readonly leaks?: Figure
  readonly leakedNow?: Figure
  readonly waitP95?: Figure
  readonly useP95?: Figure
  readonly lastError: string
  readonly borrowers: readonly Holder[]
}

export interface Incident {
  readonly id: string
  /** Raises that have not cleared, its own among them; each has an event with its id. */
  readonly open: readonly string[]
  readonly rule: string
  readonly severity: string
  readonly resource: string
  readonly state: 'pending' | 'firing' | 'resolved'
  readonly summary: string
  readonly since: number
  readonly resolvedAt?: number
  readonly acknowledged?: { readonly by: string; readonly at: number; readonly note: string }
  /** A silence keeps its page from people. */
  readonly isWithheld?: true
  readonly holders: readonly Holder[]
  readonly changes: readonly { readonly time: string; readonly name: string; readonly message: string }[]
}

export interface Silence {
  readonly id: string
  readonly status: { readonly state: 'pending' | 'active' | 'expired' }
  readonly matchers: readonly { readonly name: string; readonly value: string; readonly isRegex: boolean; readonly isEqual: boolean }[]
  /** ISO-8601. */
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

export interface Receiver {
  readonly name: string
  readonly type: string
  readonly waiting?: number
  readonly lastSuccess?: number
  readonly failingSince?: number
  readonly reason?: string
}

export interface Alerts {
  /** Whether the server was started with `--demo`. */
  readonly demo: boolean
  readonly owner: string
  readonly receivers: readonly Receiver[]
  readonly available: boolean
  readonly incidents: readonly Incident[]
}

export interface SuiteEvent {
  readonly time: number
  readonly name: string
  readonly incidentId: string
  readonly phase: string
  readonly severity: string
  readonly resource: string
  readonly message: string
  readonly holders: readonly Holder[]
}

export interface Status {
  readonly server: string
  readonly firing: number
  /** Firing alerts that nobody has acknowledged. */
  readonly unacknowledged: number
  readonly store: { readonly ok: boolean; readonly reason?: string }
  readonly management: { readonly ok: boolean; readonly reason?: string }
}
