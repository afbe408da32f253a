/**
 * Buffers that requests are encoded into, used again once they are written. Memory outside the heap counts for the garbage collector: with buffers of
 * its own, every tenth request of 500 spans made it mark the whole heap.
 */
import { ByteWriter } from '../native/byte-writer.ts'

/** What is kept for later requests. */
const MAX_SPARE_BYTES = 8_388_608

export class SpareWriters {
  readonly #spares: ByteWriter[] = []
  #bytes = 0

  /** An empty one. */
  take(): ByteWriter {
    const spare = this.#spares.pop()
    if (!spare) return new ByteWriter(4096)
    this.#bytes -= spare.bytes.length
    return spare
  }

  /** Nothing may read its bytes any more. */
  giveBack(writer: ByteWriter): void {
    const { length } = writer.bytes
    if (this.#bytes + length > MAX_SPARE_BYTES) return
    writer.reset()
    this.#bytes += length
    this.#spares.push(writer)
  }
}
