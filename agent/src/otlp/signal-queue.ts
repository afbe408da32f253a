/** Encoded records of one signal that wait to be sent: bounded in bytes, the oldest go first when it is full. */
import type { EncodedRecord } from './encode-common.ts'

export class SignalQueue {
  readonly #limitBytes: number
  #records: EncodedRecord[] = []
  #bytes = 0
  /** Records dropped because the queue was full. */
  dropped = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  push(record: EncodedRecord): void {
    this.#records.push(record)
    this.#bytes += record.bytes.length
    if (this.#bytes > this.#limitBytes) this.#dropOldest()
  }

  /** Takes records off the head, at least one and up to `maxBytes`. */
  take(maxBytes: number): EncodedRecord[] {
    let bytes = 0
    let count = 0
    while (count < this.#records.length) {
      const size = this.#records[count]?.bytes.length ?? 0
      if (count > 0 && bytes + size > maxBytes) break
      bytes += size
      count++
    }
    this.#bytes -= bytes
    return this.#records.splice(0, count)
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
