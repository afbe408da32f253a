/** Lines of a file that grows: the last ones, and those that come. Reads a piece at a time, however long the file is. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { devNull } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '@spyglass/agent/contract'

const PIECE_BYTES = 1_048_576
/** Nobody wants to wait until more has been looked through for lines of one application. */
const MAX_BYTES = 256 * PIECE_BYTES
const LOOK_EVERY_MS = 250
const NEWLINE = 10

type IsWanted = (line: string) => boolean

/** The last lines that are wanted before `end`, a place in the file. */
export async function lastLines(file: FileHandle, end: number, count: number, isWanted: IsWanted): Promise<readonly string[]> {
  let found: readonly string[] = []
  /** The rest of a line that begins in the piece before. */
  let rest: Buffer = Buffer.alloc(0)
  for (let at = end; at > 0 && found.length < count && end - at < MAX_BYTES;) {
    const start = Math.max(0, at - PIECE_BYTES)
    const bytes = Buffer.concat([await piece(file, start, at), rest])
    const first = start === 0 ? 0 : bytes.indexOf(NEWLINE) + 1
    rest = start > 0 && first === 0 ? bytes : bytes.subarray(0, first)
    if (rest !== bytes) found = [...linesOf(bytes.subarray(first)).filter(isWanted), ...found]
    at = start
  }
  return count === 0 ? [] : found.slice(-count)
}

/** Where the last complete line ends. */
export async function endOfLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  for (let at = size; at > 0; at -= PIECE_BYTES) {
    const start = Math.max(0, at - PIECE_BYTES)
    const newline = (await piece(file, start, at)).lastIndexOf(NEWLINE)
    if (newline >= 0) return start + newline + 1
  }
  return 0
}

/**
 * Lines as they come, from a place in the file on; an empty list after `quietMs` in which none came. A file that was renamed is followed by its name:
 * after a rotation, the new one from its beginning. Ends when `signal` aborts.
 */
export async function* comingLines(
  path: string,
  from: number,
  { signal, quietMs }: { readonly signal: AbortSignal; readonly quietMs: number },
): AsyncGenerator<readonly string[], void> {
  await using tail = new Tail(path, await openOrEmpty(path), from)
  for (let saidAt = performance.now(); !signal.aborted;) {
    const lines = await tail.read()
    if (lines !== undefined && lines.length > 0) yield lines
    else if (performance.now() - saidAt < quietMs) {
      if (lines === undefined) await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
      continue
    } else yield []
    saidAt = performance.now()
  }
}

/** The file, or an empty one while there is none: after a rotation its writer makes it with the next line. */
export async function openOrEmpty(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return await open(devNull)
  }
}

class Tail {
  readonly #path: string
  #file: FileHandle
  #at: number
  /** The beginning of a line that is being written. */
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string, file: FileHandle, from: number) {
    this.#path = path
    this.#file = file
    this.#at = from
  }

  /** Lines that have come since the last call; undefined: nothing has. */
  async read(): Promise<readonly string[] | undefined> {
    const { size, ino } = await this.#file.stat()
    if (size < this.#at) this.#at = 0 // it was emptied
    if (size > this.#at) return this.#linesUntil(Math.min(size, this.#at + PIECE_BYTES))
    if (!(await isAnother(this.#path, ino))) return undefined
    await this.#file.close()
    this.#file = await open(this.#path)
    this.#at = 0
    this.#rest = Buffer.alloc(0)
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  async #linesUntil(end: number): Promise<readonly string[]> {
    const read = await piece(this.#file, this.#at, end)
    this.#at += read.length
    const bytes = Buffer.concat([this.#rest, read])
    const lines = bytes.lastIndexOf(NEWLINE) + 1
    this.#rest = bytes.subarray(lines)
    return linesOf(bytes.subarray(0, lines))
  }
}

/** Whether the name belongs to another file now. */
async function isAnother(path: string, ino: number): Promise<boolean> {
  const present = await stat(path).catch(() => undefined)
  return present !== undefined && present.ino !== ino
}

const linesOf = (bytes: Buffer): readonly string[] => bytes.toString('utf8').split('\n').filter(Boolean)

async function piece(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
  return bytes.subarray(0, bytesRead)
}
