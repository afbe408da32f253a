/**
 * What damage to the write-ahead log costs. A log with acknowledged requests is damaged, opened again and read; the ledger compares what
 * is missing with what the log says is missing, sends every request once more and counts what is there twice. All in memory, with the
 * log's own code: the rows of the fault table come from here.
 */
import type { TableName } from '@spyglass/agent/contract'
import { OtlpDecoder, timeWindow } from '../../collector/src/decode/index.ts'
import { type SealedSegment, type Submission, WriteAheadLog } from '../../collector/src/wal/index.ts'
import { MemoryFiles } from '../support/memory-files.ts'
import { readNative } from '../support/native.ts'
import { encodeOtlp } from '../support/otlp-proto.ts'

export interface Ledger {
  /** Times that something was damaged. */
  damages: number
  acknowledged: number
  /** Acknowledged and neither in the log nor announced as lost, or announced and there: must be 0. */
  unaccounted: number
  lost: number
  announced: number
  /** Lost without any announcement, not even one of an unknown number: must be 0. */
  unannounced: number
  /** Requests of which some tables have rows and others have not: must be 0. */
  torn: number
  /** Rows that are there twice, lost requests that were sent once more and not stored, and kept ones that were stored twice: must be 0. */
  doubled: number
  /** Most that one damage cost. */
  worst: number
}

const ROOT = '/wal'
const ID = '0123456789ab'
const START_MS = Date.now()

/** Returns numbers from 0 to below `limit`, the same for each seed. */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** A log of `requests` with every byte of every file flipped, or every `stride`th, one at a time. */
export async function everyByteFlipped(requests = 5, stride = 1): Promise<Ledger> {
  const ledger = newLedger()
  const { files, acknowledged } = await filledLog(requests, () => 0)
  for (const path of files.paths) {
    if (path.endsWith('/inserting')) continue // mostly padding; the random damages hit it often enough
    const { length } = await files.read(path)
    for (let at = 0; at < length; at += stride) {
      const damaged = files.afterKill()
      await flip(damaged, path, at, 1 << (at % 8))
      await settle(ledger, damaged, acknowledged)
    }
  }
  return ledger
}

/** Flips, cuts and dropped writes, each of a log of its own, at places that `seed` decides. */
export async function randomDamages(times: number, seed: number): Promise<Ledger> {
  const random = randomNumbers(seed)
  const ledger = newLedger()
  for (let done = 0; done < times;) {
    const { files, acknowledged } = await filledLog(4 + random(12), random)
    for (let again = 0; again < 5 && done < times; again++, done++) {
      const damaged = files.afterKill()
      await damageOnce(damaged, files, random)
      await settle(ledger, damaged, acknowledged)
    }
  }
  return ledger
}

/** Flips, cuts and dropped writes beside a damaged count of what was acknowledged, in logs that are damaged twice. */
export async function damagesWithoutCount(times: number, seed: number): Promise<Ledger> {
  const random = randomNumbers(seed)
  const ledger = newLedger()
  for (let done = 0; done < times; done++) {
    const { files, acknowledged } = await filledLog(4 + random(8), random)
    const damaged = files.afterKill()
    const counts = damaged.paths.filter((path) => path.endsWith('/acknowledged'))
    for (const path of counts.slice(random(Math.max(1, counts.length)))) {
      if (random(2) === 0) await damaged.remove(path)
      else
        damaged.put(
          path,
          filled(await damaged.read(path), 0, 128, () => random(256)),
        )
    }
    await damageOnce(damaged, files, random)
    await settle(ledger, damaged, acknowledged)
  }
  return ledger
}

/** What a disk, a copy or a hand does to the bytes of a file: gives those that are there afterwards, or undefined for no file at all. */
const WAYS: readonly ((bytes: Buffer, at: number, end: number, random: (limit: number) => number) => Buffer | undefined)[] = [
  (bytes, at, _end, random) => filled(bytes, at, at + 1, () => (bytes[at] as number) ^ (1 << random(8))), // a flipped bit
  (bytes, at, end, random) => filled(bytes, at, end, () => random(256)),
  (bytes, at, end) => filled(bytes, at, end, () => 0),
  (bytes, at) => bytes.subarray(0, at), // cut off
  (bytes, at, end) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]), // a piece is missing
  (bytes, at, end) => Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]), // a piece is there twice
  (bytes, at) => withLineTwice(bytes, at),
  () => Buffer.alloc(0),
  () => undefined,
]
const MAX_PIECE_BYTES = 400

async function damageOnce(damaged: MemoryFiles, original: MemoryFiles, random: (limit: number) => number): Promise<void> {
  const way = WAYS[random(WAYS.length + 1)]
  if (!way) return dropWrite(damaged, original, random)
  const paths = damaged.paths
  const path = paths[random(paths.length)] as string
  const bytes = await damaged.read(path)
  if (bytes.length === 0) return
  const at = random(bytes.length)
  const after = way(bytes, at, at + 1 + random(Math.min(MAX_PIECE_BYTES, bytes.length - at)), random)
  if (after) damaged.put(path, after)
  else await damaged.remove(path)
}

function filled(bytes: Buffer, at: number, end: number, value: () => number): Buffer {
  const changed = Buffer.from(bytes)
  for (let i = at; i < end; i++) changed[i] = value()
  return changed
}

function withLineTwice(bytes: Buffer, at: number): Buffer {
  const start = bytes.lastIndexOf(10, at - bytes.length - 1) + 1
  const newline = bytes.indexOf(10, at)
  const end = newline < 0 ? bytes.length : newline + 1
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)])
}

async function flip(files: MemoryFiles, path: string, at: number, bit: number): Promise<void> {
  const bytes = await files.read(path)
  bytes[at] = (bytes[at] ?? 0) ^ bit
  files.put(path, bytes)
}

/** Creates a file as it would be if one of its writes had never reached the disk. */
function dropWrite(damaged: MemoryFiles, original: MemoryFiles, random: (limit: number) => number): void {
  const there = new Set(damaged.paths)
  const writes = original.writes.filter(({ path }) => there.has(path))
  const dropped = writes[random(writes.length)]
  if (!dropped) return
  const others = writes.filter((write) => write.path === dropped.path && write !== dropped)
  const bytes = Buffer.alloc(others.reduce((end, write) => Math.max(end, write.position + write.bytes.length), 0))
  for (const write of others) write.bytes.copy(bytes, write.position)
  damaged.put(dropped.path, bytes)
}

const newLedger = (): Ledger => ({
  damages: 0,
  acknowledged: 0,
  unaccounted: 0,
  lost: 0,
  announced: 0,
  unannounced: 0,
  torn: 0,
  doubled: 0,
  worst: 0,
})

/** A log with requests in segments that are sealed, open and stored, and sometimes one that a kill interrupted. */
async function filledLog(requests: number, random: (limit: number) => number): Promise<{ files: MemoryFiles; acknowledged: string[] }> {
  const files = new MemoryFiles()
  const { log, sealed } = await open(files, 1)
  let acknowledged: string[] = []
  for (let n = 0; n < requests;) {
    const together = Array.from({ length: Math.min(requests - n, 1 + random(3)) }, () => `request ${n++}`)
    await Promise.all(together.map(async (name) => await log.append(submission(name, random(2) === 0 ? 'traces' : 'others'))))
    acknowledged.push(...together)
    if (random(6) !== 1) continue
    await log.seal()
    if (random(2) === 0) continue
    for (const segment of sealed.splice(0)) await log.retire(segment) // in the store: what becomes of their journals costs nothing
    acknowledged = []
  }
  if (random(3) === 1) {
    void log.append(submission('unanswered', 'traces')).catch(() => undefined)
    for (let turns = random(12); turns > 0; turns--) await Promise.resolve()
  }
  const left = files.afterKill()
  await log.stop() // its timers would keep the process alive
  return { files: left, acknowledged }
}

async function open(files: MemoryFiles, boot: number): Promise<{ log: WriteAheadLog; sealed: SealedSegment[] }> {
  const log = await WriteAheadLog.open({
    root: ROOT,
    identity: { id: ID, boot },
    maxBytes: 1e9,
    sealMs: { traces: 1e8, others: 1e8 },
    files,
    now: () => START_MS,
  })
  const sealed: SealedSegment[] = []
  log.subscribe((segment) => sealed.push(segment))
  return { log, sealed }
}

const decoder = new OtlpDecoder()

/** A request of one span or one log record, named after its service. */
export function submission(name: string, lane: 'traces' | 'others'): Submission {
  const time = String(BigInt(START_MS) * 1_000_000n)
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: name } }] }
  const ids = { traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 7) }
  const span = { ...ids, name, kind: 2, startTimeUnixNano: time, endTimeUnixNano: time }
  const body =
    lane === 'traces'
      ? encodeOtlp('Traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
      : encodeOtlp('Logs', {
          resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ timeUnixNano: time, body: { stringValue: name } }] }] }],
        })
  const signal = lane === 'traces' ? 'traces' : 'logs'
  const { blocks } = decoder.decode(body, { signal, isJson: false, window: timeWindow(START_MS, 7) })
  return { lane, hash: `${signal[0]}${name}`, items: 1, blocks }
}

/** Opens what is left, and settles the account. */
async function settle(ledger: Ledger, files: MemoryFiles, acknowledged: readonly string[]): Promise<void> {
  const first = await open(files, 2)
  let announced = 0
  let isUnknown = false
  await first.log.announceDamage(({ lost, isCounted }) => {
    announced += lost.requests
    isUnknown ||= !isCounted
  })
  const found = await requestsIn(files, first.sealed)
  const lost = acknowledged.filter((name) => !found.whole.has(name))
  const answers = await Promise.all(
    acknowledged.map(async (name) => {
      const lane = found.traces.has(name) ? 'traces' : 'others'
      return [name, await first.log.append(submission(name, lane))] as const
    }),
  )
  const wrong = answers.filter(([name, answer]) => (answer === 'stored') !== lost.includes(name))
  await first.log.stop()
  ledger.damages++
  ledger.acknowledged += acknowledged.length
  ledger.lost += lost.length
  ledger.announced += announced
  ledger.unannounced += isUnknown ? 0 : Math.max(0, lost.length - announced)
  ledger.unaccounted += Math.abs(lost.length - announced)
  ledger.torn += found.torn
  ledger.doubled += wrong.length + found.doubled
  ledger.worst = Math.max(ledger.worst, lost.length)
}

interface Found {
  readonly whole: ReadonlySet<string>
  readonly traces: ReadonlySet<string>
  readonly torn: number
  readonly doubled: number
}

async function requestsIn(files: MemoryFiles, segments: readonly SealedSegment[]): Promise<Found> {
  const names = { otel_traces: new Set<string>(), red_1m: new Set<string>(), otel_logs: new Set<string>() }
  let doubled = 0
  for (const { folder, content } of segments) {
    for (const [table, found] of Object.entries(names)) {
      const bytes = await files.read(`${folder}/${table}.native`)
      if (bytes.length !== (content.get(table as TableName)?.length ?? 0)) doubled++ // the store would be asked for rows that are not there
      for (const row of readNative(bytes)) {
        const name = String(row['ServiceName'])
        if (found.has(name)) doubled++
        found.add(name)
      }
    }
  }
  const torn = [...names.otel_traces].filter((name) => !names.red_1m.has(name)).length
  return { whole: new Set([...names.otel_traces, ...names.otel_logs]), traces: names.otel_traces, torn, doubled }
}
