/** What is counted of calls to a server elsewhere: a mail, a request, a command. */
import { SlidingWindow } from '@spyglass/agent/aggregate'

export class CallFigures {
  calls = 0
  failures = 0
  /** Of the failures: those without an answer in time. */
  timeouts = 0
  /** Calls that were refused because too many waited. */
  refused = 0
  /** Begun and not ended. */
  running = 0
  lastError = ''
  /** Milliseconds since the epoch; 0 when there was none. */
  lastErrorTime = 0
  /** The last call failed: `down` until one succeeds. */
  isDown = false
  readonly #durations = new SlidingWindow()
  readonly #now: () => number

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** 95th percentile of the last minute in seconds; undefined when there was none. */
  get durationP95(): number | undefined {
    return this.#durations.quantile(0.95, this.#now())
  }

  /** A call begins; what it gives is called when the call has ended. */
  begin(): (outcome?: { readonly error: unknown; readonly isTimeout?: boolean; readonly isDown?: boolean }) => void {
    const since = this.#now()
    this.calls++
    this.running++
    return (outcome) => {
      this.running--
      const now = this.#now()
      this.#durations.record((now - since) / 1000, now)
      if (outcome) this.#failed(outcome)
      else this.isDown = false
    }
  }

  #failed({
    error,
    isTimeout = false,
    isDown = true,
  }: {
    readonly error: unknown
    readonly isTimeout?: boolean
    readonly isDown?: boolean
  }): void {
    this.failures++
    if (isTimeout) this.timeouts++
    this.isDown = isDown
    this.lastError = error instanceof Error ? error.message : String(error)
    this.lastErrorTime = Date.now()
  }
}
