/** Durations of the last minute, in steps. */
import { bucketOf, ExponentialHistogram } from './exponential-histogram.ts'

const STEPS = 6
export const STEP_MS = 10_000

export class SlidingWindow {
  readonly #steps: ExponentialHistogram[] = [new ExponentialHistogram()]
  readonly #sum = new ExponentialHistogram()
  #present = this.#steps[0] ?? new ExponentialHistogram()
  #presentStep = 0

  /** `nowMs` is any clock that only goes forward. */
  record(seconds: number, nowMs: number, bucket: number = bucketOf(seconds)): void {
    this.#turn(nowMs)
    this.#present.recordIn(bucket, seconds)
  }

  /** Quantile over the last minute in seconds; undefined when nothing was recorded. */
  quantile(share: number, nowMs: number): number | undefined {
    this.#turn(nowMs)
    this.#sum.clear()
    for (const step of this.#steps) this.#sum.add(step)
    return this.#sum.count === 0 ? undefined : this.#sum.quantile(share)
  }

  #turn(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS)
    for (let missed = Math.min(step - this.#presentStep, STEPS); missed > 0; missed--) {
      const oldest = this.#steps.length < STEPS ? new ExponentialHistogram() : this.#steps.shift()
      if (!oldest) return
      oldest.clear()
      this.#steps.push(oldest)
      this.#present = oldest
    }
    this.#presentStep = step
  }
}
