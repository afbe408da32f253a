/**
 * Wires the parts of the bridge together and owns their start and stop order: identity on disk, objects, socket, first poll,
 * notifications.
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, type Getters, messageOf, type SpyglassEvent } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { consoleUrl, ensureDataFolder, ownPort, type DataFolder, type Secrets, type SpyglassConfig } from '@spyglass/process/checked-config'
import type { DamageReporter } from '@spyglass/process/durable-file'
import { ownConnection, type OwnConnection } from '@spyglass/process/own-client'
import type { Logger } from '@spyglass/process/logger'
import type { Registry } from '@spyglass/agent/registry'
import { type Oid, parseOid } from './ber/oid.ts'
import { description, version } from './identity.ts'
import { createAgentCore } from './message/agent-core.ts'
import { createCounters, droppedPackets, type EngineCounters } from './counters.ts'
import { agentInstances, type AgentStatus } from './mib/agent-objects.ts'
import { exportMibs } from './mib/export-mibs.ts'
import { complianceOid, productOid } from './mib/layout.ts'
import { type EventOrigin, notificationOf, repeatsAnEvent } from './mib/notifications.ts'
import { mibTables } from './mib/tables.ts'
import { damagedCursors, openCursors } from './notification/cursors.ts'
import { type EventStream, followEvents } from './notification/event-stream.ts'
import { createNotifier, type Message } from './notification/notifier.ts'
import { createReceivers } from './notification/receivers.ts'
import { openUdpServer } from './server/udp-server.ts'
import { createJolokiaReader } from './source/jolokia-client.ts'
import { createPoller, type Poller } from './source/poller.ts'
import { damagedRows, openRowNumbers } from './source/row-numbers.ts'
import { oids } from './system/standard-oids.ts'
import { systemObjects, systemTypes } from './system/system-objects.ts'
import { createEngineClock, type EngineClock } from './usm/engine-clock.ts'
import { damagedEngine, nextEngineIdentity } from './usm/engine-state.ts'
import { localizeKeys, masterKeys } from './usm/keys.ts'
import { createAccessPolicy } from './vacm/vacm.ts'

export interface BridgeOptions {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  readonly registry: Registry
  readonly logger: Logger
  /** Called for damaged state files. */
  readonly onDamage?: DamageReporter
}

export interface Bridge {
  /** UDP port the agent listens on. */
  readonly port: number
  /** Why it does not do all that it should although it runs: without events it notifies nobody. */
  reasonsAgainst(): readonly string[]
  /** Idempotent, and done within a second. `withServer`: the whole server stops, of which receivers are told. */
  stop(options?: { readonly withServer?: boolean }): Promise<void>
}

/** Everything that more than one part needs. */
interface Engine {
  readonly root: Oid
  readonly counters: EngineCounters
  readonly clock: EngineClock
  readonly status: AgentStatus
  /** sysUpTime in hundredths of a second. */
  readonly upTime: () => number
}

/** @throws SPY_SNMP_PORT_TAKEN, SPY_SNMP_PORT_UNUSABLE, SPY_SNMP_STATE, SPY_DATA_UNWRITABLE */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { config, logger } = options
  const folder = ensureDataFolder(config.data)
  const engine = createEngine(options, folder)
  const poller = createBridgePoller(options, engine, folder)
  const core = createAgentCore({
    clock: engine.clock,
    policy: accessPolicy(options, engine.clock),
    counters: engine.counters,
    snapshot: () => poller.snapshot(),
    onInternalError: (err) => logger.error({ err }, 'internal error while handling a packet'),
  })
  const server = await openUdpServer({
    host: config.snmp.host,
    port: config.snmp.port,
    core,
    onError: (err) => logger.warn({ err }, 'a response was not sent'),
  })
  offerMibs(options, folder.mibs, engine.root)
  const withdraw = registerAgent(options, engine, poller)
  const notifications = startNotifications(options, engine, folder)
  await Promise.all([poller.start(), notifications.attempted])
  logger.info({ port: server.port, engineId: engine.clock.engineId.toString('hex'), boots: engine.clock.boots }, 'SNMP bridge started')
  let stopping: Promise<void> | undefined
  async function stop(withServer: boolean): Promise<void> {
    withdraw()
    poller.stop()
    await Promise.all([server.close(), notifications.stop(withServer)])
  }
  return {
    port: server.port,
    reasonsAgainst: () => (notifications.problem === undefined ? [] : [notifications.problem]),
    stop: ({ withServer = false } = {}) => (stopping ??= stop(withServer)),
  }
}

/** People and their tools use these files; the agent does not need them to answer. */
function offerMibs({ logger }: BridgeOptions, folder: string, root: Oid): void {
  try {
    exportMibs(folder, root)
  } catch (error) {
    logger.warn(whatWent(error), 'the MIB files were not written')
  }
}

function createEngine({ config, onDamage = unheard }: BridgeOptions, folder: DataFolder): Engine {
  const { engineId, boots } = nextEngineIdentity(folder.state, { onDamage: onDamage(damagedEngine) })
  const startedAt = performance.now()
  return {
    root: parseOid(config.snmp.root),
    counters: createCounters(),
    clock: createEngineClock(engineId, boots),
    status: {
      version,
      lastPoll: 0,
      pollErrors: 0,
      stale: false,
      notificationsSent: 0,
      informsUnacknowledged: 0,
      notificationsDropped: 0,
      undelivered: new Map(),
    },
    upTime: () => (performance.now() - startedAt) / 10,
  }
}

const unheard: DamageReporter = () => () => {}

function accessPolicy({ config, secrets }: BridgeOptions, clock: EngineClock) {
  const { user, authPassword, privPassword } = secrets.snmp
  const keys = localizeKeys(masterKeys(authPassword, privPassword), clock.engineId)
  return createAccessPolicy({ community: config.snmp.community, users: [{ name: Buffer.from(user, 'utf8'), keys }] })
}

function createBridgePoller({ config, secrets, logger, onDamage = unheard }: BridgeOptions, engine: Engine, folder: DataFolder): Poller {
  const { root, clock, counters, status, upTime } = engine
  const { contact, location, pollIntervalMs } = config.snmp
  const management = ownConnection(ownPort(config, 'management'), secrets.internal.token)
  const system = systemObjects({
    description,
    objectId: productOid(root),
    ownModule: complianceOid(root),
    contact,
    name: hostname(),
    location,
    clock,
    upTime,
    counters,
  })
  const scalars = (polled: boolean) => [...system, ...agentInstances(root, status, polled)]
  return createPoller({
    read: createJolokiaReader({ ...jolokiaOf(management), timeoutMs: Math.max(1000, pollIntervalMs) }),
    tables: mibTables(),
    numbers: openRowNumbers(join(folder.state, 'snmp-rows.json'), onDamage(damagedRows)),
    root,
    intervalMs: pollIntervalMs,
    status,
    scalars,
    scalarTypes: systemTypes(scalars(true)),
    onChange: (error) =>
      error ? logger.warn(whatWent(error), 'the MBean endpoint does not respond') : logger.info('the MBean endpoint responds again'),
    onUnsaved: (error) =>
      error
        ? logger.warn(whatWent(error), 'new rows are hidden: cannot write their numbers to disk')
        : logger.info('new rows are shown again'),
  })
}

function startNotifications(
  { config, secrets, logger, onDamage = unheard }: BridgeOptions,
  engine: Engine,
  folder: DataFolder,
): Notifications {
  let problem: string | undefined
  const last = Promise.withResolvers<void>()
  const receivers = createReceivers(config.snmp.trapTargets, secrets.snmp)
  const cursors = openCursors({
    file: join(folder.state, 'snmp-cursors.json'),
    receivers: receivers.map(({ name }) => name),
    onFailure: (error) => logger.warn(whatWent(error), 'cannot save how far the receivers of notifications are'),
    onDamage: onDamage(damagedCursors),
  })
  const notifier = createNotifier({
    receivers,
    status: engine.status,
    onFailure: (error) => logger.warn(whatWent(error), 'a notification was not delivered'),
    cursors,
    readAgain: (after) => stream.readAgain(after),
  })
  notifier.notify({ notification: { oid: oids.coldStart, varbinds: [], upTime: engine.upTime() } })
  const mustSend = (event: SpyglassEvent): boolean => config.snmp.notifications === 'all' || !repeatsAnEvent(event)
  const told = (event: SpyglassEvent): Message =>
    messageAbout(event, engine, { server: config.server.name, consoleUrl: consoleUrl(config) })
  const stream: EventStream = followEvents({
    ...jolokiaOf(ownConnection(ownPort(config, 'management'), secrets.internal.token)),
    after: cursors.oldest,
    onEvent(event, position) {
      notifier.notify({ ...(mustSend(event) ? told(event) : {}), position })
      if (event.name === 'spyglass.server.stopping') last.resolve()
    },
    onChange(error) {
      problem = error ? `notifications are not sent: ${messageOf(error)}` : undefined
      if (error) logger.warn(whatWent(error), 'the event stream is interrupted')
      else logger.info('the event stream is open')
    },
  })
  return {
    attempted: stream.attempted,
    get problem() {
      return problem
    },
    async stop(withServer) {
      if (withServer && problem === undefined)
        await within(
          TELL_STOP_MS,
          last.promise.then(() => notifier.idle()),
        )
      notifier.stop()
      cursors.save()
      await stream.stop()
    },
  }
}

/** How long a stop waits until receivers know. */
const TELL_STOP_MS = 500

const within = (ms: number, work: Promise<void>): Promise<void> => Promise.race([work, delay(ms, undefined, { ref: false })])

interface Notifications extends Pick<EventStream, 'attempted'> {
  /** Why events do not come. */
  readonly problem: string | undefined
  stop(withServer: boolean): Promise<void>
}

/** Without a notification for an event that SNMP does not tell. */
function messageAbout(event: SpyglassEvent, { root, upTime }: Engine, origin: EventOrigin): Message {
  const notification = notificationOf(event, root, origin)
  return notification ? { notification: { ...notification, upTime: upTime() }, isIncident: event.phase !== 'note' } : {}
}

/** Peers that are temporarily down are normal: a code and a message suffice, a stack would add nothing. */
const whatWent = (error: unknown) => ({ code: codeOf(error), reason: messageOf(error) })

/** The bridge is a managed resource too. */
function registerAgent({ config, registry }: BridgeOptions, { clock, counters, status }: Engine, poller: Poller): () => void {
  const getters: Getters<typeof kinds.snmpAgent> = {
    name: () => config.server.name,
    engineId: () => clock.engineId.toString('hex'),
    engineBoots: () => clock.boots,
    packetsIn: () => counters.inPackets,
    packetsOut: () => counters.outPackets,
    packetsDropped: () => droppedPackets(counters),
    notificationsSent: () => status.notificationsSent,
    notificationsUnacknowledged: () => status.informsUnacknowledged,
    notificationProblem: () => [...status.undelivered.values()].toSorted().join('; ') || undefined,
    lastPoll: () => status.lastPoll || undefined,
    pollErrors: () => status.pollErrors,
    objects: () => poller.snapshot().size,
  }
  return registry.register(kinds.snmpAgent, { name: config.server.name }, getters)
}

const jolokiaOf = ({ url, fetch }: OwnConnection) => ({ url: `${url}/jolokia`, fetch })
