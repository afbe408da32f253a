/** What a listener refused itself, counted by what was wrong. */
import { type RefusalReason, refusals } from './refusal.ts'

export class RefusalCounts {
  #refused = 0
  #timedOut = 0
  #overLimit = 0

  count(reason: RefusalReason | 'response_timeout'): void {
    if (reason === 'bad_gateway') return // the listener refused nothing
    this.#refused++
    const status = reason === 'response_timeout' ? 408 : refusals[reason].status
    if (status === 408) this.#timedOut++
    if (status === 503) this.#overLimit++
  }

  get values() {
    const [refused, timedOut, overLimit] = [this.#refused, this.#timedOut, this.#overLimit]
    return { refused, timedOut, overLimit, malformed: refused - timedOut - overLimit }
  }
}
