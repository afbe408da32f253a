/** Asks the keeper to do something and waits for its word. */
import { SpyglassError } from '@spyglass/agent/contract'
import type { CommandVerb, FromChild, ToChild } from '@spyglass/process/keeper-link'

/** A reload of many instances drains one after the other. */
const PATIENCE_MS = 600_000

export class KeeperCommands {
  readonly #send: (message: FromChild) => void
  readonly #waiting = new Map<number, { resolve: (message: string) => void; reject: (error: Error) => void }>()
  #lastId = 0

  constructor(send: (message: FromChild) => void) {
    this.#send = send
  }

  /**
   * Resolves with what was done.
   * @throws SPY_SERVER_REFUSED with the keeper's reason
   */
  async run(verb: CommandVerb, target: string): Promise<string> {
    const id = ++this.#lastId
    const late = setTimeout(() => this.#settle(id, false, `no answer within ${PATIENCE_MS / 1000} s`), PATIENCE_MS)
    try {
      return await new Promise<string>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#send({ type: 'command', id, verb, target })
      })
    } finally {
      clearTimeout(late)
    }
  }

  /** Handles the keeper's response. */
  onResult({ id, ok, message }: Extract<ToChild, { type: 'result' }>): void {
    this.#settle(id, ok, message)
  }

  #settle(id: number, ok: boolean, message: string): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (ok) waiting?.resolve(message)
    else waiting?.reject(new SpyglassError('SPY_SERVER_REFUSED', '%s', [message])) // the caller reports the refusal
  }
}
