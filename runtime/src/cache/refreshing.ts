/** A value that a timer refreshes: who reads it never waits for a load, except for the first. A refresh that fails keeps the value as it is. */
import type { Clock } from '../clock/index.ts'
import { inBackground } from './load-in-time.ts'
import type { StoredValue } from './stored-value.ts'

export interface RefreshingOptions {
  /** Loads it, or gives what another instance has loaded; undefined: another instance is loading it. Settles in time. */
  readonly refresh: () => Promise<StoredValue | undefined>
  readonly everyMs: number
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
}

/** How soon it is looked for again while another instance loads the first value. */
const AGAIN_MS = 50

export class Refreshing {
  readonly #clock: Clock
  #options: RefreshingOptions
  #value: StoredValue | undefined
  #error: { readonly cause: unknown } | undefined
  /** Resolved with each outcome. */
  #outcome = Promise.withResolvers<void>()
  #isRunning = false
  /** It was purged while it was refreshed. */
  #isOutdated = false
  #isStopped = false
  #cancel = (): void => {}

  constructor(options: RefreshingOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#begin()
  }

  get size(): number {
    return this.#value?.size ?? 0
  }

  /** From the next refresh on. */
  change(options: RefreshingOptions): void {
    this.#options = options
  }

  /** Waits for the first one. @throws what its load has thrown, as long as there is no value */
  async read(): Promise<unknown> {
    while (!this.#value) {
      if (this.#error) throw this.#error.cause
      await this.#outcome.promise
    }
    return this.#value.read()
  }

  /** Who reads it now waits for a value that is loaded from now on. */
  purge(): void {
    this.#value = undefined
    this.#error = undefined
    if (this.#isRunning) this.#isOutdated = true
    else this.#begin()
  }

  /** Who still waits for the first value gets the reason. */
  stop(cause: Error = new Error('it is refreshed no more')): void {
    this.#isStopped = true
    this.#cancel()
    if (this.#value) return
    this.#error = { cause }
    this.#tell()
  }

  #begin(): void {
    this.#cancel()
    if (!this.#isStopped) inBackground(() => this.#run())
  }

  async #run(): Promise<void> {
    const begun = this.#clock.now()
    this.#isRunning = true
    this.#isOutdated = false
    const isThere = await this.#refresh()
    this.#isRunning = false
    if (this.#isOutdated) return this.#begin()
    if (isThere) this.#tell()
    const { everyMs } = this.#options
    const inMs = isThere ? everyMs - (this.#clock.now() - begun) : Math.min(AGAIN_MS, everyMs)
    if (!this.#isStopped) this.#cancel = this.#clock.after(Math.max(1, inMs), () => this.#begin())
  }

  /** Whether there is an outcome. Never rejects. */
  async #refresh(): Promise<boolean> {
    try {
      const value = await this.#options.refresh()
      if (this.#isOutdated) return false
      this.#value = value ?? this.#value
      if (value) this.#error = undefined
      return this.#value !== undefined
    } catch (cause) {
      if (!this.#isOutdated) this.#error = { cause }
      this.#options.onFailure(cause)
      return true
    }
  }

  #tell(): void {
    const { resolve } = this.#outcome
    this.#outcome = Promise.withResolvers()
    resolve()
  }
}
