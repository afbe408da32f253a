/** Starts the process that answers 503 when a listener has had no instance for two seconds, and ends it when one is back. */
import { Generation, type GenerationHooks, type ProcessSpec } from './generation.ts'
import type { ListeningSocket } from './listening-socket.ts'

const PATIENCE_MS = 2000

export class StandIn {
  readonly #spec: ProcessSpec
  readonly #hooks: GenerationHooks
  #waiting: NodeJS.Timeout | undefined
  #process: Generation | undefined

  constructor(socket: ListeningSocket, spec: Omit<ProcessSpec, 'sockets' | 'name'>, hooks: GenerationHooks) {
    this.#spec = { ...spec, name: `stand-in-${socket.name}`, sockets: [socket] }
    this.#hooks = hooks
  }

  /** No instance serves the listener. */
  nobodyServes(): void {
    if (this.#waiting || this.#process) return
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined
      this.#process = new Generation(1, this.#spec, this.#hooks)
      const mine = this.#process
      void mine.ended.then(() => {
        if (this.#process === mine) this.#process = undefined
      })
    }, PATIENCE_MS)
  }

  /** An instance serves the listener again, or the keeper stops. */
  async somebodyServes(): Promise<void> {
    clearTimeout(this.#waiting)
    this.#waiting = undefined
    await this.#process?.stop(1000)
  }
}
