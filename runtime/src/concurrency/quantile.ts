/** A quantile of the last values. */

const KEPT = 256

export class Quantile {
  readonly #values: number[] = []
  #next = 0

  add(value: number): void {
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % KEPT
  }

  /** 0 while there are no values. */
  of(part: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  }
}
