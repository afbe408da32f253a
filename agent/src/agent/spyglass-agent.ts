/** Assembles the agent: which part owns what, and what is sent when. */
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { messageOf } from '../contract/errors.ts'
import { registryMetrics } from '../aggregate/registry-metrics.ts'
import { Aggregates } from '../aggregate/aggregates.ts'
import { eventLoop } from '../contract/kinds/event-loop.ts'
import { otelNameOf } from '../contract/metric-names.ts'
import type { Refusal } from '../contract/request-marks.ts'
import { attr, metric } from '../contract/telemetry.ts'
import { attempt, guarded, guardedInterval, hookFaults, onHookFault, reportFault } from '../guard/guard.ts'
import { type OtlpExporter, type OtlpExporterOptions, createOtlpExporter } from '../otlp/exporter.ts'
import type { AttributesInput, MetricRecord, NumberPoint } from '../otlp/records.ts'
import { processJob, sendJob } from './jobs.ts'
import { CapturedStack, setSourceRoot } from '../call-site/call-site.ts'
import type { Child } from '../recorder/child.ts'
import { followClock, now } from '../recorder/clock.ts'
import { currentRecord } from '../recorder/context.ts'
import { setBaggageKeys } from '../recorder/baggage-attributes.ts'
import { type RootAttributes, droppedRootAttributes } from '../recorder/root-attributes.ts'
import { errorTypeOf } from '../recorder/error-text.ts'
import { loopBlocksWithin, setLoopBlocks, workOf } from '../recorder/loop-block-events.ts'
import { setIgnoredPaths } from '../recorder/ignored-paths.ts'
import { setPropagators } from '../recorder/propagation.ts'
import { Recorder } from '../recorder/recorder.ts'
import { cancelRequest, runningRequests } from '../recorder/running-requests.ts'
import { RunningSpans } from '../recorder/running-spans.ts'
import { spanNameOf } from '../recorder/trace-export.ts'
import { setCapturedHeaders } from '../recorder/kinds/http-headers.ts'
import { groupPaths, setDefaultContextPath } from '../recorder/kinds/http-parts.ts'
import type { PoolWait } from '../recorder/kinds/pool-wait.ts'
import { type Registry, createRegistry } from '../registry/registry.ts'
import type { EventLoopDelays } from '../runtime-metrics/event-loop.ts'
import { garbageCollections } from '../runtime-metrics/garbage-collections.ts'
import { LoopTimeline } from '../runtime-metrics/loop-timeline.ts'
import { ProfileOnDemand } from '../profile/profile-on-demand.ts'
import type { RequestProfiles } from '../profile/request-profiles.ts'
import { startProfiles } from '../profile/start-profiles.ts'
import { processMetrics } from '../runtime-metrics/process-metrics.ts'
import { registerRuntime } from '../runtime-metrics/register-runtime.ts'
import { watchBlockedLoop } from '../blocked-loop/watch-blocked-loop.ts'
import { withoutUserInfo } from '../redact/url.ts'
import { type AgentSettings, trustOf } from '../settings/settings.ts'
import { deliverSpools, isRead } from '../spool/deliver-spools.ts'
import { Spool } from '../spool/spool.ts'
import { userSpoolFolders } from '../spool/spool-folder.ts'
import { applicationKey } from '../spool/spool-name.ts'
import type {
  Agent,
  CallSite,
  JobInput,
  PoolWaitInput,
  PoolWaitRecord,
  ProfileOptions,
  RecordedRequest,
  RecordingPolicy,
  RequestCounters,
  RequestInfo,
  RequestObserver,
  RunningRequest,
  SentJobRecord,
  StatementInput,
  StatementRecord,
  TakenProfile,
} from '../current-agent.ts'
import { Verdicts } from '../recorder/verdict/verdicts.ts'
import { setKeepSecret } from '../recorder/wishes/forced.ts'
import { LateWishes } from '../recorder/wishes/late-wishes.ts'
import { ClusterCounters, isClusterWorker, primaryTeller, type RequestSums } from './cluster-counters.ts'
import { ControlledStatements } from './control-statements.ts'
import { describeResource } from './resource.ts'

const SWEEP_MS = 1000
/** Where the default of the setting leads as well. */
const DEFAULT_ENDPOINT = 'http://127.0.0.1:4318'
const MAX_METRICS = new Map((['delayMax', 'utilization'] as const).map((name) => [otelNameOf(eventLoop, name), name]))
/** How often a worker of a cluster tells its primary what it has counted. */
const TELL_MS = 500
/** What earlier processes left has waited; this one starts first. */
const ADOPT_AFTER_MS = 300
/** Used for a statement or wait whose record failed. */
const UNRECORDED: StatementRecord & PoolWaitRecord = { end() {} }

export class SpyglassAgent implements Agent {
  readonly registry: Registry
  readonly recorder: Recorder
  /** Undefined when it is switched off. */
  readonly spool: Spool | undefined
  readonly exporter: OtlpExporter
  /** What was wrong with the settings beyond what their reader saw; the default is used. */
  readonly mistakes: string[] = []
  /** Where the attributes of what runs now go. The stock SDK has roots of its own. */
  currentAttributes: () => RootAttributes | undefined = () => currentRecord()?.rootAttributes()
  readonly #aggregates: Aggregates
  readonly #cluster = new ClusterCounters()
  readonly #startMs = Date.now()
  readonly #settings: AgentSettings
  /** What the recorder looks at for each request. */
  readonly #policy: AgentSettings
  readonly #spoolFolders: readonly string[]
  readonly #spoolKey: string
  readonly #delays: EventLoopDelays | undefined
  #exporterOptions: OtlpExporterOptions
  readonly #timeline = new LoopTimeline()
  readonly #verdicts = new Verdicts({
    update: () => {
      garbageCollections().takePending()
      this.#timeline.look()
    },
    since: (startMs) => ({
      stretches: this.#timeline.since(startMs),
      collections: garbageCollections().pausesSince(startMs),
      work: this.#profiles?.workSince(startMs) ?? loopBlocksWithin(startMs, now()).flatMap(workOf),
    }),
    profiler: () => this.#profiles,
  })
  readonly #statements: ControlledStatements
  #profiles: RequestProfiles | undefined
  #onDemand: ProfileOnDemand | undefined
  #tellPrimary = (): void => {}

  constructor(settings: AgentSettings) {
    this.#settings = settings
    this.#policy = { ...settings }
    const resource = describeResource(settings)
    // Nobody pushes resources to an application's process, so the declarations of all kinds need not be loaded here.
    this.registry = createRegistry({ kindNamed: () => undefined })
    this.#exporterOptions = exporterOptionsOf(settings, resource)
    this.exporter = this.#newExporter()
    onHookFault((hook, error) => this.#tellFault(hook, error))
    this.#aggregates = new Aggregates(this.#startMs)
    const countsByApplication = resource[attr.application] === undefined
    const { exporter } = this
    const [aggregates, verdicts] = [this.#aggregates, this.#verdicts]
    const late = this.#lateWishes()
    this.recorder = new Recorder({ aggregates, exporter, verdicts, late, policy: this.#policy, countsByApplication })
    this.#spoolFolders = settings.spoolFolder === '' ? userSpoolFolders() : [settings.spoolFolder]
    this.#spoolKey = applicationKey(String(resource[attr.serviceName]), process.argv[1] ?? '', this.#endpoint)
    this.spool = settings.spool ? attempt('spool', () => this.#openSpool(), undefined) : undefined
    setDefaultContextPath(settings.contextPath)
    setBaggageKeys(settings.baggageAttributes)
    groupPaths(settings.groupPaths)
    setWhatIsSeen(settings)
    setPropagators(settings.propagators.split(','))
    setSourceRoot(settings.sourceRoot)
    setKeepSecret(settings.keepSecret)
    const name = String(resource[attr.processName] ?? resource[attr.serviceInstanceId])
    this.#delays = registerRuntime(this.registry, name)
    attempt('gc', () => garbageCollections().onCollected(() => this.spool?.heapCollected()), undefined)
    if (settings.blockedLoop && isMainThread) attempt('blocked-loop', () => this.#watchBlockedLoop(), undefined)
    this.#timeline.start()
    if (settings.profile && isMainThread) this.#startProfiles()
    this.#statements = new ControlledStatements(this.recorder, this.#policy)
    void this.#statements.update()
    guardedInterval('sweep', () => this.recorder.exportLongRunning(), SWEEP_MS)
    guardedInterval('collect', () => this.collect(), settings.metricsIntervalMs)
    // A primary that is not ours would not know what to do with it.
    const isOurs = resource[attr.processName] !== undefined
    if (isOurs && attempt('cluster', isClusterWorker, false)) {
      this.#tellPrimary = primaryTeller(() => this.#requestSums())
      guardedInterval('cluster', this.#tellPrimary, TELL_MS)
    }
  }

  startStatement(input: StatementInput, calledFrom: (...args: never[]) => unknown): StatementRecord {
    return attempt('statement', () => this.recorder.startStatement(input, calledFrom), UNRECORDED)
  }

  startPoolWait(input: PoolWaitInput): PoolWaitRecord {
    const wait = attempt('pool.wait', () => this.recorder.startPoolWait(input), undefined)
    return wait ? { end: (heldBy, error) => endWait(wait, heldBy, error) } : UNRECORDED
  }

  captureCallSite(calledFrom: (...args: never[]) => unknown): CallSite {
    return new CapturedStack(calledFrom)
  }

  sendJob(input: JobInput): SentJobRecord | undefined {
    return attempt('job.send', () => sendJob(this.recorder, input), undefined)
  }

  processJob<R>(input: JobInput & { readonly headers?: Readonly<Record<string, string>> | undefined }, fn: () => R): R {
    return processJob(this.recorder, input, fn)
  }

  currentRequest(): RequestInfo | undefined {
    const record = attempt('request', currentRecord, undefined)
    return record && { name: spanNameOf(record), route: record.route || record.method, traceId: record.traceId, spanId: record.spanId }
  }

  observeRequest(observer: RequestObserver, response?: object): RecordedRequest | undefined {
    const { newest } = this.recorder.running
    const record = response !== undefined && newest?.detail === response ? newest : currentRecord()
    if (record) record.observer = observer
    return record
  }

  runningRequests(): readonly RunningRequest[] {
    return runningRequests(this.recorder.running)
  }

  cancelRequest(id: string): boolean {
    return cancelRequest(this.recorder.running, id, this.recorder.control)
  }

  signal(): AbortSignal | undefined {
    return attempt('signal', () => currentRecord()?.signal, undefined)
  }

  configure(policy: RecordingPolicy): void {
    Object.assign(this.#policy, policy)
    setWhatIsSeen(this.#policy)
    void this.#statements.update()
  }

  countRefused({ method, refusal }: { readonly method: string; readonly refusal: Refusal }, seconds: number): void {
    attempt('refused', () => this.recorder.countRefused(method, refusal, seconds), undefined)
  }

  attribute(name: string, value: string | number | bigint | boolean): void {
    attempt('attribute', () => this.currentAttributes()?.set(name, value), undefined)
  }

  markLeak(): void {
    const record = currentRecord()
    if (record) record.leaked = true
  }

  profile(options: ProfileOptions): Promise<TakenProfile> {
    const { exporter } = this
    const { sourceRoot } = this.#settings
    this.#onDemand ??= new ProfileOnDemand({ exporter, sourceRoot, running: () => this.#profiles })
    return this.#onDemand.take(options)
  }

  requestCounters(): RequestCounters {
    return { ...this.#cluster.withWorkers(this.#requestSums()), p95: this.#aggregates.p95(now()) }
  }

  #requestSums(): RequestSums {
    const { requests, errors, requestSeconds } = this.#aggregates
    return { requests, errors, requestSeconds, active: this.recorder.active }
  }

  async flush(timeoutMs: number): Promise<void> {
    try {
      this.#tellPrimary()
      this.settle()
      this.collect()
      await this.exporter.flush(timeoutMs)
    } catch (error) {
      reportFault('flush', error)
    }
  }

  /** Hands the exporter the kept records whose verdict is not known yet. */
  settle(): void {
    this.#verdicts.settle()
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
    return withoutUserInfo(this.#settings.endpoint)
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
      ...attempt('gc', () => garbageCollections().collect(nowMs), []),
      ...this.#withHighest(registryMetrics(this.registry, this.#startMs, nowMs)),
      ...(isMainThread ? processMetrics(this.#startMs, nowMs) : []),
      this.#dropped(nowMs),
    ])
  }

  /** The resource covers a window of seconds; between two exports there are several, and a stall may be in any of them. */
  #withHighest(metrics: readonly MetricRecord[]): readonly MetricRecord[] {
    const highest = this.#delays?.takeHighest()
    return metrics.map((one) => {
      const name = one.type === 'gauge' ? MAX_METRICS.get(one.name) : undefined
      if (!highest || !name || one.type !== 'gauge') return one
      return { ...one, points: one.points.map((point) => ({ ...point, value: highest[name] })) }
    })
  }

  /** A wrong endpoint must not keep the application from starting: it is reported, and the default is used. */
  #newExporter(): OtlpExporter {
    try {
      return createOtlpExporter(this.#exporterOptions)
    } catch (error) {
      this.mistakes.push(messageOf(error))
      this.#exporterOptions = { ...this.#exporterOptions, endpoint: DEFAULT_ENDPOINT }
      return createOtlpExporter(this.#exporterOptions)
    }
  }

  /** Without `tracestate` services do not agree on anything. */
  #lateWishes(): LateWishes | undefined {
    const { heldBytes: maxBytes, metricsIntervalMs: exportIntervalMs, propagators } = this.#settings
    if (maxBytes === 0 || !propagators.split(',').includes('tracecontext')) return undefined
    const late = new LateWishes({
      maxBytes,
      exportIntervalMs,
      send: (records) => this.exporter.exportEncodedSpans(records),
      admit: (nowMs) => this.recorder.decision.admit(nowMs, 'trace'),
      now,
    })
    this.exporter.postHeaders = late
    return late
  }

  /** Without its library, or in a Node that is too old, the application runs unprofiled and says so. */
  #startProfiles(): void {
    try {
      const profiles = (this.#profiles = startProfiles(this.exporter, this.#settings.sourceRoot))
      this.recorder.onKept = guarded('profile.kept', (record) => profiles.kept(record))
    } catch (error) {
      this.mistakes.push(messageOf(error))
    }
  }

  #watchBlockedLoop(): void {
    const { blockedLoopMs: limitMs, sourceRoot } = this.#settings
    const blocks = watchBlockedLoop({ limitMs, sourceRoot, exporter: this.#exporterOptions })
    setLoopBlocks((startMs, endMs) => blocks.within(startMs, endMs, now()))
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
        point('attribute', droppedRootAttributes()),
      ],
    }
  }
}

/** What may change while the process runs. */
function setWhatIsSeen(settings: AgentSettings): void {
  setIgnoredPaths(settings.ignoredPaths)
  setCapturedHeaders({
    serverRequest: settings.capturedServerRequestHeaders,
    serverResponse: settings.capturedServerResponseHeaders,
    clientRequest: settings.capturedClientRequestHeaders,
    clientResponse: settings.capturedClientResponseHeaders,
  })
}

/** May be sent to another thread. */
function exporterOptionsOf(settings: AgentSettings, resource: AttributesInput): OtlpExporterOptions {
  return {
    endpoint: settings.endpoint,
    headers: settings.headers,
    trust: trustOf(settings),
    resource,
    scope: { name: 'spyglass.agent' },
    ...compressionOf(settings),
  }
}

function endWait(wait: Child<PoolWait>, heldBy: string | undefined, error: unknown): void {
  wait.detail.heldBy = heldBy
  wait.end(error)
}

function compressionOf({ compression }: AgentSettings): { gzip?: boolean } {
  return compression === '' ? {} : { gzip: compression === 'gzip' }
}
