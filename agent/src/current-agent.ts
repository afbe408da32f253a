/**
 * What the rest of a process may ask of the agent that runs in it. The server's datasource facade and its instances use this door;
 * an application never needs it. Without an agent `currentAgent()` is undefined and everything works unrecorded.
 */
import { type CallSite, CapturedStack } from './call-site/call-site.ts'
import type { Refusal } from './contract/request-marks.ts'
import type { Registry } from './registry/index.ts'

export type { CallSite } from './call-site/call-site.ts'

/**
 * A server of others sets it on a request to the path under which the application is mounted; routes begin with it. Ours says it as an observer:
 * a property of Node's own request makes V8 compile the code of the server for more shapes.
 */
export const CONTEXT_PATH = Symbol.for('spyglass.contextPath')
/** The same for the application's name, which the request's span carries. */
export const APPLICATION = Symbol.for('spyglass.application')

export interface StatementInput {
  /** `db.system.name`: `sqlite`, `postgresql`. */
  readonly system: string
  /** Name of the pool it ran in. */
  readonly pool: string
  readonly text: string
  /** How long the borrower waited for the connection. */
  readonly waitMs?: number
  /** `file:line` of the application that had that connection until now. */
  readonly heldBy?: string | undefined
  /** Taken before the wait, where the application called; then none is captured when the statement starts. */
  readonly callSite?: CallSite
}

/** One running statement. */
export interface StatementRecord {
  /** Ends it; an error marks it as failed. Later calls do nothing. */
  end(error?: unknown): void
}

export interface PoolWaitInput {
  /** `db.system.name`: `sqlite`, `postgresql`. */
  readonly system: string
  readonly pool: string
  /** Where the application asked for a connection. */
  readonly callSite: CallSite
}

/** One wait for a connection. */
export interface PoolWaitRecord {
  /** Ends it; an error says that there was none. `heldBy` is the `file:line` of the application that had it. */
  end(heldBy?: string, error?: unknown): void
}

/** A queue of jobs whose library the agent does not know: the server's own. */
export interface JobSource {
  /** `messaging.system`. */
  readonly system: string
  readonly queue: string
}

export interface JobInput extends JobSource {
  readonly id: string
}

/** One job that is being added. */
export interface SentJobRecord {
  /** Trace context, for who runs it. */
  readonly headers: Readonly<Record<string, string>>
  /** Ends it; an error marks it as failed. */
  end(error?: unknown): void
}

export interface RequestInfo {
  /** Of its span: method and route, or the name of a job. */
  readonly name: string
  /** Route template with its context path, or the method alone while no route is known. */
  readonly route: string
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Of the request's own span; 16 hexadecimal digits. */
  readonly spanId: string
}

/** A recorded request as the server that hosts it sees it: for each request the one object, so asking costs nothing. */
export interface RecordedRequest {
  readonly traceId: string
  readonly spanId: string
  /** Route template without the context path; empty while no route is known. */
  readonly routeTemplate: string
  /** The same with the context path. */
  readonly route: string
  /** When it came, in milliseconds since the epoch. */
  readonly startTime: number
  /** From its start to its end, or to now as long as it runs. */
  readonly durationMs: number
}

/** The server that hosts applications: what it knows of a request, and how it learns of its end. */
export interface RequestObserver {
  /** Path under which the application is mounted that serves the request; its route begins with it. Undefined: not given to an application. */
  readonly mountedAt?: string | undefined
  /** Name of that application, which the request's span carries. */
  readonly application?: string | undefined
  /** The response is closed; what becomes of the trace is decided after this. */
  requestEnded(request: RecordedRequest): void
}

export interface RequestCounters {
  readonly requests: number
  readonly errors: number
  /** Time of all requests together, in seconds. */
  readonly requestSeconds: number
  readonly active: number
  /** 95th percentile of the last minute, in seconds; undefined when there was no request. */
  readonly p95: number | undefined
}

/** A request, job or message that runs now. */
export interface RunningRequest {
  /** 16 hexadecimal digits: that of its span. */
  readonly id: string
  readonly traceId: string
  /** `GET /orders/:id`. */
  readonly name: string
  readonly ageMs: number
  /** Application that serves it, where the process may host several; otherwise empty. */
  readonly application: string
  /** What it waits for now, where something that is recorded is in progress; otherwise empty. */
  readonly waitsFor: string
  readonly waitMs: number
  readonly cancellable: boolean
}

/** What may change while the agent runs; units as in the settings. What is not given stays. */
export interface RecordingPolicy {
  readonly slowRequestMs?: number
  readonly slowStatementMs?: number
  readonly keptPerSecond?: number
  readonly baselinePerMinute?: number
  readonly ignoredPaths?: readonly string[]
  readonly capturedServerRequestHeaders?: readonly string[]
  readonly capturedServerResponseHeaders?: readonly string[]
  readonly capturedClientRequestHeaders?: readonly string[]
  readonly capturedClientResponseHeaders?: readonly string[]
  readonly explain?: boolean
  readonly cancelStatements?: boolean
}

export interface ProfileOptions {
  /** 1 to 60. Default: 10. */
  readonly seconds?: number
  /** `cpu`: time in which the thread ran; `wall`: idle time as well. Default: `cpu`. */
  readonly kind?: 'cpu' | 'wall'
}

export interface TakenProfile {
  /** Of the record that it was sent as. */
  readonly traceId: string
  readonly durationMs: number
  /** Without idle time. */
  readonly cpuMs: number
  readonly kind: 'cpu' | 'wall'
  /** What took it. */
  readonly by: 'node:inspector' | '@datadog/pprof'
}

export interface Agent {
  /** Resources of this process. */
  readonly registry: Registry
  /**
   * Begins a statement in the request that runs now. `calledFrom` is the facade's function that the application called: frames down to
   * it are omitted from the call site.
   */
  startStatement(input: StatementInput, calledFrom: (...args: never[]) => unknown): StatementRecord
  /** Begins a wait for a connection in the request that runs now. */
  startPoolWait(input: PoolWaitInput): PoolWaitRecord
  captureCallSite(calledFrom: (...args: never[]) => unknown): CallSite
  /** Begins to add a job in the request that runs now; undefined where none runs. */
  sendJob(input: JobInput): SentJobRecord | undefined
  /** Runs a job in a root of its own, named by its queue. `headers`: of who added it. The caller gets what `fn` returns or throws. */
  processJob<R>(input: JobInput & { readonly headers?: Readonly<Record<string, string>> | undefined }, fn: () => R): R
  currentRequest(): RequestInfo | undefined
  /**
   * Calls the observer when the current request ends, which saves it its own listener and clock. One observer for
   * each request. With the `response` of that request it need not be looked up in the asynchronous context. Undefined: no request is
   * recorded here, and the observer is never called.
   */
  observeRequest(observer: RequestObserver, response?: object): RecordedRequest | undefined
  /** Counts a request that was refused before there was an object for it, with `method` where it is known. */
  countRefused(request: { readonly method: string; readonly refusal: Refusal }, seconds: number): void
  /** Adds an attribute to the root span of what runs now; see {@link spyglass}. */
  attribute(name: string, value: string | number | bigint | boolean): void
  /** Marks the current request as leaking a connection: its trace is kept. */
  markLeak(): void
  /** Takes a profile of this thread, one at a time, and sends it. @throws SPY_PROFILE_RUNNING, SPY_PROFILE_TOO_MANY */
  profile(options: ProfileOptions): Promise<TakenProfile>
  requestCounters(): RequestCounters
  /** At most 100, the oldest first. */
  runningRequests(): readonly RunningRequest[]
  /** Ends the one with this id where the protocol has a way; false: there is none. */
  cancelRequest(id: string): boolean
  /** Aborted when what runs now is cancelled, or its client gives up. Undefined outside of requests. */
  signal(): AbortSignal | undefined
  /** Changes what is kept, from the next request on. */
  configure(policy: RecordingPolicy): void
  /** Sends what is held; at most `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>
}

/** Two copies of this package in one process must find the same agent. */
const KEY = Symbol.for('spyglass.agent')

/** The agent of this process, if it was started by `--import @spyglass/agent/register`. */
export function currentAgent(): Agent | undefined {
  return (globalThis as { [KEY]?: Agent })[KEY]
}

/** Makes `agent` the one of this process. Called once, by register. */
export function installAgent(agent: Agent): void {
  Object.defineProperty(globalThis, KEY, { value: agent, configurable: true })
}

/** The call site above `calledFrom`, a function that is running: the agent's, so that it can be recorded, or one taken here without an agent. */
export function captureCallSite(calledFrom: (...args: never[]) => unknown): CallSite {
  return currentAgent()?.captureCallSite(calledFrom) ?? new CapturedStack(calledFrom)
}
