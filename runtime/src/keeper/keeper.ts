/**
 * The keeper: binds the listeners, keeps every part alive, and passes registry pushes and events on to management. It loads no npm
 * package, parses no request and holds no data: what can crash, crashes elsewhere. Read slot.ts for restarts and reloads,
 * management-feed.ts for what is passed on, parts.ts for what it is given.
 */
import { type EventName, type FromChild, kinds, objectNameOf } from '@spyglass/agent/contract'
import { Commands } from './commands.ts'
import { lockDataFolder } from './data-lock.ts'
import type { Exit, Generation } from './generation.ts'
import { DownIncidents, noteOf } from './incidents.ts'
import { type KeeperLog, openKeeperLog } from './keeper-log.ts'
import { bindListeningSocket, type ListeningSocket } from './listening-socket.ts'
import { ManagementFeed } from './management-feed.ts'
import { Milestones } from './milestones.ts'
import { type OrphanGuard, startOrphanGuard } from './orphan-guard.ts'
import type { Part, ServerPlan } from './parts.ts'
import { awaitPredecessors, keeperMark, probePorts } from './predecessors.ts'
import { factsOf, selfReport } from './self-report.ts'
import { Slot } from './slot.ts'
import { StandIn } from './stand-in.ts'
import { StartGate } from './start-gate.ts'

const TICK_MS = 1000
const STOP_MS = 5000

export interface Keeper extends Pick<Milestones, 'tried' | 'ready' | 'stopped'> {
  /** What the server is still waiting for before it is ready. */
  pending(): readonly string[]
  /** Stops all parts in the reverse order of their start. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts a server. After a crash of the previous keeper on the data folder, it waits until the processes of that keeper are gone.
 * @throws SPY_DATA_IN_USE, SPY_DATA_UNLOCKABLE, SPY_LOG_UNWRITABLE, SPY_PORT_TAKEN, SPY_LISTEN_FAILED before anything was started
 */
export async function startKeeper(plan: ServerPlan): Promise<Keeper> {
  const lock = lockDataFolder(plan.dataRoot, plan.runFolder)
  try {
    await awaitPredecessors(plan.dataRoot)
    await probePorts([...plan.ports, ...plan.listeners], lock.afterCrash)
    const sockets = new Map<string, ListeningSocket>()
    for (const { name, host, port } of plan.listeners) sockets.set(name, await bindListeningSocket(name, host, port))
    return new RunningKeeper(plan, sockets, openKeeperLog(plan.logFile), () => lock.release())
  } catch (error) {
    lock.release()
    throw error
  }
}

class RunningKeeper implements Keeper {
  readonly tried: Promise<ReadonlyMap<string, Error>>
  readonly ready: Promise<void>
  readonly stopped: Promise<void>
  readonly #milestones = new Milestones()
  readonly #plan: ServerPlan
  readonly #sockets: ReadonlyMap<string, ListeningSocket>
  readonly #log: KeeperLog
  readonly #unlock: () => void
  readonly #guard: OrphanGuard
  readonly #gate = new StartGate()
  readonly #startedAt = Date.now()
  readonly #feed = new ManagementFeed()
  readonly #incidents = new DownIncidents((event) => this.#feed.event('keeper', event))
  readonly #parts: readonly Part[]
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #instances: readonly Slot[]
  readonly #standIns: ReadonlyMap<string, StandIn>
  readonly #commands: Commands
  readonly #ticking: NodeJS.Timeout
  /** The last reasons from management why the server is not ready. */
  #reasons: readonly string[] = []
  #isReady = false
  #stopping: Promise<void> | undefined

  // eslint-disable-next-line max-params -- built in one place, of four unlike things
  constructor(plan: ServerPlan, sockets: ReadonlyMap<string, ListeningSocket>, log: KeeperLog, unlock: () => void) {
    this.#plan = plan
    this.#sockets = sockets
    this.#log = log
    this.#unlock = unlock
    this.tried = this.#milestones.tried
    this.ready = this.#milestones.ready
    this.stopped = this.#milestones.stopped
    this.#guard = startOrphanGuard(keeperMark, (reason) => log.warn({ reason }, 'the orphan guard exited; restarting it'))
    this.#parts = plan.parts(sockets)
    this.#slots = new Map(this.#parts.map((part) => [part.spec.name, this.#slotOf(part)]))
    this.#instances = this.#parts.filter(({ kind }) => kind === 'instance').flatMap(({ spec }) => this.#slots.get(spec.name) ?? [])
    this.#standIns = new Map([...sockets].map(([name, socket]) => [name, this.#standInOf(socket)]))
    this.#commands = new Commands({
      slots: this.#slots,
      instances: this.#instances,
      resourceOf: (slot) => (this.#instances.includes(slot) ? instanceName(slot) : this.#serverName()),
      note: ({ name, resource, message, attributes }) => this.#note(name, resource, message, attributes),
    })
    this.#ticking = setInterval(() => this.#tick(), TICK_MS)
    log.info({ server: plan.serverName, parts: [...this.#slots.keys()] }, 'keeper started')
    void this.#start()
  }

  pending(): readonly string[] {
    const starting = [...this.#slots.values()].filter(({ state }) => state !== 'ready').map(({ name }) => name)
    return starting.length > 0 ? starting : this.#reasons
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopAll())
  }

  async #start(): Promise<void> {
    const failures = new Map<string, Error>()
    const starts = [...this.#slots.values()].map((slot) =>
      slot.start().catch((error: unknown) => {
        if (!this.#stopping) this.#log.error({ part: slot.name, err: String(error) }, 'a process could not be started')
        failures.set(slot.name, error instanceof Error ? error : new Error(String(error)))
      }),
    )
    await Promise.all(starts)
    this.#milestones.tellTried(failures)
  }

  async #stopAll(): Promise<void> {
    this.#log.info({}, 'keeper stops')
    this.#note('spyglass.server.stopping', this.#serverName(), `server ${this.#plan.serverName} was asked to stop`)
    clearInterval(this.#ticking)
    for (const slot of this.#slots.values()) slot.retire()
    await Promise.all([...this.#standIns.values()].map((standIn) => standIn.somebodyServes()))
    for (const { spec } of this.#parts.toReversed()) await this.#slots.get(spec.name)?.stop(STOP_MS)
    for (const socket of this.#sockets.values()) socket.close()
    this.#guard.close()
    this.#unlock()
    this.#log.info({}, 'keeper stopped')
    this.#log.close()
    this.#milestones.tellStopped()
  }

  #slotOf(part: Part): Slot {
    return new Slot({
      spec: part.spec,
      overlaps: part.kind === 'instance',
      gate: this.#gate,
      hooks: {
        logFd: this.#log.fd,
        logFile: this.#log.file,
        guard: this.#guard,
        onMessage: (slot, generation, message) => this.#onMessage(slot, generation, message),
        onReady: (slot) => this.#onReady(part, slot),
        onDown: (slot, reason) => this.#onDown(part, slot, reason),
        onGone: (slot, exit) => this.#onGone(slot, exit),
      },
    })
  }

  #standInOf(socket: ListeningSocket): StandIn {
    const { fd, file } = this.#log
    return new StandIn(socket, this.#plan.unavailable, { logFd: fd, logFile: file, guard: this.#guard, onMessage: () => {} })
  }

  #onMessage(slot: Slot, generation: Generation, message: FromChild): void {
    const inService = slot.current === generation
    if (message.type === 'registry' && inService) {
      slot.unready = message.unready ?? []
      this.#feed.push(slot.name, message.snapshot)
    }
    if (message.type === 'event' && (inService || message.event.phase !== 'raise')) this.#feed.event(slot.name, message.event)
    if (message.type === 'command') void this.#obey(generation, message)
    if (message.type === 'readiness') this.#onReadiness(message.reasons)
  }

  /** Management has reports from all parts and evaluates them; the server is ready the first time it finds no problem. */
  #onReadiness(reasons: readonly string[]): void {
    this.#reasons = reasons
    if (this.#isReady || this.#stopping || reasons.length > 0 || this.pending().length > 0) return
    this.#isReady = true
    this.#note('spyglass.server.started', this.#serverName(), `server ${this.#plan.serverName} is ready`)
    this.#milestones.tellReady()
  }

  #onReady(part: Part, slot: Slot): void {
    this.#log.info({ part: slot.name, generation: slot.generations, childPid: slot.current?.pid }, 'ready')
    if (slot.name === 'management' && slot.current) this.#feed.connect(slot.current)
    if (part.kind === 'instance') {
      this.#feed.gone(slot.name, true) // open incidents and pushes of the previous generation no longer count
      this.#incidents.up(instanceName(slot), `instance ${slot.name} is ready again`, factsOf(slot))
      void this.#standIns.get(part.listener ?? '')?.somebodyServes()
    }
    this.#report()
  }

  #onDown(part: Part, slot: Slot, reason: string): void {
    this.#log.warn({ part: slot.name, generation: slot.generations, reason }, 'exited unexpectedly; restarting it')
    if (slot.name === 'management') this.#feed.disconnect()
    this.#feed.gone(slot.name, false)
    if (part.kind === 'instance') {
      this.#incidents.down(instanceName(slot), `instance ${slot.name} is down: ${reason}`, factsOf(slot))
      this.#considerStandIn(part.listener)
    } else {
      this.#note('spyglass.process.restarted', this.#serverName(), `restarting ${slot.name}: ${reason}`, { process: slot.name })
    }
    this.#report()
  }

  #onGone(slot: Slot, { asked, code, signal }: Exit): void {
    this.#log.info({ part: slot.name, asked, code, signal }, 'process ended')
  }

  #considerStandIn(listener: string | undefined): void {
    const serves = this.#parts.some((part) => part.listener === listener && this.#slots.get(part.spec.name)?.state === 'ready')
    if (listener !== undefined && !serves && !this.#stopping) this.#standIns.get(listener)?.nobodyServes()
  }

  async #obey(asker: Generation, { id, verb, target }: Extract<FromChild, { type: 'command' }>): Promise<void> {
    try {
      asker.send({ type: 'result', id, ok: true, message: await this.#commands.run(verb, target) })
    } catch (error) {
      asker.send({ type: 'result', id, ok: false, message: error instanceof Error ? error.message : String(error) })
    }
  }

  #tick(): void {
    for (const slot of this.#slots.values()) slot.checkPulse()
    this.#report()
  }

  #report(): void {
    const slots = [...this.#slots.values()]
    const placeOf = ({ name }: Slot): Part => this.#parts.find(({ spec }) => spec.name === name)!
    const report = selfReport({ plan: this.#plan, startedAt: this.#startedAt, instances: this.#instances, slots, placeOf, now: Date.now() })
    this.#feed.push('keeper', report)
  }

  #note(name: EventName, resource: string, message: string, attributes: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.#feed.event('keeper', noteOf({ name, resource, message, attributes, time: Date.now() }))
  }

  #serverName(): string {
    return objectNameOf(kinds.server, { name: this.#plan.serverName })
  }
}

const instanceName = (slot: Slot): string => objectNameOf(kinds.instance, { name: slot.name })
