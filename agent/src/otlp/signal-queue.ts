/** Encoded records of one signal that wait to be sent: bounded in bytes, the oldest go first when it is full. */
import type { EncodedRecord } from './encode-common.ts'

export class SignalQueue {
  readonly #limitBytes: number
  #records: EncodedRecord[] = []
  #bytes = 0
  /** Records dropped because the queue was full. */
  dropped = 0
  /** Records taken in so far: the number of the newest, counted from 1. */
  pushed = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  push(record: EncodedRecord): void {
    this.#records.push(record)
    this.pushed++
    this.#bytes += record.bytes.length
    if (this.#bytes > this.#limitBytes) this.#dropOldest()
  }

  /** Number of the oldest that waits; one above the newest when none does. */
  get first(): number {
    return this.pushed - this.#records.length + 1
  }

  /** Those that wait with a number above `number`, oldest first. */
  after(number: number): readonly EncodedRecord[] {
    return this.#records.slice(Math.max(0, number + 1 - this.first))
  }

  /** How many {@link take} would take. */
  countWithin(maxBytes: number): number {
    let bytes = 0
    let count = 0
    for (; count < this.#records.length; count++) {
      bytes += this.#records[count]?.bytes.length ?? 0
      if (count > 0 && bytes > maxBytes) break
    }
    return count
  }

  /** Takes records off the head, at least one and up to `maxBytes`. */
  take(maxBytes: number): EncodedRecord[] {
    const taken = this.#records.splice(0, this.countWithin(maxBytes))
    for (const { bytes } of taken) this.#bytes -= bytes.length
    return taken
  }

  /** A quarter goes at once, so that a full queue does not shift its array for each record. */
  #dropOldest(): void {
    const target = this.#limitBytes * 0.75
    let count = 0
    while (this.#bytes > target && count < this.#records.length) this.#bytes -= this.#records[count++]?.bytes.length ?? 0
    this.#records.splice(0, count)
    this.dropped += count
  }
}
