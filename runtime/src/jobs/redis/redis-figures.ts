/** What is in a queue of BullMQ: read at most once a second, when somebody asks. */
import type { Clock } from '../../clock/index.ts'
import type { BackendFigures } from '../backend.ts'
import type { BullQueue } from './bullmq.ts'

/** As often as a registry is pushed, it is read. */
const FRESH_MS = 1000

interface Read extends BackendFigures {
  /** Jobs that wait, run or are dead, together. */
  readonly size: number
}

export class RedisFigures {
  isDown = false
  readonly #within: <T>(ask: () => Promise<T>) => Promise<T>
  readonly #queue: BullQueue
  readonly #clock: Clock
  #latest: Read | undefined
  #reading: Promise<Read> | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(within: <T>(ask: () => Promise<T>) => Promise<T>, queue: BullQueue, clock: Clock) {
    this.#within = within
    this.#queue = queue
    this.#clock = clock
  }

  /** The last ones; others are read meanwhile. */
  get latest(): BackendFigures | undefined {
    if (!this.#isClosed) void this.read().catch(() => {})
    return this.isDown ? undefined : this.#latest
  }

  /** At most a second old. @throws what asking throws */
  async read(): Promise<Read> {
    if (this.#latest && !this.isDown && this.#clock.now() - this.#readAt < FRESH_MS) return this.#latest
    this.#reading ??= this.#readNow()
    return await this.#reading
  }

  close(): void {
    this.#isClosed = true
  }

  async #readNow(): Promise<Read> {
    try {
      this.#latest = await this.#within(() => this.#ask())
      this.#readAt = this.#clock.now()
      this.isDown = false
      return this.#latest
    } catch (error) {
      this.isDown = true
      throw error
    } finally {
      this.#reading = undefined
    }
  }

  async #ask(): Promise<Read> {
    const queue = this.#queue
    const [counts, repeated, isPaused, [oldest]] = await Promise.all([
      queue.getJobCounts('wait', 'paused', 'active', 'delayed', 'failed'),
      queue.getJobSchedulersCount(),
      queue.isPaused(),
      queue.getJobs(['wait', 'paused'], 0, 0, true),
    ])
    const { wait = 0, paused = 0, active = 0, delayed = 0, failed = 0 } = counts
    const oldestMs = oldest ? Math.max(0, Date.now() - oldest.timestamp - oldest.delay) : 0
    const waiting = wait + paused
    return { waiting, delayed, running: active, dead: failed, repeated, isPaused, oldestMs, size: waiting + active + delayed + failed }
  }
}
