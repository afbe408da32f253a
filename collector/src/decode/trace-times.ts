/** First and last second of each trace in a request: the rows of otel_traces_trace_id_ts, which locate a trace whose day is not known. */
import { TableBlock } from '../native/table-block.ts'

interface Seen {
  first: number
  last: number
}

export class TraceTimes {
  readonly block = new TableBlock('otel_traces_trace_id_ts')
  readonly #seen = new Map<string, Seen>()
  #lastId = ''
  #last: Seen | undefined

  /** Notes a span that lasts from `start` to `end`, in seconds; `id` is the trace id, a character for each byte. */
  add(id: string, start: number, end: number): void {
    if (id === '') return
    const seen = id === this.#lastId ? this.#last : this.#seen.get(id)
    if (seen) {
      if (start < seen.first) seen.first = start
      if (end > seen.last) seen.last = end
      return
    }
    this.#last = { first: start, last: end }
    this.#lastId = id
    this.#seen.set(id, this.#last)
  }

  /** Turns what was noted into rows. */
  finish(): TableBlock {
    const id = this.block.text('TraceId')
    const start = this.block.fixed('Start').data
    const end = this.block.fixed('End').data
    for (const [bytes, { first, last }] of this.#seen) {
      id.string(Buffer.from(bytes, 'latin1').toString('hex'))
      start.u32(Math.floor(first))
      end.u32(Math.min(Math.floor(last), 0xffffffff))
      this.block.endRow(first)
    }
    return this.block
  }

  reset(): void {
    this.#seen.clear()
    this.#last = undefined
    this.#lastId = ''
    this.block.reset()
  }
}
