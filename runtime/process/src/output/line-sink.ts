/**
 * Lines to a file that may not take them: a full disk, no inode left, a read-only file system, a reader that is gone. A line that cannot
 * be written is dropped and counted, and nothing throws; the first write that works again is preceded by a line that says how many.
 * Imports nothing: every worker thread of an application loads it.
 */
import fs from 'node:fs'

export interface LineSinkOptions {
  /** File descriptor to append to. */
  readonly fd: number
  /** The line, without its end, that reports what was dropped; see {@link droppedReport}. */
  readonly report: (dropped: number, reason: string) => string
  /** `fs.writeSync`; returns the number of bytes written. */
  readonly write?: (fd: number, bytes: Uint8Array) => number
}

/** A pipe whose reader is slow says EAGAIN; a line may wait this long for it. */
const AGAIN_MS = 200
const AGAIN_STEP_MS = 5

export class LineSink {
  /** Writes that were dropped since the start. */
  dropped = 0
  readonly #options: Required<LineSinkOptions>
  /** Dropped since the last success, and why. */
  #unreported = 0
  #reason = ''

  constructor({ fd, report, write = fs.writeSync }: LineSinkOptions) {
    this.#options = { fd, report, write }
  }

  /** Writes whole lines, or parts of one. Never throws; says whether all of it was written. */
  write(text: string | Uint8Array): boolean {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    if (bytes.length === 0) return true
    try {
      if (this.#unreported > 0) this.#recover()
      this.#writeAll(bytes)
      return true
    } catch (error) {
      this.dropped++
      this.#unreported++
      this.#reason = codeOf(error) ?? String(error)
      return false
    }
  }

  /**
   * Dropped output is reported first, on its own line: the full disk may have cut the last line in two, also that of another process that
   * writes to the same file.
   */
  #recover(): void {
    const { report } = this.#options
    this.#writeAll(Buffer.from(`\n${report(this.#unreported, this.#reason)}\n`))
    this.#unreported = 0
  }

  #writeAll(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) {
      written += this.#writeSome(written === 0 ? bytes : bytes.subarray(written))
    }
  }

  #writeSome(bytes: Uint8Array): number {
    const { fd, write } = this.#options
    for (let waited = 0; ; waited += AGAIN_STEP_MS) {
      try {
        return write(fd, bytes)
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN' || waited >= AGAIN_MS) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_STEP_MS)
      }
    }
  }
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | null)?.code

/** The report as a line of the server log, in the shape of pino's lines. */
export function droppedReport(process: string, pid: number): LineSinkOptions['report'] {
  return (dropped, reason) =>
    JSON.stringify({ level: 'warn', time: new Date().toISOString(), process, pid, dropped, reason, msg: 'log lines were dropped' })
}
