/**
 * The traces that agents want whole, for all others to read (docs/otlp.md). It is in memory: what a restart loses are parts of traces that nobody had kept
 * yet.
 */
import { randomBytes } from 'node:crypto'
import { MAX_WISHES_ANSWERED, MAX_WISHES_SENT, formatLateWishes, parseLateWishes } from '@spyglass/agent/contract'

/** As many as some hundred instances want in a minute: 5 MB. */
const MAX_WISHES = 32_768

export class LateWishBoard {
  readonly #boot: string
  readonly #limit: number
  /** Each wish once, oldest first. */
  #traceIds: string[] = []
  readonly #known = new Set<string>()
  /** Number of the oldest. */
  #first = 1

  constructor(boot: string = randomBytes(6).toString('hex'), limit: number = MAX_WISHES) {
    this.#boot = boot
    this.#limit = limit
  }

  /** Takes the wishes of a request's header in; the result is that of its answer. Undefined: the sender does not take part. */
  answer(header: unknown): string | undefined {
    const message = parseLateWishes(header, MAX_WISHES_SENT)
    if (!message) return undefined
    const from = this.#positionOf(message.cursor)
    const traceIds = this.#traceIds.slice(from, from + MAX_WISHES_ANSWERED)
    for (const traceId of message.traceIds) this.#add(traceId)
    // What the sender has just said it need not hear, unless something of others is left for the next answer.
    const next = traceIds.length < MAX_WISHES_ANSWERED ? this.#traceIds.length : from + traceIds.length
    const cursor = `${this.#boot}.${this.#first + next}`
    this.#makeRoom()
    return formatLateWishes({ cursor, traceIds })
  }

  /** Where a reader goes on. One that comes from another boot reads everything, a new one what comes from now on. */
  #positionOf(cursor: string): number {
    const [boot, number] = cursor.split('.')
    if (boot === this.#boot) return Math.max(0, Number(number) - this.#first)
    return number === undefined ? this.#traceIds.length : 0
  }

  /** Said once more, it is not passed on again. */
  #add(traceId: string): void {
    if (this.#known.has(traceId)) return
    this.#known.add(traceId)
    this.#traceIds.push(traceId)
  }

  /** A half goes at once, so that the list is not moved for each wish. */
  #makeRoom(): void {
    if (this.#traceIds.length < 2 * this.#limit) return
    const gone = this.#traceIds.splice(0, this.#traceIds.length - this.#limit)
    for (const traceId of gone) this.#known.delete(traceId)
    this.#first += gone.length
  }
}
