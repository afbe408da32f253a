/** The members of a datasource, what is known of each, and which of them gets the writes now. Decisions are in choose.ts; events report them. */
import { EventEmitter } from 'node:events'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Clock } from '../../clock/index.ts'
import type { Driver } from '../driver.ts'
import { fail } from '../errors.ts'
import {
  chooseWriter,
  followed,
  isRefusal,
  type Known,
  type Memory,
  NOTHING,
  type Obstacle,
  oneOf,
  readers,
  type ReadWish,
  type Refusal,
  remembered,
} from './choose.ts'
import type { Standing } from '../standing.ts'
import { answered, type Member, type MemberState, refused, unanswered, UNKNOWN } from './member.ts'
import { Probe } from './probe.ts'
import type { SeenFile } from './seen-file.ts'

export type GroupSettings = Pick<
  DatasourceConfig,
  'name' | 'sharded' | 'balance' | 'probeIntervalMs' | 'probeTimeoutMs' | 'probeFailures' | 'restoreAfterMs' | 'maxLagMs'
>

/** What a group tells. */
interface GroupEvents {
  /** Writes go to another member than before; undefined at the first. */
  writer: [to: Member, from: Member | undefined]
  down: [member: Member, reason: string]
  /** It was down, and gets reads again. */
  restored: [member: Member]
  /** Something is known that was not before. */
  changed: []
}

export interface GroupOptions {
  readonly clock: Clock
  readonly settings: () => GroupSettings
  readonly members: readonly Member[]
  /** How a member is reached for questions. */
  readonly driverOf: (member: Member) => Driver
  /** Lent connections that lead to it. */
  readonly lentOf: (name: string) => number
  /** What this process and those before it have seen; without it, it begins with nothing. */
  readonly seen?: Pick<SeenFile, 'read' | 'write'> | undefined
  /** From 0 to 1. */
  readonly random?: () => number
}

export class Group {
  readonly events = new EventEmitter<GroupEvents>()
  readonly #options: GroupOptions
  readonly #states = new Map<string, MemberState>()
  readonly #probes = new Map<string, Probe>()
  /** Those that were down and get no reads yet. */
  readonly #restoring = new Map<string, () => void>()
  #members: readonly Member[]
  #memory: Memory
  #isStopped = false

  constructor(options: GroupOptions) {
    this.#options = options
    this.#members = options.members
    const seen = options.seen?.read()
    this.#memory = seen ? { ...NOTHING, ...seen, isRestored: true } : NOTHING
    this.events.setMaxListeners(0) // one for each connection that waits for a writer: as many as the pool opens
    for (const member of options.members) this.#newProbe(member)
  }

  get members(): readonly Member[] {
    return this.#members
  }

  /**
   * Takes on other members. Of one that is new, or has another address, nothing is known until it has answered. Who was replaced is not believed for a new
   * address alone.
   */
  become(members: readonly Member[]): void {
    if (this.#isStopped) return
    const before = this.#members
    this.#members = members
    const isSame = ({ name, url }: Member): boolean => members.some((one) => one.name === name && one.url === url)
    for (const { name } of before.filter((one) => !isSame(one))) this.#forget(name)
    for (const member of members) if (!this.#probes.has(member.name)) void this.#newProbe(member).ask()
    this.#follow()
    this.events.emit('changed')
  }

  #forget(name: string): void {
    void this.#probes.get(name)?.stop()
    this.#probes.delete(name)
    this.#states.delete(name)
    this.#restoring.get(name)?.()
    this.#restoring.delete(name)
    if (this.#memory.writer === name) this.#memory = { ...this.#memory, writer: undefined }
  }

  #newProbe(member: Member): Probe {
    const probe = this.#probeOf(member)
    this.#probes.set(member.name, probe)
    return probe
  }

  /** Resolves when each member has answered or failed once. */
  async start(): Promise<void> {
    await Promise.all([...this.#probes.values()].map((probe) => probe.ask()))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const cancel of this.#restoring.values()) cancel()
    await Promise.all([...this.#probes.values()].map((probe) => probe.stop()))
    this.events.emit('changed')
    this.events.removeAllListeners()
  }

  /** Questions are asked with new settings. */
  renewProbes(): void {
    for (const probe of this.#probes.values()) probe.renew()
  }

  get writer(): Member | undefined {
    const choice = this.#chosen()
    return isRefusal(choice) ? undefined : choice
  }

  stateOf({ name }: Member): MemberState {
    return this.#states.get(name) ?? UNKNOWN
  }

  /** Whether it gets the writes, or reads; otherwise why it gets none. */
  useOf(member: Member): 'writes' | 'reads' | Obstacle {
    if (this.writer === member) return 'writes'
    const known = [this.#known(member)]
    const found = readers(known, this.#memory, {}, this.#limits())
    if (!isRefusal(found)) return 'reads'
    const obstacle = found.obstacles.get(member.name) ?? 'down'
    if (obstacle !== 'writable') return obstacle
    if (this.#options.settings().sharded) return obstacle
    const choice = this.#chosen() // why it accepts writes and gets none
    const reasons = isRefusal(choice) ? choice : chooseWriter(known, this.#memory)
    return isRefusal(reasons) ? (reasons.obstacles.get(member.name) ?? obstacle) : obstacle
  }

  /**
   * Who gets the writes, waiting for one for at most `ms`.
   * @throws SPY_WRITER_MISSING
   */
  writerWithin(ms: number, signal: AbortSignal): Promise<Member> {
    const refused = (): Error => this.#refusedError(this.#chosen() as Refusal)
    return this.#within(ms, () => this.writer ?? (this.#isStopped || signal.aborted ? refused() : undefined), refused, signal)
  }

  /**
   * A member for a read, waiting for at most `ms` while there is none and some have not answered yet.
   * @throws SPY_READER_MISSING
   */
  readerWithin(ms: number, wish: ReadWish): Member | Promise<Member> {
    const choice = this.#reader(wish)
    if (!isRefusal(choice)) return choice
    const refused = (): Error => this.#refusedError(choice)
    const isAwaited = (): boolean => !this.#isStopped && this.#members.some((member) => this.stateOf(member).health === 'unknown')
    if (!isAwaited()) throw refused()
    return this.#within(
      ms,
      () => {
        const now = this.#reader(wish)
        if (!isRefusal(now)) return now
        return isAwaited() ? undefined : this.#refusedError(now)
      },
      refused,
    )
  }

  /** Looks again whenever something is known that was not, until there is a member, or an error. */
  #within(ms: number, find: () => Member | Error | undefined, late: () => Error, signal?: AbortSignal): Promise<Member> {
    const first = find()
    if (first) return first instanceof Error ? Promise.reject(first) : Promise.resolve(first)
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find()
        if (found) settle(() => (found instanceof Error ? reject(found) : resolve(found)))
      }
      const cancel = this.#options.clock.after(ms, () => settle(() => reject(late())))
      const settle = (then: () => void): void => {
        cancel()
        this.events.off('changed', look)
        signal?.removeEventListener('abort', look)
        then()
      }
      this.events.on('changed', look)
      signal?.addEventListener('abort', look, { once: true })
    })
  }

  #reader(wish: ReadWish): Member | Refusal {
    const found = readers(this.#all(), this.#memory, wish, this.#limits())
    if (isRefusal(found)) return found
    const { lentOf, random = Math.random, settings } = this.#options
    return oneOf(found, settings().balance, random(), lentOf)
  }

  /** Asks a member now. */
  async look({ name }: Member): Promise<void> {
    await this.#probes.get(name)?.ask()
  }

  /** Real traffic found that a member does not accept connections any more. */
  refused(member: Member, message: string): void {
    this.#take(member.name, (state) => refused(state, message))
    void this.look(member)
  }

  #chosen(): Member | Refusal {
    return chooseWriter(this.#all(), this.#memory)
  }

  #probeOf(member: Member): Probe {
    const { name } = member
    const { clock, settings, driverOf } = this.#options
    return new Probe({
      driver: driverOf(member),
      clock,
      times: settings,
      answered: (standing) => this.#answered(name, standing),
      failed: (message, isRefused) =>
        this.#take(name, (state) => (isRefused ? refused(state, message) : unanswered(state, message, settings().probeFailures))),
    })
  }

  #answered(name: string, standing: Standing): void {
    const wasDown = this.#states.get(name)?.health === 'down'
    const { clock, settings } = this.#options
    this.#take(name, (state) => answered(state, standing, clock.now()))
    if (!wasDown) return
    const restored = (): void => {
      this.#restoring.delete(name)
      const member = this.#named(name)
      if (member && ['reads', 'writes'].includes(this.useOf(member))) this.events.emit('restored', member)
      this.events.emit('changed')
    }
    this.#restoring.set(name, clock.after(settings().restoreAfterMs, restored))
  }

  #take(name: string, next: (state: MemberState) => MemberState): void {
    const member = this.#named(name)
    if (this.#isStopped || !member) return
    const before = this.stateOf(member)
    const after = next(before)
    this.#states.set(name, after)
    if (after.health === 'down' && before.health !== 'down') {
      this.#restoring.get(name)?.()
      this.#restoring.delete(name)
      this.events.emit('down', member, after.lastError)
    }
    this.#follow()
    this.events.emit('changed')
  }

  #follow(): void {
    this.#memory = remembered(this.#memory, this.#all())
    const { settings, seen } = this.#options
    if (settings().sharded) return
    const { writer } = this
    const before = this.#memory.writer
    if (writer && writer.name !== before) this.#memory = followed(this.#memory, writer.name, this.#all())
    seen?.write(this.#memory)
    if (writer && writer.name !== before) this.events.emit('writer', writer, before === undefined ? undefined : this.#named(before))
  }

  #limits() {
    const { restoreAfterMs, maxLagMs } = this.#options.settings()
    return { now: this.#options.clock.now(), restoreAfterMs, maxLagMs }
  }

  #named(name: string): Member | undefined {
    return this.#members.find((member) => member.name === name)
  }

  #known(member: Member): Known {
    return { member, state: this.stateOf(member) }
  }

  #all(): readonly Known[] {
    return this.members.map((member) => this.#known(member))
  }

  #refusedError({ code, obstacles }: Refusal): Error {
    const reasons = this.members.map(({ name }) => `${name} ${obstacles.get(name) ?? 'up'}${this.#lastErrorOf(name)}`)
    return fail(code, [this.#options.settings().name, reasons.join(', ')])
  }

  #lastErrorOf(name: string): string {
    const { lastError = '' } = this.#states.get(name) ?? {}
    return lastError && ` (${lastError})`
  }
}
