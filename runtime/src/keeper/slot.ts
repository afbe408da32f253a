/**
 * A slot keeps one part alive: it starts a generation, starts another when one ends unasked, and swaps generations on a reload. What
 * that means to the world (events, states) the hooks tell; the slot decides only who lives.
 */
import { fail } from '../errors.ts'
import { type BackOff, createBackOff } from './back-off.ts'
import { type Exit, Generation, type GenerationHooks, type ProcessSpec } from './generation.ts'

const MAX_SILENT_TICKS = 30

export type SlotState = 'starting' | 'ready' | 'draining' | 'down' | 'stopped'

export interface SlotHooks extends Omit<GenerationHooks, 'onMessage'> {
  readonly onMessage: (slot: Slot, generation: Generation, message: Parameters<GenerationHooks['onMessage']>[0]) => void
  /** A generation is ready and the only one in service. */
  readonly onReady: (slot: Slot) => void
  /** The generation in service ended unasked, or one could not start; another start follows after the back-off. */
  readonly onDown: (slot: Slot, reason: string) => void
  /** A generation's process is gone, asked or not. */
  readonly onGone: (slot: Slot, exit: Exit) => void
}

export interface SlotOptions {
  readonly spec: ProcessSpec
  readonly hooks: SlotHooks
  /** Whether two generations can serve side by side. Otherwise a reload stops the old one first. */
  readonly overlaps: boolean
  readonly backOff?: BackOff
}

export class Slot {
  readonly spec: ProcessSpec
  readonly overlaps: boolean
  state: SlotState = 'stopped'
  generations = 0
  restarts = 0
  reloads = 0
  current: Generation | undefined
  readonly #hooks: SlotHooks
  readonly #backOff: BackOff
  #next: Generation | undefined
  #retry: NodeJS.Timeout | undefined
  #hung: Generation | undefined

  constructor({ spec, hooks, overlaps, backOff = createBackOff() }: SlotOptions) {
    this.spec = spec
    this.overlaps = overlaps
    this.#hooks = hooks
    this.#backOff = backOff
  }

  get name(): string {
    return this.spec.name
  }

  /** Starts the first generation and keeps the slot alive from then on. Rejects when that first one fails; retries go on. */
  async start(): Promise<void> {
    this.state = 'starting'
    await this.#launch()
  }

  /**
   * Puts a new generation in service, then drains the old. If the new one fails the old goes on serving.
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

  /**
   * Called every second: a process that has pushed nothing for half a minute hangs, and is ended like one that crashed. Ticks are
   * counted, not time, so that a machine that slept does not wake to a massacre.
   */
  checkPulse(): void {
    const { current } = this
    if (!current?.isReady || this.spec.readyAtSpawn || this.state !== 'ready') return
    if (++current.silentTicks < MAX_SILENT_TICKS) return
    this.#hung = current
    current.kill()
  }

  /** Starts nothing any more, whatever ends; `stop` follows in its turn. */
  retire(): void {
    this.state = 'stopped'
    clearTimeout(this.#retry)
    for (const generation of [this.current, this.#next]) generation?.send({ type: 'stopping' })
  }

  async stop(deadlineMs: number): Promise<void> {
    this.retire()
    const living = [this.current, this.#next].filter((generation) => generation !== undefined)
    await Promise.all(living.map((generation) => generation.stop(deadlineMs)))
  }

  async #replace(drainMs: number): Promise<void> {
    const old = this.current
    this.current = undefined
    this.state = 'draining'
    await old?.stop(drainMs)
    if (this.#isStopped()) return
    await this.#launch()
    this.reloads++
  }

  async #launch(): Promise<void> {
    const generation = (this.current = this.#spawn())
    await generation.ready
    if (this.current === generation && !this.#isStopped()) this.#takeOver(generation)
  }

  #spawn(): Generation {
    const generation = new Generation(++this.generations, this.spec, {
      logFd: this.#hooks.logFd,
      logFile: this.#hooks.logFile,
      onMessage: (message) => this.#hooks.onMessage(this, generation, message),
    })
    void this.#watch(generation)
    return generation
  }

  async #watch(generation: Generation): Promise<void> {
    const exit = await generation.ended
    const wasCurrent = this.current === generation
    if (wasCurrent) this.current = undefined
    if (!this.#isStopped() && wasCurrent && this.state !== 'draining') await this.#fell(generation, exit)
    this.#hooks.onGone(this, exit)
  }

  async #fell(generation: Generation, exit: Exit): Promise<void> {
    this.state = 'down'
    const reason = await generation.ready.then(
      () => (this.#hung === generation ? `hung for ${MAX_SILENT_TICKS} s and was killed` : describe(exit)),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    this.#hooks.onDown(this, reason)
    if (!this.#next) this.#scheduleRestart(exit.livedMs)
  }

  #scheduleRestart(livedMs: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      if (this.#isStopped() || this.current) return
      this.restarts++
      this.#launch().catch(() => {}) // its end is seen by #watch, which tells the hooks and schedules the next
    }, this.#backOff.next(livedMs))
  }

  #takeOver(generation: Generation): void {
    this.current = generation
    this.state = 'ready'
    this.#hooks.onReady(this)
  }

  #isStopped(): boolean {
    return this.state === 'stopped'
  }
}

function describe(exit: Exit): string {
  return exit.signal ? `ended by ${exit.signal}` : `ended with exit code ${exit.code}`
}
