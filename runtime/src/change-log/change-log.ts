/**
 * A file of changes: `NAME.N`. It begins with all that there was, and each change is appended: a line with its CRC-32. When most of it is history,
 * `NAME.N+1` is written aside, flushed and renamed. What is appended is with the kernel, so the death of the process loses nothing; what is to survive
 * a loss of power waits for {@link ChangeLog.flushed}.
 */
import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { type Damage, flushFolder, setAside } from '@spyglass/process/durable-file'
import { type Change, lineOf, readLog } from './lines.ts'

export interface ChangeLogOptions {
  readonly folder: string
  /** Of the files; letters alone. */
  readonly name: string
  /** Carries out a change that is read. Gives whether it is one. */
  readonly carryOut: (change: Change) => boolean
  /** What makes the present state from nothing. */
  readonly all: () => Iterable<Change>
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

/** A log this short is not worth a new file. */
const MIN_HISTORY_BYTES = 4_194_304
/** Lines are written together until there are this many characters. */
const CHUNK = 1_048_576

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class ChangeLog {
  damagedLines = 0
  readonly #options: ChangeLogOptions
  #number = 0
  #handle: number | undefined
  #length = 0
  /** Length when the file was begun. */
  #atFirst = 0
  #isSyncing = false
  #isFlushed = true
  #waiting: Waiter[] = []

  private constructor(options: ChangeLogOptions) {
    this.#options = options
  }

  /** Reads what is there. What is damaged is skipped, counted and kept aside; it is never a reason not to start. */
  static open(options: ChangeLogOptions): ChangeLog {
    const { folder, onDamage, now = Date.now } = options
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const log = new ChangeLog(options)
    log.#number = log.#numbers().at(-1) ?? 0
    const newest = log.#number === 0 ? undefined : log.#file(log.#number)
    const reason = newest === undefined ? undefined : log.#load(newest)
    if (newest !== undefined && reason !== undefined)
      onDamage({ file: newest, reason, setAside: moved(newest, now()), fromPrevious: false })
    log.begin()
    return log
  }

  /** Throws what the file system says; then nothing is appended. */
  append(change: Change): void {
    const bytes = Buffer.from(lineOf(change))
    const handle = this.#handle!
    try {
      let written = 0
      while (written < bytes.length) written += writeSync(handle, bytes, written, bytes.length - written, this.#length + written)
    } catch (error) {
      ftruncateSync(handle, this.#length) // a part of a line would damage the next one
      throw error
    }
    this.#length += bytes.length
    this.#isFlushed = false
  }

  /** Resolves when all that is appended is on the disk; those who wait at once share a flush. Rejects with what the file system says. */
  flushed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.flush()
    })
  }

  /** Begins to bring to the disk what is not there yet. */
  flush(): void {
    if (this.#isSyncing || this.#handle === undefined) return
    if (this.#isFlushed) return this.#answer()
    this.#isSyncing = this.#isFlushed = true
    const [handle, waiting] = [this.#handle, this.#waiting]
    this.#waiting = []
    fdatasync(handle, (error) => this.#synced(handle, error, waiting))
  }

  /** Writes a new file without history, if the old one is mostly that. A full disk leaves the old one in use. */
  compactIfWorth(): void {
    if (this.#length - this.#atFirst < Math.max(MIN_HISTORY_BYTES, this.#atFirst)) return
    try {
      this.begin()
    } catch {
      this.#atFirst = this.#length // tried again when it has grown as much once more
    }
  }

  /** Writes a new file with all that there is, which is on the disk then. Throws what the file system says; then the old one stays in use. */
  begin(): void {
    const file = this.#file(this.#number + 1)
    const aside = `${file}.new`
    const handle = openSync(aside, 'w', 0o600)
    try {
      const length = writeAll(handle, this.#options.all())
      fsyncSync(handle)
      renameSync(aside, file)
      flushFolder(this.#options.folder)
      this.#replace(handle, length)
    } catch (error) {
      closeSync(handle)
      // a file that has its name already would be read at the next start, without what the old one gets from now on
      for (const half of [aside, file]) rmSync(half, { force: true })
      throw error
    }
    this.#number++
    for (const old of this.#numbers()) if (old < this.#number) rmSync(this.#file(old), { force: true })
  }

  close(): void {
    if (this.#handle === undefined) return
    fsyncSync(this.#handle)
    if (!this.#isSyncing) closeSync(this.#handle)
    this.#handle = undefined
    this.#answer()
  }

  /** A file whose flush is under way is closed when that has ended. */
  #replace(handle: number, length: number): void {
    if (this.#handle !== undefined && !this.#isSyncing) closeSync(this.#handle)
    this.#handle = handle
    this.#length = this.#atFirst = length
    this.#isFlushed = true
  }

  /** After a failed flush the kernel may have dropped what was to be written: only a new file tells what is on the disk. */
  #synced(handle: number, error: Error | null, waiting: readonly Waiter[]): void {
    this.#isSyncing = false
    const isReplaced = this.#handle !== handle
    if (isReplaced) closeSync(handle)
    const failure = error && !isReplaced ? this.#begunAnew(error) : undefined
    tell(waiting, failure)
    if (this.#waiting.length > 0) this.flush()
  }

  #begunAnew(error: Error): Error | undefined {
    try {
      this.begin()
      return undefined
    } catch {
      this.#isFlushed = false
      return error
    }
  }

  #answer(): void {
    const waiting = this.#waiting
    this.#waiting = []
    tell(waiting, undefined)
  }

  #file(number: number): string {
    return join(this.#options.folder, `${this.#options.name}.${number}`)
  }

  /** Numbers of the files there, the newest last. */
  #numbers(): readonly number[] {
    const pattern = new RegExp(`^${this.#options.name}\\.(\\d{1,12})$`)
    return readdirSync(this.#options.folder)
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b)
  }

  /** Gives the reason if something is damaged. */
  #load(file: string): string | undefined {
    try {
      if (!statSync(file).isFile()) return 'it is not a file'
      this.damagedLines = readLog(file, this.#options.carryOut)
      return this.damagedLines === 0 ? undefined : `${this.damagedLines} damaged lines`
    } catch (error) {
      return messageOf(error)
    }
  }
}

function tell(waiting: readonly Waiter[], error: Error | undefined): void {
  for (const { resolve, reject } of waiting) {
    if (error) reject(error)
    else resolve()
  }
}

function moved(file: string, now: number): string | undefined {
  try {
    return setAside(file, now)
  } catch {
    return undefined
  }
}

function writeAll(handle: number, changes: Iterable<Change>): number {
  let [length, lines] = [0, '']
  const flush = (): void => {
    const bytes = Buffer.from(lines)
    let written = 0
    while (written < bytes.length) written += writeSync(handle, bytes, written, bytes.length - written, length + written)
    length += bytes.length
    lines = ''
  }
  for (const change of changes) {
    lines += lineOf(change)
    if (lines.length > CHUNK) flush()
  }
  flush()
  return length
}
