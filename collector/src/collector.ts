/**
 * The collector process: opens receiver, alerting and console, then the log (recovery) with inserter and tail. It stops in reverse
 * order: first it refuses new data, last it stores what it holds as far as time allows.
 */
import { instanceToken, openAuthenticator } from '@spyglass/process/access'
import { accessLogOf, ownPort, readChecked } from '@spyglass/process/checked-config'
import { inherited } from '@spyglass/process/channel'
import { answerOf, connectKeeper, emitWhenReady } from '@spyglass/process/keeper-link'
import { userSpoolFolders } from '@spyglass/agent/spool'
import { openOwnProcess, type OwnProcess } from '@spyglass/process/own-process'
import { type Alerting, startAlerting } from './alert/index.ts'
import { registerCollector } from './collector-resource.ts'
import { startConsole } from './console/index.ts'
import type { Signal } from './decode/index.ts'
import { damagedErrors, ErrorWatch } from './error-watch/index.ts'
import { Ingest, NAME } from './ingest.ts'
import { type Receiver, startReceiver } from './receive/index.ts'
import { retentionDays } from './schema/index.ts'
import { SpoolReader } from './spool/index.ts'
import { Redactor } from './redact/index.ts'

/** An insert may touch 100 partitions, which are days. */
const MAX_DAYS = 90

const SAVE_ERRORS_MS = 60_000

/** Runs the collector until it is told to stop. */
export async function runCollector(argv: readonly string[]): Promise<void> {
  const base = await openOwnProcess(NAME, argv)
  const { config, registry, logger } = base
  const redactor = new Redactor({ except: config.collector.unredactedServices })
  const ingest = new Ingest({ ...base, redactor })
  const parts: Parts = {}
  // The port comes first: the process that holds it owns the write-ahead log, so recovery never truncates a log that another process writes.
  const errors = openErrorWatch(base)
  const receiver = await openReceiver(base, ingest, { parts, redactor, errors })
  const alerting = await startAlerting(base)
  parts.alerting = alerting
  for (const list of ['receivers', 'maintenance']) base.live.onChange(['alerting', list], () => alerting.reconfigure())
  registry.onEvent((event) => {
    alerting.onEvent(event)
    if (!inherited()) ingest.storeEvent(event)
  })
  const consoleServer = await startConsole({
    ...base,
    alerting,
    demo: process.env['SPYGLASS_DEMO'] === '1',
    readableUntil: () => ingest.readableUntil,
  })
  registerCollector(registry, NAME, { ingest, counters: receiver.counters, alerting, redactor, folder: base.folder.root })
  await ingest.open()
  const spools = openSpools(base, receiver)
  spools.start()
  const link = connectKeeper({
    registry,
    live: base.live,
    onMessage(message) {
      if (message.type === 'ask')
        void answerOf(message, (operation, given) => alerting.carryOut(operation, given)).then((answer) => link.send(answer))
    },
    async stop(deadlineMs) {
      await Promise.all([receiver.stop(), consoleServer.stop(), alerting.stop(), ingest.stopTail(), spools.stop()])
      saveErrors(base, errors)
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
  readonly errors: ErrorWatch
}

async function openReceiver(own: OwnProcess, ingest: Ingest, { parts, redactor, errors }: Receiving): Promise<Receiver> {
  const { config, registry, logger, secrets } = own
  const { maxBodyBytes, credentials } = config.collector
  const daysOf = (signal: Signal): number => Math.min(retentionDays(signal, config.retention), MAX_DAYS)
  return await startReceiver({
    port: ownPort(config, 'collector'),
    registry,
    logger,
    maxBodyBytes,
    redactor,
    retentionDays: { traces: daysOf('traces'), metrics: daysOf('metrics'), logs: daysOf('logs') },
    admission: {
      authenticator: openAuthenticator('otlp', own),
      isTokenRequired: credentials === 'required',
      instanceToken: instanceToken(secrets),
    },
    append: async (submission) => await ingest.append(submission),
    onEvents: (events) => {
      for (const { event, ...sender } of events) parts.alerting?.onEvent(event, sender)
    },
    onErrors: (counted) => errors.note(counted),
    unready: () => ingest.reasonsAgainst(),
  })
}

function openErrorWatch(base: OwnProcess): ErrorWatch {
  const { config, folder, onDamage, registry } = base
  const errors = new ErrorWatch({
    stateFolder: folder.state,
    onDamage: onDamage(damagedErrors),
    emit: (event) => emitWhenReady(registry, event),
    server: config.server.name,
    keptDays: config.retention.rollupDays,
  })
  setInterval(() => saveErrors(base, errors), SAVE_ERRORS_MS).unref()
  return errors
}

/** What a full disk costs is that errors are announced again after a restart. */
function saveErrors({ logger }: OwnProcess, errors: ErrorWatch): void {
  try {
    errors.save()
  } catch (error) {
    logger.warn({ err: error }, 'known errors not saved')
  }
}

function openSpools({ config, folder, logger }: OwnProcess, receiver: Receiver): SpoolReader {
  return new SpoolReader({
    ownFolder: folder.spool,
    homes: folder.homes,
    otherFolders: [...userSpoolFolders(), ...config.collector.spoolFolders],
    port: receiver.port,
    accept: async (signal, body) => await receiver.accept(signal, body),
    accessLogOf: (application) => accessLogOf(readChecked(folder.run) ?? config, folder, application),
    logger: logger.child({ component: 'spool' }),
  })
}
