/** Lines that were written before: those of the present file, and of what it was rotated to as far as they are wanted. */
import type { FileHandle } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { lastLines } from './file-lines.ts'
import { timeOf } from './line-time.ts'
import { findRotated, linesIn, linesOfRotated, rotatedFiles, type RotatedFile } from './rotated-files.ts'

export interface PresentFile {
  readonly path: string
  readonly file: FileHandle
  /** Place in it to which lines are read. */
  readonly end: number
}

type IsWanted = (line: string) => boolean

/** Of all files together; then those that are older are not looked through for lines of one application. */
const MAX_BYTES = 268_435_456

/** The last lines that are wanted, however often the log was rotated among them. */
export async function lastWritten({ path, file, end }: PresentFile, count: number, isWanted: IsWanted): Promise<readonly string[]> {
  let found = await lastLines(file, end, count, isWanted)
  let bytes = end
  for (const older of await rotatedBefore(path, file)) {
    if (found.length >= count || bytes >= MAX_BYTES) break
    const last = new LastLines(count - found.length)
    for await (const lines of linesOfRotated(older)) {
      bytes += lines.reduce((sum, line) => sum + line.length, 0)
      last.add(lines.filter(isWanted))
    }
    found = [...last.lines, ...found]
  }
  return found
}

/** The lines from that time on, some at a time; at most the last `count`. A line that names no time is of the same time as the one before it. */
export async function* writtenSince(present: PresentFile, query: SinceQuery): AsyncGenerator<readonly string[], void> {
  if (query.count === Infinity) yield* allSince(present, query)
  else {
    const last = new LastLines(query.count)
    for await (const lines of allSince(present, query)) last.add(lines)
    yield last.lines
  }
}

export interface SinceQuery {
  /** In milliseconds since the epoch. */
  readonly since: number
  readonly count: number
  readonly isWanted: IsWanted
}

async function* allSince({ path, file, end }: PresentFile, { since, isWanted }: SinceQuery): AsyncGenerator<readonly string[], void> {
  const rotated = (await rotatedBefore(path, file)).filter(({ modifiedAt }) => modifiedAt >= since)
  let isLater = true
  const fits = (line: string): boolean => {
    const time = timeOf(line)
    if (time !== undefined) isLater = time >= since
    return isLater && isWanted(line)
  }
  for await (const lines of linesOfAll(rotated.toReversed(), file, end)) {
    const fitting = lines.filter(fits)
    if (fitting.length > 0) yield fitting
  }
}

async function* linesOfAll(rotated: readonly RotatedFile[], file: FileHandle, end: number): AsyncGenerator<readonly string[], void> {
  for (const older of rotated) yield* linesOfRotated(older)
  if (end > 0) yield* linesIn(createReadStream('', { fd: file, start: 0, end: end - 1, autoClose: false }))
}

/** A file that is open and has been renamed meanwhile is not read twice. */
async function rotatedBefore(path: string, file: FileHandle): Promise<readonly RotatedFile[]> {
  const { ino } = await file.stat()
  const found = await Promise.all((await rotatedFiles(path)).map(findRotated))
  return found.filter((each) => each !== undefined).filter((each) => each.ino !== ino)
}

/** The last ones of many, at most twice as many kept meanwhile. */
class LastLines {
  readonly #count: number
  #lines: string[] = []

  constructor(count: number) {
    this.#count = count
  }

  add(lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(line)
    if (this.#lines.length > 2 * this.#count) this.#lines = this.lines
  }

  get lines(): string[] {
    return this.#count === 0 ? [] : this.#lines.slice(-this.#count)
  }
}
