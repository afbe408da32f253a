/**
 * A slot keeps one part alive: it starts a generation, starts another when one exits unexpectedly, and swaps generations on a reload. What
 * that means to others (events, states) is up to the hooks; the slot only decides which generations run.
 */
import { codeOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { type BackOff, createBackOff } from './back-off.ts'
import { type Exit, Generation, type GenerationHooks, type ProcessSpec } from './generation.ts'
import { StartGate } from './start-gate.ts'

export type SlotState = 'starting' | 'ready' | 'draining' | 'down' | 'stopped'

export interface SlotHooks extends Omit<GenerationHooks, 'onMessage'> {
  readonly onMessage: (slot: Slot, generation: Generation, message: Parameters<GenerationHooks['onMessage']>[0]) => void
  /** A generation is ready and the only one in service. */
  readonly onReady: (slot: Slot) => void
  /** The generation in service exited unexpectedly, or one could not start; another start follows after the back-off. */
  readonly onDown: (slot: Slot, reason: string) => void
  /** The process of a generation has exited, requested or not. */
  readonly onGone: (slot: Slot, exit: Exit) => void
}

export interface SlotOptions {
  readonly spec: ProcessSpec
  readonly hooks: SlotHooks
  /** Whether two generations can serve side by side. Otherwise a reload stops the old one first. */
  readonly overlaps: boolean
  readonly backOff?: BackOff
  /** Shared by slots that must not all start at once; reloads bypass it. */
  readonly gate?: StartGate
}

export class Slot {
  readonly spec: ProcessSpec
  readonly overlaps: boolean
  state: SlotState = 'stopped'
  generations = 0
  restarts = 0
  reloads = 0
  current: Generation | undefined
  /** Why the process cannot serve fully although it runs, as reported by itself. */
  unready: readonly string[] = []
  /** Why the last process exited unexpectedly or did not become ready. */
  lastFailure: string | undefined
  readonly #hooks: SlotHooks
  readonly #backOff: BackOff
  readonly #gate: StartGate
  /** Every generation whose process has not ended: the one in service, its successor, one that drains. */
  readonly #living = new Set<Generation>()
  #next: Generation | undefined
  #retry: NodeJS.Timeout | undefined
  /** Why the keeper killed the generation in service. */
  #verdict: string | undefined
  #slowStarts = 0

  constructor({ spec, hooks, overlaps, backOff = createBackOff(), gate = new StartGate() }: SlotOptions) {
    this.spec = spec
    this.overlaps = overlaps
    this.#hooks = hooks
    this.#backOff = backOff
    this.#gate = gate
  }

  get name(): string {
    return this.spec.name
  }

  /** Starts the first generation and keeps the slot alive from then on. Rejects when the first one fails; retries continue. */
  async start(): Promise<void> {
    this.state = 'starting'
    await this.#launch()
  }

  /**
   * Puts a new generation in service, then drains the old. If the new one fails, the old one keeps serving.
   * @throws SPY_PART_BUSY, or why the new generation failed
   */
  async reload(drainMs: number): Promise<void> {
    if (this.#next) throw fail('SPY_PART_BUSY', [this.name])
    if (!this.overlaps) return this.#replace(drainMs)
    const next = (this.#next = this.#spawn())
    try {
      await next.ready
    } catch (error) {
      this.#next = undefined
      next.kill()
      if (!this.current && this.state === 'down') this.#scheduleRestart(0)
      throw error
    }
    if (this.#isStopped()) return // the stop that came meanwhile ends both
    this.#next = undefined
    const old = this.current
    this.#takeOver(next)
    this.reloads++
    if (old) await old.stop(drainMs)
  }

  /** Called every second: a process that hangs is ended like one that crashed. */
  checkPulse(): void {
    const { current } = this
    if (!current?.isReady || this.spec.readyAtSpawn || this.state !== 'ready' || this.#verdict !== undefined) return
    this.#verdict = current.checkPulse()
    if (this.#verdict !== undefined) current.kill()
  }

  /** Stops restarting, whatever exits; `stop` follows later. */
  retire(): void {
    this.state = 'stopped'
    clearTimeout(this.#retry)
    for (const generation of this.#living) generation.send({ type: 'stopping' })
  }

  /** Resolves when every process of the slot has ended, also one that a reload was about to replace. */
  async stop(deadlineMs: number): Promise<void> {
    this.retire()
    await Promise.all([...this.#living].map((generation) => generation.stop(deadlineMs)))
  }

  async #replace(drainMs: number): Promise<void> {
    const old = this.current
    this.current = undefined
    this.state = 'draining'
    await old?.stop(drainMs)
    if (this.#isStopped()) return
    this.state = 'starting'
    await this.#launch()
    this.reloads++
  }

  async #launch(): Promise<void> {
    const leave = await this.#gate.enter()
    try {
      if (this.#isStopped() || this.current) return
      const generation = (this.current = this.#spawnOrRetry())
      await generation.ready
      if (this.current === generation && !this.#isStopped()) this.#takeOver(generation)
    } finally {
      leave()
    }
  }

  /** Reasons why a process cannot be forked (no memory, no process id, a disk that cannot hold its configuration) may be temporary. */
  #spawnOrRetry(): Generation {
    try {
      return this.#spawn()
    } catch (error) {
      this.#down(error instanceof Error ? error.message : String(error), 0)
      throw error
    }
  }

  #spawn(): Generation {
    const { logFd, logFile, guard } = this.#hooks
    const onMessage: GenerationHooks['onMessage'] = (message) => this.#hooks.onMessage(this, generation, message)
    const generation: Generation = new Generation(++this.generations, this.spec, { logFd, logFile, guard, onMessage }, this.#slowStarts + 1)
    this.#living.add(generation)
    void this.#watch(generation)
    return generation
  }

  async #watch(generation: Generation): Promise<void> {
    const exit = await generation.ended
    this.#living.delete(generation)
    const wasCurrent = this.current === generation
    if (wasCurrent) this.current = undefined
    if (!this.#isStopped() && wasCurrent && this.state !== 'draining') await this.#fell(generation, exit)
    this.#hooks.onGone(this, exit)
  }

  async #fell(generation: Generation, exit: Exit): Promise<void> {
    const verdict = this.#verdict
    this.#verdict = undefined
    const reason = await generation.ready.then(
      () => verdict ?? describe(exit),
      (error: unknown) => {
        if (codeOf(error) === 'SPY_PART_SLOW') this.#slowStarts++
        return error instanceof Error ? error.message : String(error)
      },
    )
    this.#down(reason, exit.livedMs)
  }

  #down(reason: string, livedMs: number): void {
    this.state = 'down'
    this.unready = []
    this.lastFailure = reason
    this.#hooks.onDown(this, reason)
    if (!this.#next) this.#scheduleRestart(livedMs)
  }

  #scheduleRestart(livedMs: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      if (this.#isStopped() || this.current) return
      this.restarts++
      this.#launch().catch(() => {}) // #watch or #spawnOrRetry has told the hooks and scheduled the next
    }, this.#backOff.next(livedMs))
  }

  #takeOver(generation: Generation): void {
    this.current = generation
    this.state = 'ready'
    this.unready = []
    this.#slowStarts = 0
    this.#hooks.onReady(this)
  }

  #isStopped(): boolean {
    return this.state === 'stopped'
  }
}

function describe(exit: Exit): string {
  return exit.signal ? `killed by ${exit.signal}` : `exited with code ${exit.code}`
}
