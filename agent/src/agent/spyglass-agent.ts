/** Assembles the agent: which part owns what, and what is sent when. */
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { registryMetrics } from '../aggregate/registry-metrics.ts'
import { Aggregates } from '../aggregate/aggregates.ts'
import { attr, metric } from '../contract/telemetry.ts'
import { attempt, guarded, guardedInterval, hookFaults, onHookFault, reportFault } from '../guard/guard.ts'
import { type OtlpExporter, createOtlpExporter } from '../otlp/exporter.ts'
import type { MetricRecord, NumberPoint } from '../otlp/records.ts'
import { CapturedStack, setSourceRoot } from '../call-site/call-site.ts'
import { followClock, now } from '../recorder/clock.ts'
import { currentRecord } from '../recorder/context.ts'
import { errorTypeOf } from '../recorder/error-text.ts'
import { Recorder } from '../recorder/recorder.ts'
import { RunningSpans } from '../recorder/running-spans.ts'
import { setDefaultContextPath } from '../recorder/trace-record.ts'
import { type Registry, createRegistry } from '../registry/registry.ts'
import { registerEventLoop } from '../runtime-metrics/event-loop.ts'
import { registerHeap } from '../runtime-metrics/heap.ts'
import { processMetrics } from '../runtime-metrics/process-metrics.ts'
import type { AgentSettings } from '../settings/settings.ts'
import { deliverSpools, isRead } from '../spool/deliver-spools.ts'
import { Spool } from '../spool/spool.ts'
import { userSpoolFolders } from '../spool/spool-folder.ts'
import { applicationKey } from '../spool/spool-name.ts'
import type {
  Agent,
  CallSite,
  RecordedRequest,
  RecordingPolicy,
  Refusal,
  RequestCounters,
  RequestInfo,
  RequestObserver,
  StatementInput,
  StatementRecord,
} from '../current-agent.ts'
import { describeResource } from './resource.ts'

const SWEEP_MS = 1000
/** What earlier processes left has waited; this one starts first. */
const ADOPT_AFTER_MS = 300
/** Used for a statement whose record failed. */
const UNRECORDED: StatementRecord = { end() {} }

export class SpyglassAgent implements Agent {
  readonly registry: Registry
  readonly recorder: Recorder
  /** Undefined when it is switched off. */
  readonly spool: Spool | undefined
  readonly exporter: OtlpExporter
  /** What was wrong with the settings beyond what their reader saw; the default is used. */
  readonly mistakes: string[] = []
  readonly #aggregates: Aggregates
  readonly #startMs = Date.now()
  readonly #settings: AgentSettings
  /** What the recorder looks at for each request. */
  readonly #policy: AgentSettings
  readonly #spoolFolders: readonly string[]
  readonly #spoolKey: string

  constructor(settings: AgentSettings) {
    this.#settings = settings
    this.#policy = { ...settings }
    const resource = describeResource(settings)
    // Nobody pushes resources to an application's process, so the declarations of all kinds need not be loaded here.
    this.registry = createRegistry({ kindNamed: () => undefined })
    this.exporter = this.#exporterFor(settings, resource)
    onHookFault((hook, error) => this.#tellFault(hook, error))
    this.#aggregates = new Aggregates(this.#startMs)
    const countsByApplication = resource[attr.application] === undefined
    this.recorder = new Recorder({ aggregates: this.#aggregates, exporter: this.exporter, policy: this.#policy, countsByApplication })
    this.#spoolFolders = settings.spoolFolder === '' ? userSpoolFolders() : [settings.spoolFolder]
    this.#spoolKey = applicationKey(String(resource[attr.serviceName]), process.argv[1] ?? '', this.#endpoint)
    this.spool = settings.spool ? attempt('spool', () => this.#openSpool(), undefined) : undefined
    setDefaultContextPath(settings.contextPath)
    setSourceRoot(settings.sourceRoot)
    const name = String(resource[attr.processName] ?? resource[attr.serviceInstanceId])
    attempt(
      'heap',
      () =>
        registerHeap(
          this.registry,
          name,
          guarded('spool.heap', () => this.spool?.heapCollected()),
        ),
      undefined,
    )
    attempt('event-loop', () => registerEventLoop(this.registry, name), undefined)
    guardedInterval('sweep', () => this.recorder.exportLongRunning(), SWEEP_MS)
    guardedInterval('collect', () => this.collect(), settings.metricsIntervalMs)
  }

  startStatement(input: StatementInput, calledFrom: (...args: never[]) => unknown): StatementRecord {
    return attempt('statement', () => this.recorder.startStatement(input, calledFrom), UNRECORDED)
  }

  captureCallSite(calledFrom: (...args: never[]) => unknown): CallSite {
    return new CapturedStack(calledFrom)
  }

  currentRequest(): RequestInfo | undefined {
    const record = attempt('request', currentRecord, undefined)
    return record && { route: record.route || record.method, traceId: record.traceId, spanId: record.spanId }
  }

  observeRequest(observer: RequestObserver): RecordedRequest | undefined {
    const record = currentRecord()
    if (record) record.observer = observer
    return record
  }

  configure(policy: RecordingPolicy): void {
    Object.assign(this.#policy, policy)
  }

  countRefused({ method, refusal }: { readonly method: string; readonly refusal: Refusal }, seconds: number): void {
    attempt('refused', () => this.recorder.countRefused(method, refusal, seconds), undefined)
  }

  markLeak(): void {
    const record = currentRecord()
    if (record) record.leaked = true
  }

  requestCounters(): RequestCounters {
    const { requests, errors, requestSeconds } = this.#aggregates
    return { requests, errors, requestSeconds, active: this.recorder.active, p95: this.#aggregates.p95(now()) }
  }

  async flush(timeoutMs: number): Promise<void> {
    try {
      this.collect()
      await this.exporter.flush(timeoutMs)
    } catch (error) {
      reportFault('flush', error)
    }
  }

  /** Hands the exporter what was counted since the last call. */
  collect(): void {
    if (this.spool) this.spool.collecting(() => this.#collect())
    else this.#collect()
  }

  /** Whether a collector reads what this process leaves in its spool. */
  get isSpoolRead(): boolean {
    return this.spool !== undefined && this.#spoolFolders.some((folder) => isRead(folder, this.#endpoint))
  }

  /** Sends what earlier processes of the same application left, unless a collector does. */
  async sendSpools(): Promise<void> {
    try {
      if (!this.spool || this.isSpoolRead) return
      for (const folder of this.#spoolFolders) await this.#sendSpoolsOf(folder)
    } catch (error) {
      reportFault('spool.send', error)
    }
  }

  async #sendSpoolsOf(folder: string): Promise<void> {
    await deliverSpools({
      folder,
      accepts: ({ key }) => key === this.#spoolKey,
      deliver: ({ requests }) => this.exporter.sendFor(requests),
    })
  }

  /** Without what may be a password in it. */
  get #endpoint(): string {
    const url = URL.parse(this.#settings.endpoint)
    return url ? `${url.origin}${url.pathname}` : this.#settings.endpoint
  }

  #openSpool(): Spool {
    const spool = new Spool({
      folders: this.#spoolFolders,
      key: this.#spoolKey,
      maxBytes: this.#settings.spoolBytes,
      endpoint: this.#endpoint,
      exporter: this.exporter,
      aggregates: this.#aggregates,
      running: new RunningSpans(this.recorder.running),
    })
    this.recorder.onActivity = (nowMs) => spool.note(nowMs)
    setTimeout(
      guarded('spool.send', () => void this.sendSpools()),
      ADOPT_AFTER_MS,
    ).unref()
    return spool
  }

  #collect(): void {
    followClock()
    const nowMs = Date.now()
    this.exporter.exportMetrics([
      ...this.#aggregates.collect(nowMs),
      ...registryMetrics(this.registry, this.#startMs, nowMs),
      ...(isMainThread ? processMetrics(this.#startMs, nowMs) : []),
      this.#dropped(nowMs),
    ])
  }

  /** A wrong endpoint must not keep the application from starting: it is reported, and the default is used. */
  #exporterFor(settings: AgentSettings, resource: ReturnType<typeof describeResource>): OtlpExporter {
    const options = { headers: settings.headers, resource, scope: { name: 'spyglass.agent' }, ...compressionOf(settings) }
    try {
      return createOtlpExporter({ endpoint: settings.endpoint, ...options })
    } catch (error) {
      this.mistakes.push(error instanceof Error ? error.message : String(error))
      return createOtlpExporter({ endpoint: 'http://127.0.0.1:4318', ...options })
    }
  }

  /** Omits the message: it may quote data of the application. */
  #tellFault(hook: string, error: unknown): void {
    const stack =
      error instanceof Error
        ? String(error.stack)
            .split('\n')
            .filter((line) => /^\s+at /.test(line))
            .join('\n')
        : ''
    this.exporter.exportLogs([
      {
        timeMs: Date.now(),
        severityNumber: 13,
        severityText: 'WARN',
        body: `the agent's hook ${hook} failed; the application is not affected`,
        attributes: { [attr.exceptionType]: errorTypeOf(error), [attr.exceptionStack]: stack },
      },
    ])
  }

  #dropped(nowMs: number): MetricRecord {
    const { droppedQueueFull, droppedRefused, droppedUnencodable } = this.exporter.stats
    const point = (reason: string, value: number): NumberPoint => ({ startMs: this.#startMs, timeMs: nowMs, value, attributes: { reason } })
    return {
      type: 'sum',
      name: metric.agentDropped,
      description: 'Records that the agent dropped, by reason.',
      unit: '{record}',
      monotonic: true,
      temporality: 'cumulative',
      points: [
        point('kept_limit', this.recorder.decision.dropped),
        point('queue_full', droppedQueueFull),
        point('refused', droppedRefused),
        point('unencodable', droppedUnencodable),
        point('hook_fault', hookFaults()),
      ],
    }
  }
}

function compressionOf({ compression }: AgentSettings): { gzip?: boolean } {
  return compression === '' ? {} : { gzip: compression === 'gzip' }
}
