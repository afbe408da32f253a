/** A process some of whose applications failed to start asks its keeper whether it may serve all the same. */
import { tellKeeper } from './control-channel.ts'
import type { FailedApplication } from './messages.ts'

export class Permission {
  #failed: readonly FailedApplication[] | undefined
  #answer: ((may: boolean) => void) | undefined
  #isRefused = false

  /** Resolves with the answer. */
  async ask(failed: readonly FailedApplication[]): Promise<boolean> {
    if (this.#isRefused) return false
    this.#failed = failed
    this.askAgain()
    return new Promise((resolve) => (this.#answer = resolve))
  }

  /** A new decider has not heard the question. */
  askAgain(): void {
    if (this.#failed) tellKeeper({ type: 'partly', failed: this.#failed })
  }

  give(): void {
    this.#failed = undefined
    this.#answer?.(true)
  }

  /** The process is being stopped. */
  refuse(): void {
    this.#isRefused = true
    this.#answer?.(false)
  }
}
