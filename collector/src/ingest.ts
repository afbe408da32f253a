/**
 * From the receiver to the store: write-ahead log, inserter and tail, opened together. A disk that cannot be written keeps the log closed
 * and nothing else: reads continue, senders get the reason, and the log opens as soon as it can.
 */
import { objectNameOf, type SpyglassEvent } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { emitWhenReady } from '@spyglass/process/keeper-link'
import { serverIdentity } from '@spyglass/process/server-identity'
import { ownPort } from '@spyglass/process/checked-config'
import { ownConnection } from '@spyglass/process/own-client'
import type { OwnProcess } from '@spyglass/process/own-process'
import { timeWindow } from './decode/index.ts'
import { createStoreClient, Inserter } from './insert/index.ts'
import { submissionOf } from './own-events.ts'
import { retentionDays } from './schema/index.ts'
import { redactEvent, type Redactor } from './redact/index.ts'
import { checkedFileIn, readChecked, watchLogFiles } from '@spyglass/process/checked-config'
import { damagedOffsets, openOffsets, Tailer } from './tail/index.ts'
import {
  type Damage,
  damagedCollector,
  fail,
  isDiskFailure,
  nextIdentity,
  nodeFileLayer,
  reasonOf,
  type SealedSegment,
  type Submission,
  WriteAheadLog,
} from './wal/index.ts'

export const NAME = 'collector'
const REOPEN_MS = 1000
/** Data older than this is reported by `/ready`. */
const MAX_LAG_MS = 60_000

export interface IngestBase extends OwnProcess {
  readonly redactor: Redactor
}

interface Opened {
  readonly wal: WriteAheadLog
  readonly inserter: Inserter
  readonly tailer: Tailer
}

export class Ingest {
  readonly #base: IngestBase
  #opened: Opened | undefined
  /** Why the log is not open yet. */
  #waitsFor = 'recovering the write-ahead log'
  #timer: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(base: IngestBase) {
    this.#base = base
  }

  /** Resolves when the log is open, or when the disk keeps it closed: then it is retried until it works. */
  async open(): Promise<void> {
    const { folder, logger } = this.#base
    try {
      this.#opened = await open(this.#base)
      await this.#opened.wal.announceDamage((damage) => noteDamage(this.#base, damage))
      this.#opened.tailer.start()
    } catch (error) {
      if (!isDiskFailure(error)) throw error
      const reason = `cannot open the write-ahead log: ${await reasonOf(error, nodeFileLayer, folder.wal)}`
      if (reason !== this.#waitsFor) logger.error({ reason, err: error }, 'cannot open the write-ahead log yet')
      this.#waitsFor = reason
      if (!this.#isStopping) this.#timer = setTimeout(() => void this.#openAgain(), REOPEN_MS)
    }
  }

  async #openAgain(): Promise<void> {
    try {
      await this.open()
    } catch (error) {
      // the same failure at the start would have ended the process
      this.#base.logger.fatal({ err: error }, 'cannot open the write-ahead log')
      process.exit(1)
    }
  }

  get wal(): WriteAheadLog | undefined {
    return this.#opened?.wal
  }

  get inserter(): Inserter | undefined {
    return this.#opened?.inserter
  }

  /** Everything received before this moment can be queried; in milliseconds since the epoch. */
  get readableUntil(): number {
    return this.#opened ? (this.#opened.wal.oldest ?? Date.now()) : Date.now()
  }

  /** @throws SPY_WAL_CLOSED, and the errors of the log */
  async append(submission: Submission): Promise<'stored' | 'repeated'> {
    if (!this.#opened) throw fail('SPY_WAL_CLOSED', [this.#waitsFor])
    return await this.#opened.wal.append(submission)
  }

  /** Stores an event of this process that no keeper passes on. */
  storeEvent(event: SpyglassEvent): void {
    this.append(submissionOf(redactEvent(event, this.#base.redactor), NAME, this.#base.config.server.name)).catch((error: unknown) =>
      this.#base.logger.warn({ err: error, event: event.name }, 'event not stored'),
    )
  }

  reasonsAgainst(): string[] {
    if (!this.#opened) return [this.#waitsFor]
    const { bytes, failure, pending } = this.#opened.wal
    const { maxWalBytes } = this.#base.config.collector
    const lagMs = Date.now() - this.readableUntil
    return [
      ...(bytes < maxWalBytes ? [] : [`the write-ahead log is full (${bytes} bytes): the store is too slow or unavailable`]),
      ...(failure === undefined ? [] : [`cannot write to the write-ahead log: ${failure}`]),
      ...(lagMs <= MAX_LAG_MS
        ? []
        : [`data is ${Math.round(lagMs / 1000)} s behind: ${pending} segments (${bytes} bytes) are waiting for the store`]),
    ]
  }

  /** Stops reading log files. */
  async stopTail(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    await this.#opened?.tailer.stop()
  }

  /** Stores pending data, as far as time allows. */
  async close(deadlineMs: number): Promise<void> {
    if (!this.#opened) return
    const { wal, inserter } = this.#opened
    await wal.stop()
    saveTailOffsets(this.#base, wal)
    await inserter.stop(Math.max(500, deadlineMs - 2000))
  }
}

async function open(base: IngestBase): Promise<Opened> {
  const { config, folder, secrets, logger, onDamage, redactor } = base
  const { collector } = config
  const wal = await WriteAheadLog.open({
    root: folder.wal,
    identity: nextIdentity(folder.state, onDamage(damagedCollector)),
    maxBytes: collector.maxWalBytes,
    sealMs: { traces: collector.sealTracesMs, others: collector.sealOthersMs },
  })
  const offsetsFile = openOffsets(folder.state, onDamage(damagedOffsets))
  wal.seedTailOffsets(offsetsFile.read() ?? [])
  wal.beforePurge = async (offsets) => offsetsFile.write(offsets)
  if (wal.pending > 0) logger.info({ segments: wal.pending, droppedBytes: wal.droppedBytes }, 'recovered the write-ahead log')
  const { token } = secrets.internal
  const inserter = new Inserter({
    store: createStoreClient({ ...ownConnection(ownPort(config, 'store'), token), token }),
    source: wal,
    logger: logger.child({ component: 'insert' }),
    onQuarantined: (segment, path, error) => noteQuarantine(base, { segment, path, error }),
  })
  wal.subscribe((segment) => inserter.add(segment))
  const tailer = new Tailer({
    ...folder,
    others: watchLogFiles(checkedFileIn(folder.run), () => readChecked(folder.run)),
    serverName: config.server.name,
    serverId: serverIdentity(folder),
    target: wal,
    logger: logger.child({ component: 'tail' }),
    redactor,
    window: () => timeWindow(Date.now(), retentionDays('logs', config.retention)),
  })
  return { wal, inserter, tailer }
}

/** The journals hold them too, until they are purged. */
function saveTailOffsets({ folder, logger }: OwnProcess, wal: WriteAheadLog): void {
  try {
    openOffsets(folder.state).write(wal.tailOffsets)
  } catch (error) {
    if (!isDiskFailure(error)) throw error
    logger.warn({ err: error }, 'offsets of log files not saved')
  }
}

function noteDamage({ registry, logger }: OwnProcess, { segment, lost, isCounted, folder, bytes }: Damage): void {
  const count = isCounted ? `${lost.requests}` : 'an unknown number of'
  const message = `segment ${segment || 'of the write-ahead log'} was damaged: ${count} acknowledged requests are lost`
  logger.warn({ segment, requestsLost: lost.requests, entriesLost: lost.entries, isCounted, folder, bytes }, 'write-ahead log damaged')
  emitWhenReady(registry, {
    name: 'spyglass.segment.damaged',
    resource: objectNameOf(kinds.collector, { name: NAME }),
    message,
    attributes: { segment, acknowledgedRequestsLost: lost.requests, entriesLost: lost.entries, folder, bytes },
  })
}

function noteQuarantine({ registry }: OwnProcess, { segment, path, error }: { segment: SealedSegment; path: string; error: Error }): void {
  emitWhenReady(registry, {
    name: 'spyglass.segment.quarantined',
    resource: objectNameOf(kinds.collector, { name: NAME }),
    message: `segment ${segment.name} was set aside: ${error.message}`,
    attributes: { segment: segment.name, folder: path, bytes: segment.bytes },
  })
}
