/** The requests that run now, oldest first: a linked list, since one is added and taken out for every request. */
import type { TraceRecord } from './trace-record.ts'

export class RunningRecords {
  #oldest: TraceRecord | undefined
  #newest: TraceRecord | undefined
  size = 0

  get newest(): TraceRecord | undefined {
    return this.#newest
  }

  add(record: TraceRecord): void {
    record.previous = this.#newest
    if (this.#newest) this.#newest.next = record
    else this.#oldest = record
    this.#newest = record
    this.size++
  }

  remove(record: TraceRecord): void {
    const { previous, next } = record
    if (previous) previous.next = next
    else if (this.#oldest === record) this.#oldest = next
    else return // it is not in the list
    if (next) next.previous = previous
    else this.#newest = previous
    record.previous = undefined
    record.next = undefined
    this.size--
  }

  /** Those that started before `startMs`, oldest first. */
  *olderThan(startMs: number): Iterable<TraceRecord> {
    for (let record = this.#oldest; record && record.startMs <= startMs; record = record.next) yield record
  }
}
