/** Asks what may not answer, such as the client of a Redis that is away: it waits for a connection as long as it takes. */
import { type Clock, systemClock } from '../clock/index.ts'

/** Beyond it the other side is so far behind that waiting longer helps nobody. */
const MAX_WAITING = 10_000

export interface Question<T> {
  readonly ask: () => Promise<T>
  readonly timeoutMs: number
  /** The error of a question that is not answered in time. */
  readonly silent: () => Error
}

export class Patience {
  readonly #clock: Clock
  #waiting = 0
  /** The last question was not answered in time: until something comes, one at a time is asked. */
  #isSilent = false

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** @throws in time: what the question throws, or that nothing answers */
  async answer<T>({ ask, timeoutMs, silent }: Question<T>): Promise<T> {
    if (this.#waiting >= (this.#isSilent ? 1 : MAX_WAITING)) throw silent()
    this.#waiting++
    let stopWaiting = (): void => {}
    const late = new Promise<never>((_resolve, reject) => {
      stopWaiting = this.#clock.after(timeoutMs, () => {
        this.#isSilent = true
        reject(silent())
      })
    })
    try {
      const answer = await Promise.race([ask(), late])
      this.#isSilent = false
      return answer
    } finally {
      stopWaiting()
      this.#waiting--
    }
  }
}
