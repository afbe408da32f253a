/**
 * Lines that wait to be written. They wait as bytes, because strings would outlive the young generation, which costs twice as much as
 * writing them; and in chunks that are used again, because new ones each second make V8 collect the whole heap for their sake.
 */

const CHUNK = 262_144
/** Of a burst at most this stays allocated. */
const MAX_SPARE = 4
/** So many characters are made bytes together: to do it for each line costs a third more. */
const ENCODE_AT = 8192
const EMPTY = Buffer.alloc(0)

/** Lines taken out of the buffer, to be given back when they are written. */
export interface TakenLines {
  readonly lines: number
  readonly sizeBytes: number
  readonly pieces: readonly Buffer[]
}

export class LineBuffer {
  lines = 0
  /** Of those characters that are not bytes yet, the least. */
  sizeBytes = 0
  #text = ''
  #full: Buffer[] = []
  #chunk: Buffer = EMPTY
  #used = 0
  readonly #spare: Buffer[] = []

  add(line: string): void {
    this.#text += line
    this.sizeBytes += line.length
    this.lines++
    if (this.#text.length >= ENCODE_AT) this.#encode()
  }

  /** Takes all lines out. */
  take(): TakenLines {
    this.#encode()
    this.#turnOver(EMPTY)
    const taken = { lines: this.lines, sizeBytes: this.sizeBytes, pieces: this.#full }
    this.lines = 0
    this.sizeBytes = 0
    this.#full = []
    return taken
  }

  /** The bytes of these lines are needed no more. */
  giveBack({ pieces }: TakenLines): void {
    for (const { buffer } of pieces) {
      if (buffer.byteLength === CHUNK && this.#spare.length < MAX_SPARE) this.#spare.push(Buffer.from(buffer))
    }
  }

  #encode(): void {
    const text = this.#text
    const most = text.length * 3 // bytes of UTF-8 for each UTF-16 unit
    if (this.#chunk.length - this.#used < most) this.#turnOver(this.#chunkFor(most))
    const written = this.#chunk.write(text, this.#used)
    this.#text = ''
    this.#used += written
    this.sizeBytes += written - text.length
  }

  #chunkFor(most: number): Buffer {
    return (most <= CHUNK ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(CHUNK, most))
  }

  #turnOver(next: Buffer): void {
    if (this.#used > 0) this.#full.push(this.#chunk.subarray(0, this.#used))
    this.#chunk = next
    this.#used = 0
  }
}
