/**
 * The collector process: opens receiver, alerting and console, then the log (recovery) with inserter and tail. It stops in reverse
 * order: first it refuses new data, last it stores what it holds as far as time allows.
 */
import { callerRules, openAuthenticator } from '@spyglass/process/access'
import { inherited } from '@spyglass/process/channel'
import { connectKeeper } from '@spyglass/process/keeper-link'
import { userSpoolFolders } from '@spyglass/agent/spool'
import { openOwnProcess, type OwnProcess } from '@spyglass/process/own-process'
import { type Alerting, startAlerting } from './alert/index.ts'
import { registerCollector } from './collector-resource.ts'
import { startConsole } from './console/index.ts'
import type { Signal } from './decode/index.ts'
import { Ingest, NAME } from './ingest.ts'
import { type Receiver, startReceiver } from './receive/index.ts'
import { retentionDays } from './schema/index.ts'
import { SpoolReader } from './spool/index.ts'
import { Redactor } from './redact/index.ts'

/** An insert may touch 100 partitions, which are days. */
const MAX_DAYS = 90

/** Runs the collector until it is told to stop. */
export async function runCollector(argv: readonly string[]): Promise<void> {
  const base = await openOwnProcess(NAME, argv)
  const { config, registry, logger } = base
  const redactor = new Redactor({ except: config.collector.unredactedServices })
  const ingest = new Ingest({ ...base, redactor })
  const parts: Parts = {}
  // The port comes first: the process that holds it owns the write-ahead log, so recovery never truncates a log that another process writes.
  const receiver = await openReceiver(base, ingest, { parts, redactor })
  const alerting = await startAlerting(base)
  parts.alerting = alerting
  registry.onEvent((event) => {
    alerting.onEvent(event)
    if (!inherited()) ingest.storeEvent(event)
  })
  const consoleServer = await startConsole({ ...base, alerting, readableUntil: () => ingest.readableUntil })
  registerCollector(registry, NAME, { ingest, counters: receiver.counters, alerting, redactor })
  await ingest.open()
  const spools = openSpools(base, receiver)
  spools.start()
  const link = connectKeeper({
    registry,
    live: base.live,
    async stop(deadlineMs) {
      await Promise.all([receiver.stop(), consoleServer.stop(), alerting.stop(), ingest.stopTail(), spools.stop()])
      await ingest.close(deadlineMs)
      logger.info('the collector is closed')
    },
    unready: () => ingest.reasonsAgainst(),
  })
  logger.info({ otlp: receiver.port, console: consoleServer.port, host: config.collector.host }, 'the collector is listening')
  link.ready()
}

interface Parts {
  alerting?: Alerting
}

interface Receiving {
  readonly parts: Parts
  readonly redactor: Redactor
}

async function openReceiver(own: OwnProcess, ingest: Ingest, { parts, redactor }: Receiving): Promise<Receiver> {
  const { config } = own
  const { host, otlpHttpPort: port, maxBodyBytes } = config.collector
  const daysOf = (signal: Signal): number => Math.min(retentionDays(signal, config.retention), MAX_DAYS)
  return await startReceiver({
    host,
    port,
    maxBodyBytes,
    headersTimeoutMs: config.server.headersTimeoutMs,
    redactor,
    retentionDays: { traces: daysOf('traces'), metrics: daysOf('metrics'), logs: daysOf('logs') },
    admission: {
      authenticator: openAuthenticator('otlp', own),
      caller: { ...callerRules(config), origins: config.collector.allowedOrigins },
    },
    append: async (submission) => await ingest.append(submission),
    onEvents: (events) => {
      for (const { event } of events) parts.alerting?.onEvent(event)
    },
    unready: () => ingest.reasonsAgainst(),
  })
}

function openSpools({ config, folder, logger }: OwnProcess, receiver: Receiver): SpoolReader {
  return new SpoolReader({
    ownFolder: folder.spool,
    otherFolders: [...userSpoolFolders(), ...config.collector.spoolFolders],
    port: receiver.port,
    accept: async (signal, body) => await receiver.accept(signal, body),
    accessLogs: config.logs.access.enabled ? folder.accessLogs : undefined,
    logger: logger.child({ component: 'spool' }),
  })
}
