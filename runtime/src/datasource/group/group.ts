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
  /** From 0 to 1. */
  readonly random?: () => number
}

export class Group {
  readonly events = new EventEmitter<GroupEvents>()
  readonly members: readonly Member[]
  readonly #options: GroupOptions
  readonly #states = new Map<string, MemberState>()
  readonly #probes = new Map<string, Probe>()
  /** Those that were down and get no reads yet. */
  readonly #restoring = new Map<string, () => void>()
  #memory: Memory = NOTHING
  #isStopped = false

  constructor(options: GroupOptions) {
    this.#options = options
    this.members = options.members
    this.events.setMaxListeners(0) // one for each connection that waits for a writer: as many as the pool opens
    for (const member of options.members) this.#probes.set(member.name, this.#probeOf(member))
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
    const now = this.writer
    if (now) return Promise.resolve(now)
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.writer) settle(() => resolve(this.writer as Member))
        else if (this.#isStopped || signal.aborted) giveUp()
      }
      const giveUp = (): void => settle(() => reject(this.#refusedError(this.#chosen() as Refusal)))
      const cancel = clock.after(ms, giveUp)
      const settle = (then: () => void): void => {
        cancel()
        this.events.off('changed', look)
        signal.removeEventListener('abort', look)
        then()
      }
      this.events.on('changed', look)
      signal.addEventListener('abort', look, { once: true })
    })
  }

  /**
   * A member for a read.
   * @throws SPY_READER_MISSING
   */
  reader(wish: ReadWish): Member {
    const found = readers(this.#all(), this.#memory, wish, this.#limits())
    if (isRefusal(found)) throw this.#refusedError(found)
    const { lentOf, random = Math.random, settings } = this.#options
    return oneOf(found, settings().balance, random(), lentOf)
  }

  /** Asks a member now. */
  async look({ name }: Member): Promise<void> {
    await this.#probes.get(name)?.ask()
  }

  /** Real traffic found that a member does not accept connections any more. */
  refused(member: Member, message: string): void {
    this.#take(member, (state) => refused(state, message))
    void this.look(member)
  }

  #chosen(): Member | Refusal {
    return chooseWriter(this.#all(), this.#memory)
  }

  #probeOf(member: Member): Probe {
    const { clock, settings, driverOf } = this.#options
    return new Probe({
      driver: driverOf(member),
      clock,
      times: settings,
      answered: (standing) => this.#answered(member, standing),
      failed: (message, isRefused) =>
        this.#take(member, (state) => (isRefused ? refused(state, message) : unanswered(state, message, settings().probeFailures))),
    })
  }

  #answered(member: Member, standing: Standing): void {
    const wasDown = this.stateOf(member).health === 'down'
    const { clock, settings } = this.#options
    this.#take(member, (state) => answered(state, standing, clock.now()))
    if (!wasDown) return
    this.#restoring.set(
      member.name,
      clock.after(settings().restoreAfterMs, () => {
        this.#restoring.delete(member.name)
        if (['reads', 'writes'].includes(this.useOf(member))) this.events.emit('restored', member)
        this.events.emit('changed')
      }),
    )
  }

  #take(member: Member, next: (state: MemberState) => MemberState): void {
    if (this.#isStopped) return
    const before = this.stateOf(member)
    const after = next(before)
    this.#states.set(member.name, after)
    if (after.health === 'down' && before.health !== 'down') {
      this.#restoring.get(member.name)?.()
      this.#restoring.delete(member.name)
      this.events.emit('down', member, after.lastError)
    }
    this.#follow()
    this.events.emit('changed')
  }

  #follow(): void {
    this.#memory = remembered(this.#memory, this.#all())
    const { writer } = this
    if (!writer || writer.name === this.#memory.writer || this.#options.settings().sharded) return
    const from = this.members.find(({ name }) => name === this.#memory.writer)
    this.#memory = followed(this.#memory, writer.name, this.#all())
    this.events.emit('writer', writer, from)
  }

  #limits() {
    const { restoreAfterMs, maxLagMs } = this.#options.settings()
    return { now: this.#options.clock.now(), restoreAfterMs, maxLagMs }
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
