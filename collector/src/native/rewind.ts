/** Takes back what was written into columns since a mark. */
import type { Rewindable } from './columns.ts'

export class Rewind {
  readonly #parts: readonly Rewindable[]
  readonly #lengths: Float64Array

  constructor(parts: readonly Rewindable[]) {
    this.#parts = parts
    this.#lengths = new Float64Array(parts.length)
  }

  /** Notes how much is in the parts, and gives the sum of it. */
  mark(): number {
    const parts = this.#parts
    let size = 0
    for (let i = 0; i < parts.length; i++) size += this.#lengths[i] = (parts[i] as Rewindable).length
    return size
  }

  /** Removes what came since the mark. */
  undo(): void {
    const parts = this.#parts
    for (let i = 0; i < parts.length; i++) (parts[i] as Rewindable).length = this.#lengths[i] as number
  }
}
