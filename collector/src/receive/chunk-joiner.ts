/**
 * Puts the chunks of a body together, in the same memory for every request: it is read to its end before the next is joined. A buffer of each request's
 * own would count for the garbage collector, which would mark the whole heap more often.
 */

/** Larger bodies get a buffer of their own. */
const MAX_KEPT_BYTES = 4_194_304

export class ChunkJoiner {
  #buffer = Buffer.alloc(0)

  /** The whole body; its bytes are those of the next body after the next call. */
  join(chunks: readonly Buffer[]): Buffer {
    const [first] = chunks
    if (chunks.length === 1 && first) return first
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (length > MAX_KEPT_BYTES) return Buffer.concat(chunks, length)
    if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(Math.min(MAX_KEPT_BYTES, length * 2))
    let at = 0
    for (const chunk of chunks) {
      this.#buffer.set(chunk, at)
      at += chunk.length
    }
    return this.#buffer.subarray(0, length)
  }
}
