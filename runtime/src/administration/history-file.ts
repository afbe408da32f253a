/**
 * The history: one JSON document a line, appended and flushed before a change is acknowledged. Each line ends in a checksum, so a line that a
 * crash tore is found; it is removed when the file is opened, and lines that are damaged are skipped and counted.
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { codeOf } from '@spyglass/agent/contract'
import { flushFolder } from '@spyglass/process/durable-file'
import type { HistoryEntry } from './administration.ts'

export interface HistoryFile {
  /** Number of the last entry; 0 when there is none. */
  readonly lastId: number
  /** Lines that could not be read when the file was opened. */
  readonly damaged: number
  has(id: number): boolean
  /** On the disk when it returns. Throws what the file system says; then the entry is not in the file. */
  append(entry: HistoryEntry): void
  /** All entries, oldest first. */
  entries(): readonly HistoryEntry[]
  close(): void
}

export function openHistory(file: string): HistoryFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const handle = openSync(file, 'a+', 0o600)
  const { entries, length, damaged } = parseHistory(readFileSync(file))
  ftruncateSync(handle, length)
  flushFolder(dirname(file))
  return new OpenHistory({ file, handle, entries, length, damaged })
}

interface Opened {
  readonly file: string
  readonly handle: number
  readonly entries: readonly HistoryEntry[]
  readonly length: number
  readonly damaged: number
}

class OpenHistory implements HistoryFile {
  readonly damaged: number
  lastId: number
  readonly #file: string
  readonly #handle: number
  readonly #ids: Set<number>
  #length: number

  constructor({ file, handle, entries, length, damaged }: Opened) {
    this.damaged = damaged
    this.#file = file
    this.#handle = handle
    this.#length = length
    this.#ids = new Set(entries.map(({ change }) => change))
    this.lastId = entries.reduce((last, { change }) => Math.max(last, change), 0)
  }

  has(id: number): boolean {
    return this.#ids.has(id)
  }

  append(entry: HistoryEntry): void {
    const line = Buffer.from(lineOf(entry))
    try {
      for (let at = 0; at < line.length;) at += writeSync(this.#handle, line, at)
      fsyncSync(this.#handle)
    } catch (error) {
      ftruncateSync(this.#handle, this.#length) // half a line would join with the next one
      throw error
    }
    this.#length += line.length
    this.#ids.add(entry.change)
    this.lastId = Math.max(this.lastId, entry.change)
  }

  entries(): readonly HistoryEntry[] {
    try {
      return parseHistory(readFileSync(this.#file)).entries
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  close(): void {
    closeSync(this.#handle)
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
