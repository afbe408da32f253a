/** The management process: the one place where all resources and events of a server come together. */
import { messageOf } from '@spyglass/agent/contract'
import { connectKeeper, type KeeperLink, outboxFolder } from '@spyglass/process/keeper-link'
import type { Registry } from '@spyglass/agent/registry'
import { openAuthenticator } from '@spyglass/process/access'
import { askDecider, followManagement } from '@spyglass/process/administration-api'
import {
  checkedFileIn,
  instanceGroups,
  instanceNames,
  ownPort,
  readChecked,
  registrySocket,
  watchLogFiles,
} from '@spyglass/process/checked-config'
import { type OwnProcess, openOwnProcess } from '@spyglass/process/own-process'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { serverIdentity } from '@spyglass/process/server-identity'
import { dirname, join } from 'node:path'
import { version } from '../version.ts'
import { isLocalClient } from '@spyglass/process/listener'
import { servePort } from '@spyglass/process/own-port'
import { MANAGEMENT_SOCKET, managementSocketFile, serveAdministration } from '@spyglass/process/admin-socket'
import { LogRotator } from '../log-rotation/log-rotator.ts'
import { counterFile } from './counter-file.ts'
import { diskState } from './disk-state.ts'
import { Gathering } from './gathering.ts'
import { buildManagement } from './http.ts'
import { followMethod } from './follow-method.ts'
import { feedOf, openServerJournal, sendToCollector } from './journal-of-server.ts'
import { localMethods } from './local-methods.ts'
import { leftOutboxes } from './outbox-folder.ts'
import { poolLimitWatch } from './pool-limits.ts'
import { type Readiness, readinessOf } from './readiness.ts'
import { openRegistryServer } from './registry-server.ts'
import { KEEPER } from './resource-merge.ts'
import { Sources, type SourcesOptions } from './sources.ts'

const NAME = 'management'
/** What a killed management may forget of processes that end before its successor is there. */
const SAVE_COUNTERS_MS = 5000

/** Runs it until the keeper, or a signal, says stop. */
export async function runManagement(argv: readonly string[]): Promise<void> {
  const own = await openOwnProcess(NAME, argv)
  const { config, folder, secrets, registry, logger, live } = own
  const platformNode = config.management.platformNode ?? instanceGroups(config).flatMap(instanceNames)[0] ?? NAME
  const journal = openServerJournal(own, NAME)
  const sender = sendToCollector(own, journal, NAME)
  const gathering = new Gathering({ registry, journal, platformNode })
  registerPlatformBeans(platformNode === NAME ? registry : gathering.nodes.of(NAME), { processName: NAME })
  const disk = diskState(folder.root)
  const readiness = (): Readiness => readinessOf(registry, disk)
  const port = ownPort(config, 'management')
  const app = await buildManagement({
    registry,
    feed: feedOf(journal),
    nodes: (name) => gathering.nodes.find(name),
    logger,
    agentId: serverIdentity(folder),
    version,
    authenticator: openAuthenticator('management', own),
    caller: { hostNames: port.hostNames },
    isProtected: config.management.credentials === 'required',
    readiness,
    api: {
      ask: askDecider(folder),
      follow: followManagement(folder),
      mayChange: ({ raw }) => config.management.remoteChanges || isLocalClient(raw),
      uploads: { folder: join(folder.uploads, NAME), maxBytes: config.deployment.maxUploadBytes },
    },
  })
  const local = await serveAdministration({
    file: managementSocketFile(folder.run),
    inheritedAs: MANAGEMENT_SOCKET,
    methods: { ...localMethods(registry), ...followMethod(folder) },
    onFault: (error, method) => logger.error({ err: error, method }, 'an administration request failed'),
  })
  const served = await servePort(app, { port, ownTokens: [secrets.internal.token], registry, logger })
  const link: KeeperLink = connectKeeper({
    registry,
    live,
    passEvents: false, // they end up here
    stop: async () => {
      sources.save()
      registryServer.close()
      await Promise.all([served.close(0), local.close()])
      await Promise.all([sender.stop(2000).then(() => journal.close()), rotator.stop()])
    },
  })
  const tell = everySecond(registry, readiness, (reasons) => link.send({ type: 'readiness', reasons }))
  const rotator = rotateLogs(own)
  const sources = openSources(own, {
    gathering,
    journal,
    onPush: (source) => source === KEEPER && tell(),
    onSockets: (sockets) => registryServer.adjust(sockets),
  })
  const registryServer = await openRegistryServer(registrySocket(folder), sources, (err) =>
    logger.error({ err }, 'a socket for registry pushes could not be opened; retrying'),
  )
  link.ready()
}

/** Who speaks for what, with what ended processes have left. */
function openSources({ folder, logger }: OwnProcess, options: Omit<SourcesOptions, 'left' | 'counters' | 'onRefused'>): Sources {
  const outboxes = outboxFolder(registrySocket(folder))
  const sources = new Sources({
    ...options,
    left: (source) => leftOutboxes(outboxes, source),
    counters: counterFile(folder),
    onRefused: (source, count) =>
      logger.warn({ source, count }, 'a process told events that it may not tell, or too many: they were dropped'),
  })
  for (const outbox of leftOutboxes(outboxes)) sources.takeOver(outbox)
  setInterval(() => sources.save(), SAVE_COUNTERS_MS).unref()
  return sources
}

/** What is looked at whenever the keeper reports. */
function everySecond(registry: Registry, readiness: () => Readiness, send: (reasons: readonly string[]) => void): () => void {
  const [tell, checkLimits] = [readinessTeller(readiness, send), poolLimitWatch(registry)]
  return () => {
    tell()
    checkLimits()
  }
}

/** The keeper reports every second; it hears the judgement when it changes. */
function readinessTeller(readiness: () => Readiness, send: (reasons: readonly string[]) => void): () => void {
  let last: string | undefined
  return () => {
    const { reasons } = readiness()
    const text = JSON.stringify(reasons)
    if (text === last) return
    last = text
    send(reasons)
  }
}

/** The logs of all processes: their writers notice by themselves that a file was renamed. */
function rotateLogs({ config, folder, logger }: OwnProcess): LogRotator {
  const log = logger.child({ component: 'log-rotation' })
  let failing = ''
  const logFiles = watchLogFiles(checkedFileIn(folder.run), () => readChecked(folder.run))
  const rotator = new LogRotator({
    folders: [dirname(folder.serverLog), folder.accessLogs, folder.outputs],
    files: () => Object.values(logFiles()).flat(),
    settings: config.logs.rotation,
    onRotated: (file, rotated) => log.info({ file, rotated }, 'a log was rotated'),
    onFailure(error) {
      const message = messageOf(error)
      if (message !== failing) log.warn({ err: error }, 'logs cannot be rotated; retrying')
      failing = message
    },
  })
  rotator.start()
  return rotator
}
