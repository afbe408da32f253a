/**
 * What a process left in its spool, as the requests it would have sent: those it had begun to send byte for byte, so that a receiver knows
 * a repeat; then records that waited, aggregates that were not collected, requests that ran, and how it ended. The same file gives the same
 * bytes to every reader.
 */
import { AGGREGATES } from '../aggregate/histograms.ts'
import { HISTOGRAM_SCALE, attr, bucketIndex, metric } from '../contract/telemetry.ts'
import { type EncodedRecord, encodeRequest } from '../otlp/encode-common.ts'
import { writeLog } from '../otlp/encode-logs.ts'
import { writeMetric } from '../otlp/encode-metrics.ts'
import type { OtlpRequest, Signal } from '../otlp/exporter.ts'
import { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import type { AttributesInput, ExponentialPoint, LogRecord, Scope } from '../otlp/records.ts'
import type { RequestInFlight, RunningSpan } from '../recorder/request-in-flight.ts'
import type { ReportPlace } from './fatal-report.ts'
import { FRAME, type Frame, PayloadReader, endOfFrame, framesIn } from './frames.ts'
import { type MemoryState, memoryText, wasOutOfMemory } from './memory-state.ts'
import { SPOOL_VERSION } from './spool-file.ts'

export interface SpoolHeader {
  readonly version: number
  readonly resource: AttributesInput
  readonly scope: Scope
  /** Where the process sent to. */
  readonly endpoint: string
  readonly pid: number
  /** When it started, in milliseconds since the epoch. */
  readonly startedMs: number
  /** Where Node writes a report if it runs out of memory. */
  readonly report?: ReportPlace
}

export interface SpoolContent {
  readonly header: SpoolHeader
  /** In the order they are to be sent in. */
  readonly requests: readonly OtlpRequest[]
  /** Requests that ran when it ended, up to those that a spool holds, with the time in milliseconds since the epoch when it last wrote. */
  readonly inFlight: readonly RequestInFlight[]
  readonly lastWriteMs: number | undefined
}

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']
const BATCH_BYTES = 1 << 20

interface SignalState {
  readonly records: Map<number, EncodedRecord>
  readonly bodies: Map<number, Buffer>
  readonly batches: { readonly from: number; readonly to: number }[]
  done: number
}

interface LastState {
  readonly timeMs: number
  readonly memory: MemoryState
}

interface State {
  readonly signals: Readonly<Record<Signal, SignalState>>
  epoch: number
  series: Map<number, { readonly metric: number; readonly point: ExponentialPoint }>
  running: RunningSpan[]
  last: LastState | undefined
  hasEnded: boolean
  readonly heapWasFull: boolean
}

/** The header alone; undefined when the bytes are no spool of a version that this reader knows. */
export function readSpoolHeader(bytes: Buffer): SpoolHeader | undefined {
  const end = endOfFrame(bytes, 0)
  const [frame] = end === undefined ? [] : framesIn(bytes.subarray(0, end))
  if (frame?.type !== FRAME.header) return undefined
  const header = new PayloadReader(frame.payload).json() as SpoolHeader
  return header.version === SPOOL_VERSION ? header : undefined
}

/** Undefined when the bytes are no spool of a version that this reader knows. `heapWasFull`: it is known that the process ended because of that. */
export function readSpool(bytes: Buffer, heapWasFull = false): SpoolContent | undefined {
  const header = readSpoolHeader(bytes)
  if (!header) return undefined
  const frames = framesIn(bytes).filter(({ type }) => type !== FRAME.header)
  const newest = frames.reduce((highest, { generation }) => Math.max(highest, generation), 0)
  const state = newState(heapWasFull)
  // A generation whose base is damaged continues from the previous one.
  const hasBase = frames.some(({ type, generation }) => type === FRAME.base && generation === newest)
  for (const generation of hasBase ? [newest] : [newest - 1, newest]) {
    if (generation > 0) for (const frame of frames) if (frame.generation === generation) apply(state, frame)
  }
  return {
    header,
    requests: requestsOf(state, header),
    inFlight: state.running.flatMap(({ request }) => request ?? []),
    lastWriteMs: state.last?.timeMs,
  }
}

function newState(heapWasFull: boolean): State {
  const signal = (): SignalState => ({ records: new Map(), bodies: new Map(), batches: [], done: 0 })
  const signals = { traces: signal(), logs: signal(), metrics: signal() }
  return { signals, epoch: 0, series: new Map(), running: [], last: undefined, hasEnded: false, heapWasFull }
}

function apply(state: State, { type, payload }: Frame): void {
  const reader = new PayloadReader(payload)
  switch (type) {
    case FRAME.base:
      for (const frame of framesIn(payload)) apply(state, frame)
      break
    case FRAME.records:
      applyRecords(state, reader)
      break
    case FRAME.batch: {
      const { signal, from, to } = reader.json() as { signal: Signal; from: number; to: number }
      state.signals[signal].batches.push({ from, to })
      break
    }
    case FRAME.body: {
      const { signal, to } = reader.json() as { signal: Signal; to: number }
      state.signals[signal].bodies.set(to, reader.block())
      break
    }
    case FRAME.done: {
      const { signal, to } = reader.json() as { signal: Signal; to: number }
      state.signals[signal].done = to
      break
    }
    case FRAME.series:
      applySeries(state, reader)
      break
    case FRAME.running:
      state.running = []
      while (reader.rest().length > 0) state.running.push(runningOf(reader.json() as RunningHead, reader.block()))
      break
    case FRAME.state:
      applyState(state, reader.json() as LastState & { epoch: number; done: Record<Signal, number> })
      break
    case FRAME.end:
      state.hasEnded = true
  }
}

type RunningHead = Scope | 0 | { readonly scope: Scope | 0; readonly request: RequestInFlight }

function runningOf(head: RunningHead, bytes: Buffer): RunningSpan {
  const known = typeof head === 'object' && 'request' in head ? head : { scope: head, request: undefined }
  return { ...recordOf(known.scope, bytes), request: known.request }
}

const recordOf = (scope: Scope | 0, bytes: Buffer): EncodedRecord => ({ bytes, scope: scope === 0 ? undefined : scope })

function applyRecords(state: State, reader: PayloadReader): void {
  const { signal, first, epoch, scopes } = reader.json() as { signal: Signal; first: number; epoch: number; scopes: (Scope | 0)[] }
  for (const [at, scope] of scopes.entries()) state.signals[signal].records.set(first + at, recordOf(scope, reader.block()))
  reachEpoch(state, epoch)
}

/** Aggregates of an earlier interval are among the records. */
function reachEpoch(state: State, epoch: number): void {
  if (epoch <= state.epoch) return
  state.epoch = epoch
  state.series = new Map()
}

function applySeries(state: State, reader: PayloadReader): void {
  const epoch = reader.uint()
  reachEpoch(state, epoch)
  while (reader.rest().length > 0) {
    const metric = reader.uint()
    const id = reader.uint()
    const point = pointOf(reader)
    if (epoch === state.epoch) state.series.set(id, { metric, point })
  }
}

function pointOf(reader: PayloadReader): ExponentialPoint {
  const attributes = reader.json() as AttributesInput
  const [startMs = 0, timeMs = 0, count = 0, sum = 0, zeroCount = 0, min = 0, max = 0, offset = 0] = reader.doubles()
  return { attributes, startMs, timeMs, count, sum, min, max, scale: HISTOGRAM_SCALE, zeroCount, offset, counts: [...reader.doubles()] }
}

function applyState(state: State, { epoch, done, ...last }: LastState & { epoch: number; done: Record<Signal, number> }): void {
  reachEpoch(state, epoch)
  for (const signal of SIGNALS) state.signals[signal].done = Math.max(state.signals[signal].done, done[signal])
  state.last = last
}

function requestsOf(state: State, { resource, scope }: SpoolHeader): OtlpRequest[] {
  const writer = new ProtobufWriter()
  const body = (records: readonly EncodedRecord[]): Buffer => encodeRequest(writer, records, { resource, scope })
  const requests = SIGNALS.flatMap((signal) => begunRequests(signal, state.signals[signal], body))
  const waiting: Record<Signal, EncodedRecord[]> = {
    traces: [...waitingRecords(state.signals.traces), ...state.running],
    logs: [...waitingRecords(state.signals.logs), ...endRecord(state, writer)],
    metrics: [...waitingRecords(state.signals.metrics), ...aggregateRecords(state, writer), ...crashedRequests(state, writer)],
  }
  for (const signal of SIGNALS) for (const records of batches(waiting[signal])) requests.push({ signal, body: body(records) })
  return requests
}

/** Requests that may have arrived: they must be the same to the byte. */
function begunRequests(signal: Signal, state: SignalState, body: (records: readonly EncodedRecord[]) => Buffer): OtlpRequest[] {
  const requests: OtlpRequest[] = []
  for (const [to, bytes] of state.bodies) {
    if (to > state.done) requests.push({ signal, body: bytes })
    state.done = Math.max(state.done, to)
  }
  for (const { from, to } of state.batches) {
    if (to <= state.done) continue
    const records = [...state.records].filter(([number]) => number >= from && number <= to).map(([, record]) => record)
    if (records.length > 0) requests.push({ signal, body: body(records) })
    state.done = to
  }
  return requests
}

function waitingRecords({ records, done }: SignalState): EncodedRecord[] {
  return [...records].filter(([number]) => number > done).map(([, record]) => record)
}

function* batches(records: readonly EncodedRecord[]): Generator<EncodedRecord[]> {
  let batch: EncodedRecord[] = []
  let bytes = 0
  for (const record of records) {
    if (batch.length > 0 && bytes + record.bytes.length > BATCH_BYTES) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += record.bytes.length
  }
  if (batch.length > 0) yield batch
}

function aggregateRecords({ series }: State, writer: ProtobufWriter): EncodedRecord[] {
  return AGGREGATES.flatMap((aggregate, index) => {
    const points = [...series.values()].filter(({ metric }) => metric === index).map(({ point }) => point)
    if (points.length === 0) return []
    writeMetric(writer, { ...aggregate, points })
    return [{ bytes: writer.take(), scope: undefined }]
  })
}

/** Why a request that ran when its process ended has no answer: its `error.type`. */
export const PROCESS_CRASHED = 'process_crashed'

/** They are counted like every other request, or the errors of a crash would be missing just where they matter. */
function crashedRequests({ running, last }: State, writer: ProtobufWriter): EncodedRecord[] {
  const points = running.flatMap(({ request }) => (request ? [crashedPoint(request, last?.timeMs ?? request.startTime)] : []))
  const aggregate = AGGREGATES.find(({ name }) => name === metric.httpServerDuration)
  if (points.length === 0 || !aggregate) return []
  writeMetric(writer, { ...aggregate, points })
  return [{ bytes: writer.take(), scope: undefined }]
}

function crashedPoint({ method, route, startTime }: RequestInFlight, endTime: number): ExponentialPoint {
  const seconds = Math.max(0, endTime - startTime) / 1000
  const isZero = seconds === 0
  return {
    attributes: { [attr.httpMethod]: method, [attr.httpRoute]: route || undefined, [attr.errorType]: PROCESS_CRASHED },
    startMs: startTime,
    timeMs: Math.max(startTime, endTime),
    count: 1,
    sum: seconds,
    min: seconds,
    max: seconds,
    scale: HISTOGRAM_SCALE,
    zeroCount: isZero ? 1 : 0,
    offset: isZero ? 0 : bucketIndex(seconds),
    counts: isZero ? [] : [1],
  }
}

/** A process that could not say how it ended was killed, or was out of memory. */
function endRecord(state: State, writer: ProtobufWriter): EncodedRecord[] {
  const { last, hasEnded } = state
  if (hasEnded || !last) return []
  writeLog(writer, endLog(last, state))
  return [{ bytes: writer.take(), scope: undefined }]
}

function endLog({ timeMs, memory }: LastState, { running, heapWasFull }: State): LogRecord {
  const isFull = heapWasFull || wasOutOfMemory(memory)
  return {
    timeMs,
    severityNumber: isFull ? 21 : 13,
    severityText: isFull ? 'FATAL' : 'WARN',
    body: isFull
      ? `the process ran out of memory: ${memoryText(memory)} when it last wrote`
      : `the process ended without running its exit handlers: killed by a signal or the system, or the machine stopped; ${memoryText(memory)} when it last wrote`,
    attributes: {
      [attr.processEnd]: isFull ? 'out_of_memory' : 'killed',
      [attr.processRunningSpans]: running.length,
      ...(isFull ? { [attr.exceptionType]: 'ERR_OUT_OF_MEMORY' } : {}),
    },
  }
}
