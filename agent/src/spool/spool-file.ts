/**
 * The file of one process: a header, then two halves that are filled in turn. A half begins with a frame of all that is still wanted, so
 * the other one is given up only when that is complete. Positional writes into it survive the death of the process, whatever kills it.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { FRAME, FrameWriter } from './frames.ts'

export const SPOOL_VERSION = 2
const PAGE = 4096

export class SpoolFile {
  readonly path: string
  isReleased = false
  readonly #fd: number
  readonly #start: number
  readonly #halfBytes: number
  #generation = 0
  #at = 0
  #end = 0

  /**
   * Makes the file; it must not be there. `header` is what a reader needs to know of the process.
   * @throws what the file system says
   */
  constructor(path: string, header: object, maxBytes: number) {
    this.path = path
    this.#halfBytes = Math.floor(maxBytes / 2 / PAGE) * PAGE
    const frame = new FrameWriter()
    const start = frame.begin(FRAME.header)
    frame.json({ ...header, version: SPOOL_VERSION, halfBytes: this.#halfBytes })
    frame.end(start, 0)
    this.#start = Math.ceil(frame.length / PAGE) * PAGE
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
    try {
      ftruncateSync(this.#fd, this.#start + 2 * this.#halfBytes)
      this.#write(frame.bytes, 0)
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** Frames carry the generation of the half that they are in. */
  get generation(): number {
    return this.#generation
  }

  /** Maximum bytes of all that is wanted at once: half of a half, so that there is room to continue. */
  get maxBaseBytes(): number {
    return this.#halfBytes >> 1
  }

  /** Whether a reader took it away because it held this process to be dead. */
  get isTaken(): boolean {
    return fstatSync(this.#fd).nlink === 0
  }

  /** False: the half is full, or not begun. */
  append(frames: Buffer): boolean {
    if (this.#at === 0 || this.#at + frames.length > this.#end) return false
    this.#write(frames, this.#at)
    this.#at += frames.length
    return true
  }

  /** Begins the other half with what `write` puts into a frame of the new generation. */
  restart(writer: FrameWriter, write: () => void): void {
    const generation = this.#generation + 1
    const from = this.#start + (generation % 2) * this.#halfBytes
    writer.clear()
    const start = writer.begin(FRAME.base)
    write()
    writer.end(start, generation)
    this.#write(writer.bytes, from)
    this.#generation = generation
    this.#at = from + writer.length
    this.#end = from + this.#halfBytes
  }

  /** Releases the file to readers. Writing keeps working. */
  release(): void {
    renameSync(this.path, `${this.path}.ended`)
    this.isReleased = true
  }

  remove(): void {
    unlinkSync(this.path)
    this.close()
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done)
  }
}
