/**
 * The access log of one application: lines are gathered and appended at most 250 ms later, in one write. When the file was renamed or
 * removed (rotation) the next lines go to a new one. A disk that does not take them costs lines, which are counted, never memory or requests.
 */
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '@spyglass/process/logger'
import type { AccessEntry } from './access-entry.ts'
import { type AccessForm, type Formatter, formatterOf } from './access-format.ts'
import { LineBuffer } from './line-buffer.ts'

export interface AccessLogOptions {
  /** Folder of the access logs: `<data>/logs/access`. The file is `<application>.log`. */
  readonly folder: string
  readonly application: string
  readonly instance: string
  readonly logger: Logger
  /** `{ format: 'json' }` by default. */
  readonly form?: AccessForm | undefined
  /** Longest a line waits: 250 by default. */
  readonly flushMs?: number
  /** Maximum bytes that wait, 8 Mi by default; further lines are dropped and counted. */
  readonly maxBuffered?: number
}

/** So much is written without waiting for the timer. Few large writes: each costs a hop to a thread and back. */
const WRITE_AT = 1_048_576

export class AccessLog {
  readonly path: string
  readonly #logger: Logger
  readonly #format: Formatter
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

  constructor(options: AccessLogOptions) {
    const { folder, application, instance, logger, form = { format: 'json' }, flushMs = 250, maxBuffered = 8 * 1024 * 1024 } = options
    this.path = join(folder, `${application}.log`)
    this.#logger = logger
    this.#format = formatterOf(form, { instance, application })
    this.#flushMs = flushMs
    this.#maxBuffered = maxBuffered
  }

  /** Lines that were lost because the disk did not take them. */
  get dropped(): number {
    return this.#dropped
  }

  write(entry: AccessEntry): void {
    if (this.#isStopped || this.#waiting.sizeBytes + this.#bytesUnderWay >= this.#maxBuffered) {
      this.#dropped++
      return
    }
    this.#waiting.add(`${this.#format(entry)}\n`)
    this.#arrange()
  }

  /** Resolves when everything written before is in the file. Never rejects. */
  async flush(): Promise<void> {
    this.#checkedAt = Number.NEGATIVE_INFINITY
    await this.#flush()
  }

  /** Ensures that what waits is written: at once when it is much, otherwise in time, and after the write that is in progress. */
  #arrange(): void {
    if (this.#writing) return
    if (this.#waiting.sizeBytes >= WRITE_AT) void this.#flush()
    else this.#timer ??= setTimeout(() => void this.#flush(), this.#flushMs).unref()
  }

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

  /** Writes what is left and closes the file; later lines are dropped. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.flush()
    await this.#file?.close()
    this.#file = undefined
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
    const old = this.#file
    this.#file = undefined
    await old?.close()
    await mkdir(dirname(this.path), { recursive: true })
    this.#file = await open(this.path, 'a', 0o640)
    return this.#file
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) this.#logger.error({ err: error, file: this.path }, 'cannot write to the access log')
    this.#isFailing = true
  }

  #recovered(): void {
    if (this.#isFailing) this.#logger.info({ file: this.path, dropped: this.#dropped }, 'writing to the access log again')
    this.#isFailing = false
  }
}

async function isSameFile(file: FileHandle, path: string): Promise<boolean> {
  const [own, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  return named !== undefined && named.ino === own.ino && named.dev === own.dev
}
