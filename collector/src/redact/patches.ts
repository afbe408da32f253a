/**
 * Changes to a protobuf message, collected while it is walked and applied together. A text that becomes longer or shorter changes the length of
 * every enclosing message: those lengths are corrected as the messages are left. A message without changes is not copied.
 */

interface Patch {
  readonly at: number
  readonly end: number
  readonly bytes: Uint8Array
}

const MAX_DEPTH = 96

export class Patches {
  #list: Patch[] = []
  #depth = 0
  /** For each open message: the position of its length, the bounds of its content, and by how much it has grown. */
  readonly #lengthAt = new Int32Array(MAX_DEPTH)
  readonly #start = new Int32Array(MAX_DEPTH)
  readonly #end = new Int32Array(MAX_DEPTH)
  readonly #growth = new Int32Array(MAX_DEPTH)

  reset(): void {
    this.#list = []
    this.#depth = 0
    this.#growth[0] = 0
  }

  /** Begins a nested message. False when messages are nested too deeply to continue. */
  enter(lengthAt: number, start: number, end: number): boolean {
    if (this.#depth >= MAX_DEPTH - 1) return false
    const depth = ++this.#depth
    this.#lengthAt[depth] = lengthAt
    this.#start[depth] = start
    this.#end[depth] = end
    this.#growth[depth] = 0
    return true
  }

  leave(): void {
    const depth = this.#depth--
    const growth = this.#growth[depth] as number
    if (growth === 0) return
    const start = this.#start[depth] as number
    this.#lengthen(this.#lengthAt[depth] as number, start, (this.#end[depth] as number) - start + growth)
    this.#growth[depth - 1] = (this.#growth[depth - 1] as number) + growth
  }

  /** Replaces the content of a length-delimited field of the current message. */
  replace(lengthAt: number, start: number, end: number, bytes: Uint8Array): void {
    this.#list.push({ at: start, end, bytes })
    const growth = bytes.length - (end - start)
    if (growth !== 0) this.#lengthen(lengthAt, start, bytes.length)
    this.#growth[this.#depth] = (this.#growth[this.#depth] as number) + growth
  }

  /** Replaces the whole content of the current message. */
  replacePresent(bytes: Uint8Array): void {
    const start = this.#start[this.#depth] as number
    const end = this.#end[this.#depth] as number
    this.#list = this.#list.filter(({ at }) => at < start || at >= end)
    this.#list.push({ at: start, end, bytes })
    this.#growth[this.#depth] = bytes.length - (end - start)
  }

  /** The message with all changes; the same bytes if there are none. */
  apply(body: Buffer): Buffer {
    if (this.#list.length === 0) return body
    const out = Buffer.allocUnsafe(body.length + (this.#growth[0] as number))
    let from = 0
    let length = 0
    for (const { at, end, bytes } of this.#list.sort((one, other) => one.at - other.at)) {
      length += body.copy(out, length, from, at)
      out.set(bytes, length)
      length += bytes.length
      from = end
    }
    body.copy(out, length, from)
    return out
  }

  /** What is between `start` and `end` with the changes there; undefined when there are none. */
  applyWithin(body: Buffer, start: number, end: number): Buffer | undefined {
    const within = this.#list.filter(({ at }) => at >= start)
    if (within.length === 0) return undefined
    const pieces: Uint8Array[] = []
    let from = start
    for (const patch of within.sort((one, other) => one.at - other.at)) {
      pieces.push(body.subarray(from, patch.at), patch.bytes)
      from = patch.end
    }
    return Buffer.concat([...pieces, body.subarray(from, end)])
  }

  /** Writes a new length; the growth of its varint counts for the enclosing message. */
  #lengthen(lengthAt: number, start: number, length: number): void {
    const bytes = varint(length)
    this.#list.push({ at: lengthAt, end: start, bytes })
    this.#growth[this.#depth] = (this.#growth[this.#depth] as number) + bytes.length - (start - lengthAt)
  }
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
