/**
 * A log file that single lines are written to at once: what a process says of itself must not be lost when it ends in the next moment. Follows a rotation by
 * rename with its next line (log-file/append-file.ts looks at most every 250 ms): nothing tells the decider of a rotation, and its lines are few.
 */
import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import { LineSink, type LineSinkOptions } from '@spyglass/process/output'

/** O_NONBLOCK: a pipe in its place is an error instead of a start that waits for a reader. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

export class LineFile {
  readonly path: string
  readonly #sink: LineSink
  #fd: number | undefined

  constructor(path: string, report: LineSinkOptions['report']) {
    this.path = path
    this.#sink = new LineSink({ fd: -1, report, write: (_, bytes) => writeSync(this.open(), bytes) })
  }

  /** Opens it, unless it is open; otherwise the first line does. @throws an error of the file system */
  open(): number {
    return (this.#fd ??= openSync(this.path, APPEND, 0o640))
  }

  /** Never throws; a line that cannot be written is dropped and counted. */
  write(line: string): void {
    this.#follow()
    this.#sink.write(line)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #follow(): void {
    if (this.#fd === undefined) return
    try {
      const named = statSync(this.path, { throwIfNoEntry: false })
      const own = fstatSync(this.#fd)
      if (named?.ino === own.ino && named.dev === own.dev) return
      const fd = openSync(this.path, APPEND, 0o640)
      closeSync(this.#fd)
      this.#fd = fd
    } catch {
      // the disk is full or read-only: the line goes where the last one went, and the sink counts what is lost
    }
  }
}
