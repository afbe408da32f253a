/** Starts the process that answers 503 when a listener has had no instance for two seconds, and ends it when one is back. */
import { Generation, type GenerationHooks, type ProcessSpec } from './generation.ts'
import type { ListeningSocket } from './listening-socket.ts'

const PATIENCE_MS = 2000

export class StandIn {
  readonly #spec: ProcessSpec
  readonly #hooks: GenerationHooks
  #isWanted = false
  #waiting: NodeJS.Timeout | undefined
  #process: Generation | undefined

  constructor(socket: ListeningSocket, spec: Omit<ProcessSpec, 'sockets' | 'name'>, hooks: GenerationHooks) {
    this.#spec = { ...spec, name: `stand-in-${socket.name}`, sockets: [socket] }
    this.#hooks = hooks
  }

  /** No instance serves the listener. */
  nobodyServes(): void {
    this.#isWanted = true
    if (!this.#waiting && !this.#process) this.#waiting = setTimeout(() => this.#begin(), PATIENCE_MS)
  }

  /** An instance serves the listener again, or the keeper stops. */
  async somebodyServes(): Promise<void> {
    this.#isWanted = false
    clearTimeout(this.#waiting)
    this.#waiting = undefined
    await this.#process?.stop(1000)
  }

  #begin(): void {
    this.#waiting = undefined
    try {
      const mine = (this.#process = new Generation(1, this.#spec, this.#hooks))
      void mine.ended.then(() => this.#ended(mine))
    } catch {
      this.nobodyServes() // no process can be forked now; the instance's own restarts tell why
    }
  }

  #ended(generation: Generation): void {
    if (this.#process !== generation) return
    this.#process = undefined
    if (this.#isWanted) this.nobodyServes()
  }
}
