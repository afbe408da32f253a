/**
 * The requests of an application that are under way and make work. One that has been so for over a second waits for something (a long poll, a stream of
 * events, a slow upload): it takes no place, or a thousand idle clients would keep all others out. Those that began in this turn of the event loop are
 * counted by themselves: of a handler that never waits, only one is under way at any time, however many a turn has.
 */

/** Milliseconds that begin together: the age of a request is known to that. */
export const EPOCH_MS = 250
const EPOCHS = 4

/** What makes room for more. */
const HEADROOM = 1.3
/** How much of the pace is that of the last window. */
const NEWEST = 0.3

export class Occupancy {
  /** Requests under way, of any age. */
  inFlight = 0
  /** Places that are taken. */
  taken = 0
  /** Requests that began in this turn. */
  begun = 0
  /** So many may begin in a turn without coming together later: a few more than end in one. */
  pace = 0
  #left = 0
  #turns = 0
  #epoch = 0
  readonly #begunIn = new Uint32Array(EPOCHS)

  /** A request begins; the result is for {@link leave}. */
  enter(): number {
    const epoch = this.#epoch
    this.inFlight++
    this.taken++
    this.begun++
    this.#begunIn[epoch % EPOCHS]!++
    return epoch
  }

  leave(epoch: number): void {
    this.inFlight--
    this.#left++
    if (this.#epoch - epoch >= EPOCHS) return
    this.taken--
    this.#begunIn[epoch % EPOCHS]!--
  }

  /** A turn of the event loop has ended. */
  turn(): void {
    this.begun = 0
    this.#turns++
  }

  /** A window has ended. Returns how many requests ended in it. */
  windowEnded(): number {
    const left = this.#left
    if (this.#turns > 0) this.pace += ((HEADROOM * left) / this.#turns - this.pace) * NEWEST
    this.#left = this.#turns = 0
    return left
  }

  /** So many epochs have passed: those that began too long ago take no place any more. */
  advance(epochs: number): void {
    for (let i = 0; i < Math.min(epochs, EPOCHS); i++) {
      const oldest = ++this.#epoch % EPOCHS
      this.taken -= this.#begunIn[oldest]!
      this.#begunIn[oldest] = 0
    }
    this.#epoch += Math.max(0, epochs - EPOCHS)
  }
}
