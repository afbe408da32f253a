/**
 * The keeper: binds the listeners, keeps every part alive, and passes registry pushes and events on to management. It loads no npm
 * package, parses no request and holds no data: what can crash, crashes elsewhere. Read slot.ts for restarts and reloads,
 * management-feed.ts for what is passed on, parts.ts for what it is given.
 */
import { type CommandVerb, type EventName, type FromChild, kinds, objectNameOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { lockDataFolder } from './data-lock.ts'
import type { Exit, Generation } from './generation.ts'
import { DownIncidents, noteOf } from './incidents.ts'
import { type KeeperLog, openKeeperLog } from './keeper-log.ts'
import { bindListeningSocket, type ListeningSocket, probePort } from './listening-socket.ts'
import { ManagementFeed } from './management-feed.ts'
import type { Part, ServerPlan } from './parts.ts'
import { selfReport } from './self-report.ts'
import { Slot } from './slot.ts'
import { StandIn } from './stand-in.ts'

const TICK_MS = 1000
const DRAIN_MS = 10_000
const STOP_MS = 5000

export interface Keeper {
  /** Settles when every part has been ready once or has failed; failures by part name. */
  readonly started: Promise<ReadonlyMap<string, Error>>
  /** Settles when all parts have been stopped. */
  readonly stopped: Promise<void>
  /** Names of the parts that are not ready now. */
  pending(): readonly string[]
  /** Stops all parts in the reverse order of their start. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts a server.
 * @throws SPY_DATA_IN_USE, SPY_PORT_TAKEN, SPY_LISTEN_FAILED before anything was started
 */
export async function startKeeper(plan: ServerPlan): Promise<Keeper> {
  const unlock = lockDataFolder(plan.dataRoot, plan.runFolder)
  try {
    for (const { name, host, port } of plan.ports) await probePort(name, host, port)
    const sockets = new Map<string, ListeningSocket>()
    for (const { name, host, port } of plan.listeners) sockets.set(name, await bindListeningSocket(name, host, port))
    return new RunningKeeper(plan, sockets, openKeeperLog(plan.logFile), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

class RunningKeeper implements Keeper {
  readonly started: Promise<ReadonlyMap<string, Error>>
  readonly #plan: ServerPlan
  readonly #sockets: ReadonlyMap<string, ListeningSocket>
  readonly #log: KeeperLog
  readonly #unlock: () => void
  readonly #startedAt = Date.now()
  readonly #feed = new ManagementFeed()
  readonly #incidents = new DownIncidents((event) => this.#feed.event('keeper', event))
  readonly #parts: readonly Part[]
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #standIns: ReadonlyMap<string, StandIn>
  readonly #ticking: NodeJS.Timeout
  readonly stopped: Promise<void>
  #stopping: Promise<void> | undefined
  #tellStopped = (): void => {}

  // eslint-disable-next-line max-params -- built in one place, of four unlike things
  constructor(plan: ServerPlan, sockets: ReadonlyMap<string, ListeningSocket>, log: KeeperLog, unlock: () => void) {
    this.#plan = plan
    this.#sockets = sockets
    this.#log = log
    this.#unlock = unlock
    this.#parts = plan.parts(sockets)
    this.#slots = new Map(this.#parts.map((part) => [part.spec.name, this.#slotOf(part)]))
    this.#standIns = new Map([...sockets].map(([name, socket]) => [name, this.#standInOf(socket)]))
    this.#ticking = setInterval(() => this.#tick(), TICK_MS)
    log.info({ server: plan.serverName, parts: [...this.#slots.keys()] }, 'keeper started')
    this.stopped = new Promise((resolve) => (this.#tellStopped = resolve))
    this.started = this.#start()
  }

  pending(): readonly string[] {
    return [...this.#slots.values()].filter(({ state }) => state !== 'ready').map(({ name }) => name)
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopAll())
  }

  async #start(): Promise<ReadonlyMap<string, Error>> {
    const failures = new Map<string, Error>()
    const starts = [...this.#slots.values()].map((slot) =>
      slot.start().catch((error: unknown) => {
        if (!this.#stopping) this.#log.error({ part: slot.name, err: String(error) }, 'a part could not be started')
        failures.set(slot.name, error instanceof Error ? error : new Error(String(error)))
      }),
    )
    await Promise.all(starts)
    this.#note('spyglass.server.started', this.#serverName(), `server ${this.#plan.serverName} is ready`)
    return failures
  }

  async #stopAll(): Promise<void> {
    this.#log.info({}, 'keeper stops')
    this.#note('spyglass.server.stopping', this.#serverName(), `server ${this.#plan.serverName} was asked to stop`)
    clearInterval(this.#ticking)
    for (const slot of this.#slots.values()) slot.retire()
    await Promise.all([...this.#standIns.values()].map((standIn) => standIn.somebodyServes()))
    for (const { spec } of this.#parts.toReversed()) await this.#slots.get(spec.name)?.stop(STOP_MS)
    for (const socket of this.#sockets.values()) socket.close()
    this.#unlock()
    this.#log.info({}, 'keeper stopped')
    this.#log.close()
    this.#tellStopped()
  }

  #slotOf(part: Part): Slot {
    return new Slot({
      spec: part.spec,
      overlaps: part.kind === 'instance',
      hooks: {
        logFd: this.#log.fd,
        logFile: this.#log.file,
        onMessage: (slot, generation, message) => this.#onMessage(slot, generation, message),
        onReady: (slot) => this.#onReady(part, slot),
        onDown: (slot, reason) => this.#onDown(part, slot, reason),
        onGone: (slot, exit) => this.#onGone(slot, exit),
      },
    })
  }

  #standInOf(socket: ListeningSocket): StandIn {
    return new StandIn(socket, this.#plan.unavailable, { logFd: this.#log.fd, logFile: this.#log.file, onMessage: () => {} })
  }

  #onMessage(slot: Slot, generation: Generation, message: FromChild): void {
    const inService = slot.current === generation
    if (message.type === 'registry' && inService) this.#feed.push(slot.name, message.snapshot)
    if (message.type === 'event' && (inService || message.event.phase !== 'raise')) this.#feed.event(slot.name, message.event)
    if (message.type === 'command') void this.#obey(generation, message)
  }

  #onReady(part: Part, slot: Slot): void {
    this.#log.info({ part: slot.name, generation: slot.generations, childPid: slot.current?.pid }, 'ready')
    if (slot.name === 'management' && slot.current) this.#feed.connect(slot.current)
    if (part.kind === 'instance') {
      this.#feed.gone(slot.name, true) // what the generation before had open or had pushed is void from here on
      this.#incidents.up(instanceName(slot), `instance ${slot.name} is ready again`, factsOf(slot))
      void this.#standIns.get(part.listener ?? '')?.somebodyServes()
    }
    this.#report()
  }

  #onDown(part: Part, slot: Slot, reason: string): void {
    this.#log.warn({ part: slot.name, generation: slot.generations, reason }, 'ended unasked; it is started again')
    if (slot.name === 'management') this.#feed.disconnect()
    this.#feed.gone(slot.name, false)
    if (part.kind === 'instance') {
      this.#incidents.down(instanceName(slot), `instance ${slot.name} is down: ${reason}`, factsOf(slot))
      this.#considerStandIn(part.listener)
    } else {
      this.#note('spyglass.process.restarted', this.#serverName(), `${slot.name} is started again: ${reason}`, { process: slot.name })
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
      const message = await this.#run(verb, target)
      asker.send({ type: 'result', id, ok: true, message })
    } catch (error) {
      asker.send({ type: 'result', id, ok: false, message: error instanceof Error ? error.message : String(error) })
    }
  }

  async #run(verb: CommandVerb, target: string): Promise<string> {
    const slots = this.#slotsFor(target)
    if (verb !== 'reload') throw fail('SPY_SERVER_REFUSED', [`${verb} is not offered`])
    for (const slot of slots) await this.#reload(slot)
    return `reloaded ${slots.map(({ name }) => name).join(', ')}`
  }

  #slotsFor(target: string): readonly Slot[] {
    const found = target === '' ? this.#instances() : [this.#slots.get(target)].filter((slot) => slot !== undefined)
    if (found.length === 0) throw fail('SPY_PART_UNKNOWN', [target, [...this.#slots.keys()].join(', ')])
    return found
  }

  async #reload(slot: Slot): Promise<void> {
    const isInstance = this.#instances().includes(slot)
    const about = isInstance ? instanceName(slot) : this.#serverName()
    try {
      await slot.reload(DRAIN_MS)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#note('spyglass.instance.reload_failed', about, `reload of ${slot.name} failed, the old generation serves on: ${reason}`)
      throw error
    }
    if (isInstance) this.#note('spyglass.instance.reloaded', about, `${slot.name} was reloaded`, factsOf(slot))
  }

  #instances(): readonly Slot[] {
    return this.#parts.filter(({ kind }) => kind === 'instance').flatMap(({ spec }) => this.#slots.get(spec.name) ?? [])
  }

  #tick(): void {
    for (const slot of this.#slots.values()) slot.checkPulse()
    this.#report()
  }

  #report(): void {
    const slots = [...this.#slots.values()]
    const report = selfReport({ plan: this.#plan, startedAt: this.#startedAt, instances: this.#instances(), slots, now: Date.now() })
    this.#feed.push('keeper', report)
  }

  #note(name: EventName, resource: string, message: string, attributes: Readonly<Record<string, string | number>> = {}): void {
    this.#feed.event('keeper', noteOf({ name, resource, message, attributes, time: Date.now() }))
  }

  #serverName(): string {
    return objectNameOf(kinds.server, { name: this.#plan.serverName })
  }
}

const instanceName = (slot: Slot): string => objectNameOf(kinds.instance, { name: slot.name })

function factsOf(slot: Slot): Readonly<Record<string, string | number>> {
  const { name, generations: generation, current, restarts } = slot
  return { instance: name, generation, restarts, ...(current ? { pid: current.pid } : {}) }
}
