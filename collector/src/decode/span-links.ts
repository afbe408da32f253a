/** The links of spans. One that cannot be read, or has a bad id, is left out, and its span is stored. */
import { MapColumn, TextColumn } from '../native/columns.ts'
import { Rewind } from '../native/rewind.ts'
import type { TableBlock } from '../native/table-block.ts'
import type { AttributeReader } from './attributes.ts'
import { idEnd, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { limits } from './limits.ts'
import { readOrSkip } from './salvage.ts'

export const LONG_STATES = `trace states longer than ${limits.valueBytes} bytes`
export const TOO_MANY_DETAILS = `events and links beyond ${limits.details}`

export class SpanLinks {
  /** In all rows. */
  count = 0
  readonly #attributes: AttributeReader
  readonly #trace
  readonly #span
  readonly #state
  readonly #map
  readonly #columns
  readonly #written: Rewind

  constructor(block: TableBlock, attributes: AttributeReader) {
    this.#attributes = attributes
    this.#trace = block.array('Links.TraceId', TextColumn)
    this.#span = block.array('Links.SpanId', TextColumn)
    this.#state = block.array('Links.TraceState', TextColumn)
    this.#map = block.array('Links.Attributes', MapColumn)
    this.#columns = [this.#trace, this.#span, this.#state, this.#map]
    this.#written = new Rewind(this.#columns.flatMap(({ parts }) => parts))
  }

  /** Reads a link up to `end`, of the span whose first one is number `rowStart`. */
  read(end: number, rowStart: number): void {
    if (this.count - rowStart >= limits.details) {
      this.#attributes.tooMuch(TOO_MANY_DETAILS)
      this.#attributes.reader.pos = end
      return
    }
    this.#written.mark()
    if (readOrSkip(this.#attributes, end, 'a link', this.#read)) this.count++
    else this.#written.undo()
  }

  endRow(): void {
    for (const column of this.#columns) column.endRow(this.count)
  }

  readonly #read = (end: number): void => {
    const r = this.#attributes.reader
    const map = this.#map.items
    const mapStart = map.keys.length
    const ends = [0, 0, 0, 0, 0, 0]
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10 || tag === 18 || tag === 26) {
        const field = (tag >> 3) - 1
        ends[field * 2 + 1] = r.fieldEnd(end)
        ends[field * 2] = r.pos
        r.pos = ends[field * 2 + 1] as number
      } else if (tag === 34) this.#attributes.spanKeyValue(map, r.fieldEnd(end), mapStart)
      else r.skip(tag, end)
    }
    r.close(end)
    this.#write(ends)
    map.endRow()
  }

  #write([trace = 0, traceEnd = 0, span = 0, spanEnd = 0, state = 0, stateEnd = 0]: readonly number[]): void {
    const { reader: r, guard } = this.#attributes
    this.#trace.items.data.hex(r.buf, trace, idEnd(r, trace, traceEnd, TRACE_ID_BYTES))
    this.#span.items.data.hex(r.buf, span, idEnd(r, span, spanEnd, SPAN_ID_BYTES))
    if (guard?.isOn === true) guard.text(state, stateEnd)
    this.#state.items.add(r.buf, state, this.#attributes.cut(state, stateEnd, limits.valueBytes, LONG_STATES))
  }
}
