/**
 * What main thread and helper share. The main thread counts on as long as its event loop turns; a count that stands still is a loop that does not. No clock is
 * shared, since threads begin theirs at different times.
 */

/** How often the main thread counts. */
export const BEAT_MS = 50

const COUNT = 0
const DEBUGGED = 1
const WORDS = 2

export class Beats {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.#words = new Int32Array(memory)
  }

  get memory(): SharedArrayBuffer {
    return this.#words.buffer as SharedArrayBuffer
  }

  get count(): number {
    return Atomics.load(this.#words, COUNT)
  }

  /** Whether somebody debugs the process: its pauses are no blocking, and must not be resumed by us. */
  get isDebugged(): boolean {
    return Atomics.load(this.#words, DEBUGGED) !== 0
  }

  beat(isDebugged: boolean): void {
    Atomics.store(this.#words, DEBUGGED, isDebugged ? 1 : 0)
    Atomics.add(this.#words, COUNT, 1)
  }
}
