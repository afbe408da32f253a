/** Asks one member again and again what it is, over a connection of its own that stays open. */
import { messageOf } from '@spyglass/agent/contract'
import { type Clock, outsideContext } from '../../clock/index.ts'
import type { Driver, DriverConnection } from '../driver.ts'
import { fail } from '../errors.ts'
import { withinOwnTime } from './own-time.ts'
import { isConnectionLost, isRefused } from './refused.ts'
import type { Standing } from '../standing.ts'

export interface ProbeTimes {
  readonly probeIntervalMs: number
  readonly probeTimeoutMs: number
}

export interface ProbeOptions {
  readonly driver: Driver
  readonly clock: Clock
  readonly times: () => ProbeTimes
  readonly answered: (standing: Standing) => void
  /** `isRefused`: nobody listens there. */
  readonly failed: (message: string, isRefused: boolean) => void
}

export class Probe {
  readonly #options: ProbeOptions
  #connection: DriverConnection | undefined
  #cancel: (() => void) | undefined
  /** The question that is asked now. */
  #asking: Promise<void> | undefined
  #abort = new AbortController()
  #isStopped = false

  constructor(options: ProbeOptions) {
    this.#options = options
  }

  /** Asks now, and from then on at the interval. Never rejects. */
  ask(): Promise<void> {
    this.#cancel?.()
    this.#asking ??= outsideContext(() => this.#askOnce()).finally(() => {
      this.#asking = undefined
      if (this.#isStopped) return
      this.#cancel = this.#options.clock.after(this.#options.times().probeIntervalMs, () => void this.ask())
    })
    return this.#asking
  }

  /** The connection leads to where the member was. */
  renew(): void {
    this.#close()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel?.()
    this.#abort.abort()
    this.#close()
    await this.#asking
  }

  async #askOnce(): Promise<void> {
    const { clock, times, driver, answered, failed } = this.#options
    const ms = times().probeTimeoutMs
    this.#abort = new AbortController()
    const { signal } = this.#abort
    try {
      const standing = await withinOwnTime(clock, ms, this.#standing(signal), () => fail('SPY_MEMBER_SILENT', [driver.target, ms]))
      if (!this.#isStopped) answered(standing)
    } catch (error) {
      this.#abort.abort()
      this.#close()
      if (!this.#isStopped) failed(messageOf(error), isRefused(error))
    }
  }

  /** A connection that was lost says nothing about the member; one that cannot be opened does. */
  async #standing(signal: AbortSignal): Promise<Standing> {
    const kept = this.#connection
    if (!kept || kept.broken) return await this.#ask(await this.#open(signal))
    try {
      return await this.#ask(kept)
    } catch (error) {
      if (!isConnectionLost(error)) throw error
      this.#close()
      return await this.#ask(await this.#open(signal))
    }
  }

  async #open(signal: AbortSignal): Promise<DriverConnection> {
    const { driver } = this.#options
    const opened = await driver.connect(() => {}, signal)
    if (signal.aborted) {
      void opened.close(0)
      throw fail('SPY_CONNECTION_LOST', [driver.target, 'it came too late'])
    }
    this.#connection = opened
    return opened
  }

  async #ask(connection: DriverConnection): Promise<Standing> {
    const { driver } = this.#options
    if (!driver.standingOver) throw fail('SPY_SESSIONS_UNKNOWN', [driver.target, `driver ${driver.name} has no groups`])
    return await driver.standingOver(connection)
  }

  #close(): void {
    void this.#connection?.close(0)
    this.#connection = undefined
  }
}
