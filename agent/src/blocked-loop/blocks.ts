/**
 * The times at which this thread's event loop was blocked, and by what. The main thread notices each by its own late beat; the stacks are the helper's, which
 * took them while the block lasted. Asked for kept requests only, so that it costs others nothing.
 */
import type { Paused } from './paused-frames.ts'

/** A block that was longer than the limit; times are those of the process's clock. */
export interface LoopBlock {
  readonly startMs: number
  /** Of one that still lasts, now. */
  readonly endMs: number
  /** In order. None: the helper got no answer, as from native code, or was too late. */
  readonly stacks: readonly BlockStack[]
}

/** What ran at a moment within a block. */
export interface BlockStack extends Paused {
  /** How long it had been blocked, in milliseconds. */
  readonly afterMs: number
}

/** Native code cannot be paused, and a block that ends just when it is noticed leaves nothing to see. */
export const STACK_UNKNOWN = 'stack unknown: native code, or too short'

/** What the helper says of a block. */
export interface BlockMessage extends BlockStack {
  /** The beat after which there was none. */
  readonly beat: number
}

const MAX_BLOCKS = 64

export class LoopBlocks {
  readonly #limitMs: number
  readonly #read: () => BlockMessage | undefined
  readonly #stacks = new Map<number, BlockStack[]>()
  #ended: { readonly startMs: number; readonly endMs: number; readonly beat: number }[] = []
  #beat = 0
  #beatMs: number

  /** `read` gives the next message of the helper, if there is one, without waiting. */
  constructor(limitMs: number, read: () => BlockMessage | undefined, nowMs: number) {
    this.#limitMs = limitMs
    this.#read = read
    this.#beatMs = nowMs
  }

  /** The loop turns. */
  beat(count: number, nowMs: number): void {
    if (nowMs - this.#beatMs > this.#limitMs) this.#end(nowMs)
    this.#beat = count
    this.#beatMs = nowMs
  }

  /** Those that lasted into the time between the two, oldest first. */
  within(startMs: number, endMs: number, nowMs: number): readonly LoopBlock[] {
    this.#takeMessages()
    const lasting = nowMs - this.#beatMs > this.#limitMs ? [{ startMs: this.#beatMs, endMs: nowMs, beat: this.#beat }] : []
    return [...this.#ended, ...lasting]
      .filter((block) => block.endMs > startMs && block.startMs < endMs)
      .map(({ beat, ...block }) => ({ ...block, stacks: this.#stacks.get(beat) ?? [] }))
  }

  #end(nowMs: number): void {
    this.#ended.push({ startMs: this.#beatMs, endMs: nowMs, beat: this.#beat })
    if (this.#ended.length > MAX_BLOCKS) this.#ended = this.#ended.slice(-MAX_BLOCKS)
    const [oldest] = this.#ended
    for (const beat of this.#stacks.keys()) if (oldest && beat < oldest.beat) this.#stacks.delete(beat)
  }

  #takeMessages(): void {
    for (let message = this.#read(); message; message = this.#read()) {
      const { beat, ...stack } = message
      const stacks = this.#stacks.get(beat)
      if (stacks) stacks.push(stack)
      else this.#stacks.set(beat, [stack])
    }
  }
}
