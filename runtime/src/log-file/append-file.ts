/**
 * A file that lines are appended to: they are gathered and written at most `flushMs` later, in one write. When the file was renamed or
 * removed (rotation) the next lines go to a new one. A disk that does not take them costs lines, which are counted, never memory, requests or the
 * process. The holder uses it as well: it imports the contract alone.
 */
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { LineBuffer } from './line-buffer.ts'

export interface AppendFileOptions {
  readonly path: string
  /** Longest a line waits: 250 by default. */
  readonly flushMs?: number
  /** Maximum bytes that wait, 8 Mi by default; further lines are dropped and counted. */
  readonly maxBuffered?: number
  /** The disk did not take lines; called once until it does again. */
  readonly onFailure?: (error: unknown) => void
  /** It takes lines again; `dropped` is the number lost since the start. */
  readonly onRecovery?: (dropped: number) => void
}

/** So much is written without waiting for the timer. Few large writes: each costs a hop to a thread and back. */
const WRITE_AT = 1_048_576

export class AppendFile {
  readonly path: string
  readonly #options: AppendFileOptions
  readonly #flushMs: number
  readonly #maxBuffered: number
  readonly #waiting = new LineBuffer()
  #bytesUnderWay = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #file: FileHandle | undefined
  /** When the file was last found to be the one of that name, by `performance.now()`. */
  #checkedAt = Number.NEGATIVE_INFINITY
  #isTorn = false
  #isFailing = false
  #isStopped = false

  constructor(options: AppendFileOptions) {
    const { path, flushMs = 250, maxBuffered = 8 * 1024 * 1024 } = options
    this.path = path
    this.#options = options
    this.#flushMs = flushMs
    this.#maxBuffered = maxBuffered
  }

  /** Lines that were lost because the disk did not take them. */
  get dropped(): number {
    return this.#dropped
  }

  /** Bytes that wait to be written. */
  get bufferedBytes(): number {
    return this.#waiting.sizeBytes + this.#bytesUnderWay
  }

  /** Appends a line, which ends with a line break. Never throws. */
  write(line: string): void {
    if (this.#isStopped || this.bufferedBytes >= this.#maxBuffered) {
      this.#dropped++
      return
    }
    this.#waiting.add(line)
    this.#arrange()
  }

  /** Resolves when everything written before is in the file. Never rejects. */
  async flush(): Promise<void> {
    this.reopen()
    await this.#flush()
  }

  /** The next lines go to the file of that name, whatever became of the one that is open. */
  reopen(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY
  }

  /** Writes what is left and closes the file; later lines are dropped. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.flush()
    await this.#file?.close()
    this.#file = undefined
  }

  /** Ensures that what waits is written: at once when it is much, otherwise in time, and after the write that is in progress. */
  #arrange(): void {
    if (this.#writing) return
    if (this.#waiting.sizeBytes >= WRITE_AT) void this.#flush()
    else this.#timer ??= setTimeout(this.#onTimer, this.#flushMs).unref()
  }

  /** Made once: a closure in {@link #arrange} would have V8 allocate for it with every line. */
  readonly #onTimer = (): void => void this.#flush()

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing) {
      await this.#writing
      // The first caller that waited has started the next write.
      if (this.#writing === undefined && this.#waiting.lines > 0) await this.#flush()
      else await this.#writing
      return
    }
    if (this.#waiting.lines === 0) return
    this.#writing = this.#append().finally(() => {
      this.#writing = undefined
      if (this.#waiting.lines > 0 && !this.#isStopped) this.#arrange()
    })
    await this.#writing
  }

  async #append(): Promise<void> {
    const taken = this.#waiting.take()
    this.#bytesUnderWay = taken.sizeBytes
    try {
      const file = await this.#currentFile()
      if (this.#isTorn) await file.write('\n')
      for (const piece of taken.pieces) await this.#writeAll(file, piece)
      this.#recovered()
    } catch (error) {
      this.#dropped += taken.lines
      this.#failed(error)
    } finally {
      this.#bytesUnderWay = 0
      this.#waiting.giveBack(taken)
    }
  }

  /** A write that ends halfway leaves a torn line, which the next write must not continue. */
  async #writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const { bytesWritten } = await file.write(bytes, written)
      written += bytesWritten
      this.#isTorn = written < bytes.length
    }
  }

  async #currentFile(): Promise<FileHandle> {
    if (this.#file && performance.now() - this.#checkedAt < this.#flushMs) return this.#file
    this.#checkedAt = performance.now()
    if (this.#file && (await isSameFile(this.#file, this.path))) return this.#file
    const named = await this.#open()
    await this.#file?.close()
    this.#file = named
    return named
  }

  /** Where this process may not make the file of that name (yet), the one that is open goes on. */
  async #open(): Promise<FileHandle> {
    try {
      return await openToAppend(this.path)
    } catch (error) {
      const old = this.#file
      if (old === undefined || codeOf(error) !== 'EACCES') throw error
      this.#file = undefined
      return old
    }
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) this.#options.onFailure?.(error)
    this.#isFailing = true
  }

  #recovered(): void {
    if (this.#isFailing) this.#options.onRecovery?.(this.#dropped)
    this.#isFailing = false
  }
}

/** A folder that is missing is made. */
async function openToAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a', 0o640)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    return await open(path, 'a', 0o640)
  }
}

async function isSameFile(file: FileHandle, path: string): Promise<boolean> {
  const [own, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  return named !== undefined && named.ino === own.ino && named.dev === own.dev
}
