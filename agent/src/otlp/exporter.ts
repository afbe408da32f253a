/**
 * Sends spans, metrics and logs by OTLP/HTTP with protobuf. Records are encoded when they are taken in, so that what waits is bounded in
 * bytes; what does not fit or is refused is dropped and counted. Nothing here throws into the caller once the exporter is made.
 */
import { guardedInterval, reportFault } from '../guard/guard.ts'
import { withoutUserInfo } from '../redact/url.ts'
import { type EncodedRecord, encodeRequest } from './encode-common.ts'
import { writeLog } from './encode-logs.ts'
import { writeMetric } from './encode-metrics.ts'
import { writeSpan } from './encode-spans.ts'
import { fail } from './errors.ts'
import type { TrustFiles } from '../tls-trust/index.ts'
import { NO_ANSWER, type PostResult, type RequestHeaders, createPoster } from './http-post.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import type { AttributesInput, LogRecord, MetricRecord, Scope, SpanRecord } from './records.ts'
import { SignalQueue } from './signal-queue.ts'

export interface OtlpExporterOptions {
  /** Base URL: `/v1/traces`, `/v1/metrics` and `/v1/logs` are appended. */
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>>
  /** Over https: whom to trust. Default: the usual authorities. */
  readonly trust?: TrustFiles
  /** Attributes of the resource that everything comes from. */
  readonly resource: AttributesInput
  /** Default: `spyglass`. */
  readonly scope?: Scope
  /** Maximum bytes that wait, for each signal. Default 4 MiB. */
  readonly queueBytes?: number
  /** How long records are gathered before they are sent. Default 1000. */
  readonly intervalMs?: number
  /** Default: on unless the endpoint is this machine. */
  readonly gzip?: boolean
  /** Longest wait for an answer. Default 10000. */
  readonly timeoutMs?: number
}

export type Signal = 'traces' | 'metrics' | 'logs'

export interface OtlpStats {
  /** Records dropped because the queue was full. */
  readonly droppedQueueFull: number
  /** Records the receiver refused permanently. */
  readonly droppedRefused: number
  /** Records of an encoder's failure. */
  readonly droppedUnencodable: number
  /** Records that were answered with success. */
  readonly sent: number
  /** Bytes that wait. */
  readonly waitingBytes: number
}

/** A whole export request. */
export interface OtlpRequest {
  readonly signal: Signal
  readonly body: Buffer
}

/**
 * Called before the exporter acts on its records. Records of a signal are numbered from 1 as they are taken in.
 */
export interface ExportJournal {
  /** A record was taken in. */
  taken(): void
  /** The records `from` to `to` are about to be sent as one body. */
  sending(signal: Signal, from: number, to: number): void
  /** No record up to `to` has to be sent any more. */
  done(signal: Signal, to: number): void
}

/** Says more to the receiver than the records, and hears more than the status. */
export interface PostHeaders {
  /** Headers of the request that is about to be sent. */
  headers(): RequestHeaders | undefined
  /** It was answered with success: what {@link headers} gave for it, and the headers of the answer. */
  answered(sent: RequestHeaders | undefined, headers: ReadonlyMap<string, string>): void
}

/** Records in the exporter's hands: those that wait, and the body that is being sent. */
export interface HeldRecords {
  /** Number of the first of `records`. */
  readonly first: number
  readonly records: readonly EncodedRecord[]
  /** Undefined when no body of this signal is in progress. */
  readonly sending: { readonly to: number; readonly body: Buffer } | undefined
}

export interface OtlpExporter {
  exportSpans(records: readonly SpanRecord[]): void
  /** Spans that are encoded already. */
  exportEncodedSpans(records: readonly EncodedRecord[]): void
  exportMetrics(records: readonly MetricRecord[]): void
  exportLogs(records: readonly LogRecord[]): void
  /** Tries to send all that waits, for at most `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>
  /** Flushes for at most `timeoutMs` (default 400) and ends. */
  stop(timeoutMs?: number): Promise<void>
  /** Sends requests that another process left; true once each of them was answered for good. */
  sendFor(requests: readonly OtlpRequest[]): Promise<boolean>
  /** Those with a number above `after`. */
  held(signal: Signal, after: number): HeldRecords
  journal: ExportJournal | undefined
  postHeaders: PostHeaders | undefined
  /** What every request is made with. */
  readonly origin: { readonly resource: AttributesInput; readonly scope: Scope }
  readonly stats: OtlpStats
  /** Whether the last attempt to send failed. */
  readonly isFailing: boolean
}

interface Batch {
  readonly signal: Signal
  readonly records: number
  /** Sent again unchanged: a receiver knows a repeated body by its bytes. */
  readonly body: Buffer
  /** Number of its last record. Undefined: the body is another process's. */
  readonly to?: number
  readonly answered?: () => void
}

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']
const BATCH_BYTES = 1 << 20
const SEND_AT_BYTES = 1 << 19
const RETRY_STATUS = new Set([0, 429, 502, 503, 504])
const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 30_000
const MAX_RETRY_AFTER_MS = 60_000

/** Creates an exporter that sends on its own every `intervalMs`; its timer does not hold the process open. */
export function createOtlpExporter(options: OtlpExporterOptions): OtlpExporter {
  return new Exporter(options)
}

class Exporter implements OtlpExporter {
  readonly #urls: Readonly<Record<Signal, URL>>
  readonly origin: { readonly resource: AttributesInput; readonly scope: Scope }
  readonly #queues: Readonly<Record<Signal, SignalQueue>>
  readonly #writer = new ProtobufWriter()
  readonly #poster
  readonly #timer
  journal: ExportJournal | undefined
  postHeaders: PostHeaders | undefined
  #batch: Batch | undefined
  #others: Batch[] = []
  #sending: Promise<void> | undefined
  #failures = 0
  #notBefore = 0
  #refused = 0
  #unencodable = 0
  #sent = 0
  #stopped = false

  constructor(options: OtlpExporterOptions) {
    const base = otlpBaseUrl(options.endpoint)
    const url = (signal: Signal): URL => new URL(`v1/${signal}`, base)
    const queue = (): SignalQueue => new SignalQueue(options.queueBytes ?? 4 << 20)
    this.#urls = { traces: url('traces'), metrics: url('metrics'), logs: url('logs') }
    this.#queues = { traces: queue(), metrics: queue(), logs: queue() }
    this.origin = { resource: options.resource, scope: options.scope ?? { name: 'spyglass' } }
    this.#poster = createPoster({
      headers: options.headers ?? {},
      trust: options.trust ?? {},
      gzip: options.gzip ?? !isLoopback(base),
      timeoutMs: options.timeoutMs ?? 10_000,
    })
    this.#timer = guardedInterval('exporter', () => this.#kick(), options.intervalMs ?? 1000)
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  get stats(): OtlpStats {
    const queues = Object.values(this.#queues)
    return {
      droppedQueueFull: queues.reduce((sum, queue) => sum + queue.dropped, 0),
      droppedRefused: this.#refused,
      droppedUnencodable: this.#unencodable,
      sent: this.#sent,
      waitingBytes: queues.reduce((sum, queue) => sum + queue.bytes, this.#batch?.body.length ?? 0),
    }
  }

  exportSpans(records: readonly SpanRecord[]): void {
    for (const record of records) this.#take('traces', record.scope, () => writeSpan(this.#writer, record))
  }

  exportEncodedSpans(records: readonly EncodedRecord[]): void {
    if (!this.#stopped) for (const record of records) this.#push('traces', record)
  }

  exportMetrics(records: readonly MetricRecord[]): void {
    for (const record of records) this.#take('metrics', undefined, () => writeMetric(this.#writer, record))
  }

  exportLogs(records: readonly LogRecord[]): void {
    for (const record of records) this.#take('logs', undefined, () => writeLog(this.#writer, record))
  }

  async flush(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)))
    this.#notBefore = 0
    const drained = this.#drainOnce()
    await Promise.race([drained, deadline])
    clearTimeout(timer)
  }

  async stop(timeoutMs = 400): Promise<void> {
    if (this.#stopped) return
    await this.flush(timeoutMs)
    this.#stopped = true
    clearInterval(this.#timer)
    this.#poster.close()
  }

  async sendFor(requests: readonly OtlpRequest[]): Promise<boolean> {
    if (this.#stopped) return false
    const answers = requests.map(({ signal, body }) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#others.push({ signal, body, records: 0, answered: resolve })
      return promise
    })
    this.#kick()
    await Promise.all(answers)
    return true
  }

  held(signal: Signal, after: number): HeldRecords {
    const queue = this.#queues[signal]
    const batch = this.#batch
    return {
      first: Math.max(queue.first, after + 1),
      records: queue.after(after),
      sending: batch?.signal === signal && batch.to !== undefined ? { to: batch.to, body: batch.body } : undefined,
    }
  }

  #take(signal: Signal, scope: Scope | undefined, write: () => void): void {
    if (this.#stopped) return
    let bytes: Buffer
    try {
      write()
      bytes = this.#writer.take()
    } catch {
      this.#writer.take() // what was half written must not stand before the next record
      this.#unencodable++
      return
    }
    this.#push(signal, { bytes, scope })
  }

  #push(signal: Signal, record: EncodedRecord): void {
    this.#queues[signal].push(record)
    this.journal?.taken()
    if (this.#queues[signal].bytes > SEND_AT_BYTES) this.#kick()
  }

  #kick(): void {
    if (this.#sending || this.#stopped || Date.now() < this.#notBefore) return
    this.#sending = this.#drainQuietly()
  }

  async #drainQuietly(): Promise<void> {
    try {
      await this.#drain()
    } catch (error) {
      reportFault('exporter', error)
    } finally {
      this.#sending = undefined
    }
  }

  /** Sends until nothing waits or a try fails. */
  async #drainOnce(): Promise<void> {
    await this.#sending
    this.#notBefore = 0
    this.#kick()
    await this.#sending
  }

  async #drain(): Promise<void> {
    for (;;) {
      this.#batch ??= this.#nextBatch() ?? this.#others.shift()
      const batch = this.#batch
      if (!batch) return
      const more = this.postHeaders?.headers()
      const result = await this.#poster.post(this.#urls[batch.signal], batch.body, more).catch(() => NO_ANSWER)
      if (RETRY_STATUS.has(result.status)) return this.#backOff(result)
      this.#batch = undefined
      this.#failures = 0
      if (batch.to !== undefined) this.journal?.done(batch.signal, batch.to)
      batch.answered?.()
      if (result.status >= 200 && result.status < 300) this.#taken(batch, more, result)
      else this.#refused += batch.records
    }
  }

  #taken({ records }: Batch, sent: RequestHeaders | undefined, { headers }: PostResult): void {
    this.#sent += records
    if (headers) this.postHeaders?.answered(sent, headers)
  }

  #backOff(result: PostResult): void {
    const own = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++) * (0.5 + Math.random() / 2)
    this.#notBefore = Date.now() + Math.min(MAX_RETRY_AFTER_MS, result.retryAfterMs ?? own)
  }

  #nextBatch(): Batch | undefined {
    const signal = SIGNALS.find((name) => this.#queues[name].bytes > 0)
    if (!signal) return undefined
    const queue = this.#queues[signal]
    const from = queue.first
    const to = from + queue.countWithin(BATCH_BYTES) - 1
    this.journal?.sending(signal, from, to)
    const records = queue.take(BATCH_BYTES)
    return { signal, records: records.length, body: encodeRequest(this.#writer, records, this.origin), to }
  }
}

/** What `v1/traces` is appended to. @throws SPY_OTLP_ENDPOINT */
export function otlpBaseUrl(endpoint: string): URL {
  const url = URL.parse(endpoint.endsWith('/') ? endpoint : `${endpoint}/`)
  if (!url || !/^https?:$/.test(url.protocol)) throw fail('SPY_OTLP_ENDPOINT', [withoutUserInfo(endpoint)])
  return url
}

function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || url.hostname.startsWith('127.')
}
