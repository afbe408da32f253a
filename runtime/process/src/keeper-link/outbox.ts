/**
 * What a process has told management and management has not acknowledged: it is told again on the next connection, under the same number. A copy in a
 * file outlives the process, however it ends, and management takes what it finds there.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { checkedLine } from '../durable-file/checked-line.ts'
import type { NumberedMessage } from './registry-messages.ts'

export interface OutboxOptions {
  /** Folder of the copies. Without it, or where it cannot be written, what is not acknowledged is lost with the process. */
  readonly folder?: string
  /** Name of the process. */
  readonly source: string
}

const MAX_WAITING = 10_000
/** What a file may have of messages that do not wait any more, beside as much as does. */
const MAX_DEAD_BYTES = 4_194_304

/** `shop-1.4711.9f8e7d6c5b4a.outbox`: the process, its id, and a name for its numbers. */
export const OUTBOX_NAME = /^(?<source>[\w%.~-]+)\.(?<pid>\d+)\.(?<run>[\da-f]{12})\.outbox$/

/** Beside the socket that takes registry pushes. */
export const outboxFolder = (registrySocket: string): string => join(dirname(registrySocket), 'outbox')

export class Outbox {
  /** Distinguishes the numbers of this process from those of others. */
  readonly run = randomBytes(6).toString('hex')
  /** Messages dropped because management was away for too long. */
  dropped = 0
  readonly #waiting = new Map<number, NumberedMessage>()
  readonly #file: OutboxFile | undefined
  #last = 0

  constructor({ folder, source }: OutboxOptions) {
    if (folder !== undefined) this.#file = new OutboxFile(join(folder, `${encodeURIComponent(source)}.${process.pid}.${this.run}.outbox`))
  }

  /** Those that wait, oldest first. */
  get waiting(): Iterable<NumberedMessage> {
    return this.#waiting.values()
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Gives the message its number. What is an event is on file when this returns. */
  add<T extends NumberedMessage>(message: T): T {
    const numbered = { ...message, n: ++this.#last }
    this.#waiting.set(numbered.n, numbered)
    if (message.type === 'event') this.#file?.append(numbered)
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) {
      this.#waiting.delete(oldest)
      this.dropped++
    }
    if (this.#file?.isDue) this.#file.rewrite([...this.#waiting.values()].filter(({ type }) => type === 'event'))
    return numbered
  }

  /** Management has them. */
  taken(numbers: readonly number[]): void {
    for (const n of numbers) this.#waiting.delete(n)
    if (this.#waiting.size === 0) this.#file?.clear()
  }

  /** What still waits stays on file. */
  close(): void {
    this.#file?.close(this.#waiting.size === 0)
  }
}

/** The page cache outlives the process: nothing is flushed to the disk. A file that cannot be written is given up. */
class OutboxFile {
  readonly #path: string
  #descriptor: number | undefined
  #end = 0
  /** Where it ended when it was last rewritten. */
  #rewrittenTo = 0
  #isGivenUp = false
  #isClosed = false

  constructor(path: string) {
    this.#path = path
  }

  /** Whether most of it is of messages that do not wait any more. */
  get isDue(): boolean {
    return !this.#isGivenUp && this.#end > 2 * this.#rewrittenTo + MAX_DEAD_BYTES
  }

  /** In the place of the file at once: there is no moment at which a message that waits is in none. */
  rewrite(messages: readonly NumberedMessage[]): void {
    const [next, lines] = [`${this.#path}.new`, Buffer.concat(messages.map(lineOf))]
    try {
      writeFileSync(next, lines, { mode: 0o600 })
      const descriptor = openSync(next, 'r+')
      renameSync(next, this.#path)
      if (this.#descriptor !== undefined) closeSync(this.#descriptor)
      this.#descriptor = descriptor
      this.#end = lines.length
    } catch {
      remove(next) // a full disk: the file has everything as it is
    }
    this.#rewrittenTo = this.#end
  }

  append(message: NumberedMessage): void {
    if (this.#isGivenUp) return
    try {
      this.#descriptor ??= this.#open()
      const line = lineOf(message)
      // Half a line, on a disk that has just become full, is overwritten by the next one.
      if (writeSync(this.#descriptor, line, 0, line.length, this.#end) === line.length) this.#end += line.length
    } catch {
      this.#isGivenUp = true // a full or read-only disk, or an application with a user of its own: the message is in memory
    }
  }

  /** Nothing waits: a disk that was full may take the next one. */
  clear(): void {
    this.#isGivenUp = this.#isClosed
    if (this.#descriptor === undefined || this.#end === 0) return
    try {
      ftruncateSync(this.#descriptor, 0)
      this.#end = this.#rewrittenTo = 0
    } catch {
      this.#isGivenUp = true // what is told twice is known by its number
    }
  }

  close(isEmpty: boolean): void {
    this.#isClosed = true
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#isGivenUp = true
    if (isEmpty) rmSync(this.#path, { force: true })
  }

  #open(): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    return openSync(this.#path, 'w', 0o600)
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // the disk takes no changes
  }
}

const lineOf = (message: NumberedMessage): Buffer => checkedLine(JSON.stringify(message))
