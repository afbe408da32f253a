/**
 * Keeps one engine running. When its process exits, or is killed because a session does not return, the next one is started; until it
 * serves, requests for a session are told to retry. Sessions are not carried over: their owners reopen them.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import type { Engine, RawSession, SessionSettings } from './engine.ts'
import { engineIsGone, type EngineProcess } from './engine-process.ts'

export interface ReplaceableEngine extends Engine {
  /** Process of the engine that serves; undefined while there is none. */
  readonly pid: number | undefined
  /** Whether the tables of the engine that serves can only be read: it would not recognise data that it has already. */
  readonly isReadOnly: boolean
  /** How many times the engine was replaced. */
  readonly replacements: number
  /** Kills the engine process, whatever it does, and starts the next. */
  replace(): void
  /** Stops it permanently. */
  close(): Promise<void>
}

export interface ReplaceableOptions {
  readonly start: () => Promise<EngineProcess>
  /** Called when an engine exited unexpectedly, or was replaced. */
  readonly onEnd?: (reason: string) => void
  /** Called when the next engine could not be started; it is tried again. */
  readonly onStartFailure?: (reason: string) => void
  /** First wait after an engine that could not be started; doubled up to 30 s. Default 500 ms. */
  readonly retryMs?: number
  /** How long the first start waits for another process to leave the data folder: the last engine of a killed store may be about to. */
  readonly lockPatienceMs?: number
}

const MAX_RETRY_MS = 30_000

/**
 * Starts the first engine.
 * @throws SPY_STORE_IN_USE, SPY_STORE_OPEN_FAILED
 */
export async function openReplaceableEngine(options: ReplaceableOptions): Promise<ReplaceableEngine> {
  const keeper = new EngineKeeper(options)
  await keeper.begin()
  return keeper
}

class EngineKeeper implements ReplaceableEngine {
  readonly #options: ReplaceableOptions
  #engine: EngineProcess | undefined
  #closing = false
  replacements = 0

  constructor(options: ReplaceableOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#engine?.pid
  }

  get isReadOnly(): boolean {
    return this.#engine?.isReadOnly ?? false
  }

  async begin(): Promise<void> {
    const until = performance.now() + (this.#options.lockPatienceMs ?? 2000)
    for (;;) {
      try {
        return this.#serve(await this.#start())
      } catch (error) {
        if (codeOf(error) !== 'SPY_STORE_IN_USE' || performance.now() > until) throw error
        await delay(100)
      }
    }
  }

  async open(settings: SessionSettings, thread?: number): Promise<RawSession> {
    if (!this.#engine) throw engineIsGone()
    return this.#engine.open(settings, thread)
  }

  replace(): void {
    this.#engine?.kill()
  }

  async close(): Promise<void> {
    this.#closing = true
    const engine = this.#engine
    engine?.kill()
    await engine?.ended
  }

  /** The first session opens the data folder; it is kept, since an engine whose last session closes shuts down. */
  async #start(): Promise<EngineProcess> {
    const engine = await this.#options.start()
    try {
      await engine.open({ max_threads: 1 })
      return engine
    } catch (error) {
      engine.kill()
      await engine.ended
      if (codeOf(error) === 'SPY_STORE_IN_USE') throw error
      throw fail('SPY_STORE_OPEN_FAILED', [messageOf(error)], error)
    }
  }

  #serve(engine: EngineProcess): void {
    if (this.#closing) return engine.kill()
    this.#engine = engine
    void engine.ended.then((reason) => this.#next(reason))
  }

  async #next(reason: string): Promise<void> {
    this.#engine = undefined
    if (this.#closing) return
    this.replacements++
    this.#options.onEnd?.(reason)
    for (let waitMs = this.#options.retryMs ?? 500; !this.#closing; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      try {
        return this.#serve(await this.#start())
      } catch (error) {
        this.#options.onStartFailure?.(messageOf(error))
        await delay(waitMs)
      }
    }
  }
}
