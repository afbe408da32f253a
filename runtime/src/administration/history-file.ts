/**
 * The history: one JSON document a line, appended and flushed before a change is acknowledged. Each line ends in a checksum, so a line that a
 * crash tore is found; it is removed before the next is written, and lines that are damaged are skipped and counted.
 */
import { closeSync, fsyncSync, ftruncateSync, lstatSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { flushFolder, setAside, wrongShape } from '@spyglass/process/durable-file'
import type { HistoryEntry } from './administration.ts'

export interface HistoryFile {
  /** Number of the last entry; 0 when there is none. */
  readonly lastId: number
  /** Lines that could not be read when the file was opened. */
  readonly damaged: number
  has(id: number): boolean
  /** On the disk when it returns. Throws what the file system says; then the entry is not in the file. */
  append(entry: HistoryEntry): void
  /** Adds what came of an entry, as a line that takes the place of the earlier one; what is no entry is skipped. Throws as `append` does. */
  complete(id: number, outcome: Pick<HistoryEntry, 'result' | 'failed'>): void
  /** All entries, oldest first. */
  entries(): readonly HistoryEntry[]
  close(): void
}

/**
 * Never throws: what cannot be read as a file is set aside, and a disk that takes nothing is no reason to stay down, since only a change needs
 * the file. Both are reported to `onProblem`.
 */
export function openHistory(file: string, onProblem: (message: string) => void = () => {}): HistoryFile {
  const content = contentOf(file, onProblem)
  const history = new OpenHistory(file, parseHistory(content ?? Buffer.alloc(0)), content === undefined)
  try {
    history.open()
  } catch (error) {
    onProblem(`the history cannot be opened for writing, changes are refused until it can: ${messageOf(error)}`)
  }
  return history
}

/** A hundred thousand changes; what is longer would take all memory. */
const MAX_BYTES = 100 * 1_048_576

/** What is there; nothing if it cannot be read and was moved away; undefined if it is still in its place. Opening a pipe would block. */
function contentOf(file: string, onProblem: (message: string) => void): Buffer | undefined {
  try {
    const found = statSync(file)
    if (!found.isFile()) throw wrongShape('it is not a file')
    if (found.size > MAX_BYTES) throw wrongShape(`it has ${found.size} bytes, more than ${MAX_BYTES}`)
    return readFileSync(file)
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? Buffer.alloc(0) : movedAway(file, `the history cannot be read: ${messageOf(error)}`, onProblem)
  }
}

function movedAway(file: string, why: string, onProblem: (message: string) => void): Buffer | undefined {
  try {
    onProblem(`${why}; it is now ${setAside(file)}, and a new one begins`)
    return Buffer.alloc(0)
  } catch (error) {
    onProblem(`${why}; changes are refused until it can be moved away: ${messageOf(error)}`)
    return undefined
  }
}

class OpenHistory implements HistoryFile {
  readonly damaged: number
  lastId: number
  readonly #file: string
  /** Opened by a change, if it could not be at the start. */
  #handle: number | undefined
  readonly #ids: Set<number>
  #length: number
  /** What is in its place could not be read, and must not be overwritten. */
  #isUnread: boolean

  constructor(file: string, { entries, length, damaged }: ReturnType<typeof parseHistory>, isUnread: boolean) {
    this.damaged = damaged
    this.#isUnread = isUnread
    this.#file = file
    this.#length = length
    this.#ids = new Set(entries.map(({ change }) => change))
    this.lastId = entries.reduce((last, { change }) => Math.max(last, change), 0)
  }

  /** Removes what a crash tore off. */
  open(): number {
    if (this.#handle !== undefined) return this.#handle
    if (this.#isUnread && lstatSync(this.#file, { throwIfNoEntry: false })) setAside(this.#file)
    this.#isUnread = false
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    const handle = openSync(this.#file, 'a+', 0o600)
    try {
      ftruncateSync(handle, this.#length)
      flushFolder(dirname(this.#file))
    } catch (error) {
      closeSync(handle)
      throw error
    }
    return (this.#handle = handle)
  }

  has(id: number): boolean {
    return this.#ids.has(id)
  }

  append(entry: HistoryEntry): void {
    const line = Buffer.from(lineOf(entry))
    const handle = this.open()
    try {
      for (let at = 0; at < line.length;) at += writeSync(handle, line, at)
      fsyncSync(handle)
    } catch (error) {
      ftruncateSync(handle, this.#length) // half a line would join with the next one
      throw error
    }
    this.#length += line.length
    this.#ids.add(entry.change)
    this.lastId = Math.max(this.lastId, entry.change)
  }

  complete(id: number, outcome: Pick<HistoryEntry, 'result' | 'failed'>): void {
    const entry = this.entries().find(({ change }) => change === id)
    if (entry) this.append({ ...entry, ...outcome })
  }

  entries(): readonly HistoryEntry[] {
    try {
      const { entries } = parseHistory(readFileSync(this.#file))
      return [...new Map(entries.map((entry) => [entry.change, entry])).values()] // a map keeps the place of the first
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle)
    this.#handle = undefined
  }
}

export function lineOf(entry: HistoryEntry): string {
  const text = JSON.stringify(entry)
  return `${text.slice(0, -1)},"checksum":"${checksumOf(text)}"}\n`
}

/** `length`: bytes up to the end of the last whole line. A last line without a line end was never acknowledged. */
export function parseHistory(bytes: Buffer): {
  readonly entries: readonly HistoryEntry[]
  readonly length: number
  readonly damaged: number
} {
  const length = bytes.lastIndexOf(10) + 1
  const lines = bytes
    .toString('utf8', 0, length)
    .split('\n')
    .filter((line) => line !== '')
  const entries = lines.map(parseLine).filter((entry) => entry !== undefined)
  return { entries, length, damaged: lines.length - entries.length }
}

function parseLine(line: string): HistoryEntry | undefined {
  const [, text, checksum] = /^(.*),"checksum":"([\da-f]{8})"\}$/.exec(line) ?? []
  if (text === undefined || checksumOf(`${text}}`) !== checksum) return undefined
  try {
    return JSON.parse(`${text}}`) as HistoryEntry
  } catch {
    return undefined // counted by the caller
  }
}

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')
