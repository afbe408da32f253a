/** What processes were asked and have not answered. A process that ends or hangs answers never: each question has its time. */
import { SpyglassError } from '@spyglass/agent/contract'
import type { FromChild } from '@spyglass/process/keeper-link'
import { fail } from '../errors.ts'

type Answer = Extract<FromChild, { type: 'answer' }>

/** A loop that is blocked longer than this is told as that. */
const ANSWER_MS = 5000

export interface AskedOperation {
  readonly operation: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Default: 5 s. */
  readonly answerMs?: number | undefined
}

export class Questions {
  readonly #open = new Map<number, (answer: Answer | undefined) => void>()
  #last = 0

  /** `send` sends the question with this number. @throws SPY_INSTANCE_SILENT, the code that the answer has, SPY_INSTANCE_ANSWER */
  async ask(name: string, send: (id: number) => void, answerMs: number = ANSWER_MS): Promise<unknown> {
    const id = ++this.#last
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    this.#open.set(id, resolve)
    const timer = setTimeout(resolve, answerMs, undefined)
    try {
      send(id)
      const answer = await promise
      if (!answer) throw fail('SPY_INSTANCE_SILENT', [name, `for ${answerMs} ms`])
      if (answer.error !== undefined && answer.code?.startsWith('SPY_')) throw new SpyglassError(answer.code, '%s', [answer.error])
      if (answer.error !== undefined) throw fail('SPY_INSTANCE_ANSWER', [name, answer.error])
      return answer.result
    } finally {
      clearTimeout(timer)
      this.#open.delete(id)
    }
  }

  answered(answer: Answer): void {
    this.#open.get(answer.id)?.(answer)
  }
}
