/**
 * The collector's process: opens the log (recovery), then inserter, receiver and tail, then alerting and console. It stops the other way
 * round: first nothing new is taken, last what is in hand is stored as far as the time allows.
 */
import { kinds, objectNameOf, type SpyglassEvent } from '@spyglass/agent/contract'
import { connectKeeper } from '@spyglass/process/keeper-link'
import type { Logger } from '@spyglass/process/logger'
import { userSpoolFolders } from '@spyglass/agent/spool'
import { openOwnProcess, type OwnProcess } from '@spyglass/process/own-process'
import type { Registry } from '@spyglass/agent/registry'
import { type Alerting, startAlerting } from './alert/index.ts'
import { registerCollector } from './collector-resource.ts'
import { startConsole } from './console/index.ts'
import { timeWindow } from './decode/index.ts'
import { createStoreClient, Inserter } from './insert/index.ts'
import { submissionOf } from './own-events.ts'
import { type Receiver, startReceiver } from './receive/index.ts'
import { SpoolReader } from './spool/index.ts'
import { loadOffsets, saveOffsets, Tailer } from './tail/index.ts'
import { type Damage, fail, nextIdentity, type SealedSegment, WriteAheadLog } from './wal/index.ts'

const NAME = 'collector'
/** An insert may touch 100 partitions, which are days. */
const MAX_DAYS = 90

interface Ingest {
  readonly wal: WriteAheadLog
  readonly inserter: Inserter
  readonly tailer: Tailer
}

/** Runs the collector until it is told to stop. */
export async function runCollector(argv: readonly string[]): Promise<void> {
  const base = await openOwnProcess(NAME, argv)
  const { config, registry, logger } = base
  const parts: Parts = {}
  // The port comes first: whoever holds it owns the write-ahead log, so recovery never cuts back a log that another process writes.
  const receiver = await openReceiver(base, parts)
  const ingest = await openIngest(base)
  const alerting = await startAlerting(base)
  Object.assign(parts, { ingest, alerting })
  registry.onEvent((event) => {
    alerting.onEvent(event)
    if (process.send === undefined) storeEvent(event, ingest.wal, logger)
  })
  const consoleServer = await startConsole({ ...base, alerting })
  registerCollector(registry, NAME, { ...ingest, counters: receiver.counters, alerting })
  await ingest.wal.announceDamage((damage) => noteDamage(base, damage))
  ingest.tailer.start()
  const spools = openSpools(base, receiver)
  spools.start()
  const link = connectKeeper({
    registry,
    async stop(deadlineMs) {
      await Promise.all([receiver.stop(), consoleServer.stop(), alerting.stop(), ingest.tailer.stop(), spools.stop()])
      await closeIngest(base, ingest, deadlineMs)
      logger.info('the collector is closed')
    },
    onMessage: (message) => {
      if (message.type === 'event') alerting.onEvent(message.event)
    },
  })
  logger.info({ otlp: receiver.port, console: consoleServer.port, host: config.collector.host }, 'the collector listens')
  link.ready()
}

function openSpools({ config, folder, logger }: OwnProcess, receiver: Receiver): SpoolReader {
  return new SpoolReader({
    ownFolder: folder.spool,
    otherFolders: [...userSpoolFolders(), ...config.collector.spoolFolders],
    port: receiver.port,
    accept: async (signal, body) => await receiver.accept(signal, body),
    logger: logger.child({ component: 'spool' }),
  })
}

/** What the receiver needs and does not have yet while the log is being recovered. */
interface Parts {
  ingest?: Ingest
  alerting?: Alerting
}

async function closeIngest({ folder }: OwnProcess, { wal, inserter }: Ingest, deadlineMs: number): Promise<void> {
  await wal.stop()
  saveOffsets(folder.state, wal.tailOffsets)
  await inserter.stop(Math.max(500, deadlineMs - 2000))
}

async function openIngest({ config, folder, secrets, registry, logger }: OwnProcess): Promise<Ingest> {
  const { collector, store } = config
  const wal = await WriteAheadLog.open({
    root: folder.wal,
    identity: nextIdentity(folder.state),
    maxBytes: collector.maxWalBytes,
    sealMs: { traces: collector.sealTracesMs, others: collector.sealOthersMs },
  })
  wal.seedTailOffsets(await loadOffsets(folder.state))
  wal.beforePurge = async (offsets) => saveOffsets(folder.state, offsets)
  if (wal.pending > 0) logger.info({ segments: wal.pending, droppedBytes: wal.droppedBytes }, 'the write-ahead log is recovered')
  const inserter = new Inserter({
    store: createStoreClient({ url: `http://${store.host}:${store.port}`, token: secrets.internal.token }),
    source: wal,
    logger: logger.child({ component: 'insert' }),
    onQuarantined: (segment, path, error) => noteQuarantine(registry, { segment, path, error }),
  })
  wal.subscribe((segment) => inserter.add(segment))
  const tailer = new Tailer({
    ...folder,
    serverName: config.server.name,
    target: wal,
    logger: logger.child({ component: 'tail' }),
    window: () => timeWindow(Date.now(), config.retention.telemetryDays),
  })
  return { wal, inserter, tailer }
}

async function openReceiver({ config }: OwnProcess, parts: Parts): Promise<Receiver> {
  const { host, otlpHttpPort: port, maxBodyBytes, maxWalBytes } = config.collector
  return await startReceiver({
    host,
    port,
    maxBodyBytes,
    retentionDays: Math.min(config.retention.telemetryDays, MAX_DAYS),
    async append(submission) {
      if (!parts.ingest) throw fail('SPY_WAL_CLOSED')
      return await parts.ingest.wal.append(submission)
    },
    onEvents: (events) => {
      for (const { event } of events) parts.alerting?.onEvent(event)
    },
    unready: () => reasonsAgainst(parts.ingest, maxWalBytes),
  })
}

function reasonsAgainst(ingest: Ingest | undefined, maxWalBytes: number): string[] {
  if (!ingest) return ['the write-ahead log is being recovered']
  const { bytes, failure } = ingest.wal
  return [
    ...(bytes < maxWalBytes ? [] : [`the write-ahead log is full (${bytes} bytes): the store does not keep up or is away`]),
    ...(failure === undefined ? [] : [`the write-ahead log cannot be written: ${failure}`]),
  ]
}

/** Under a keeper its management process sends the events of all processes by OTLP; alone the collector stores its own. */
function storeEvent(event: SpyglassEvent, wal: WriteAheadLog, logger: Logger): void {
  wal.append(submissionOf(event, NAME)).catch((error: unknown) => logger.warn({ err: error, event: event.name }, 'event not stored'))
}

function noteDamage({ registry, logger }: OwnProcess, { segment, lost, isCounted, folder, bytes }: Damage): void {
  const count = isCounted ? `${lost.requests}` : 'an unknown number of'
  const message = `segment ${segment || 'of the write-ahead log'} was damaged: ${count} acknowledged requests are lost`
  logger.warn({ segment, requestsLost: lost.requests, entriesLost: lost.entries, isCounted, folder, bytes }, 'write-ahead log damaged')
  registry.emit({
    name: 'spyglass.segment.damaged',
    resource: objectNameOf(kinds.collector, { name: NAME }),
    message,
    attributes: { segment, acknowledgedRequestsLost: lost.requests, entriesLost: lost.entries, folder, bytes },
  })
}

function noteQuarantine(registry: Registry, { segment, path, error }: { segment: SealedSegment; path: string; error: Error }): void {
  registry.emit({
    name: 'spyglass.segment.quarantined',
    resource: objectNameOf(kinds.collector, { name: NAME }),
    message: `segment ${segment.name} was set aside: ${error.message}`,
    attributes: { segment: segment.name, folder: path, bytes: segment.bytes },
  })
}
