/**
 * The file of one name's sessions: `sessions.N`. It begins with all sessions there were, and each change is appended: a line with its CRC-32. When
 * most of it is history, `sessions.N+1` is written aside, flushed and renamed. A change is with the kernel before it is acknowledged, so the death of the process
 * loses nothing; a loss of power may lose the last second.
 */
import { closeSync, fdatasync, ftruncateSync, openSync, readSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { mkdirSync, renameSync, fsyncSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { messageOf } from '@spyglass/agent/contract'
import { type Damage, flushFolder, setAside } from '@spyglass/process/durable-file'
import { isSessionId } from '../session/session-id.ts'
import type { Stored } from '../session/session-store.ts'

export interface SessionLogOptions {
  readonly folder: string
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

/** A log this short is not worth a new file. */
const MIN_HISTORY_BYTES = 4_194_304
const SYNC_MS = 1000
const NAME = /^sessions\.(\d{1,12})$/
/** Lines are written together until there are this many characters. */
const CHUNK = 1_048_576

export class SessionLog {
  damagedLines = 0
  readonly #folder: string
  #number = 0
  #handle: number | undefined
  #length = 0
  /** Length when the file was begun. */
  #atFirst = 0
  #isSyncing = false
  #isFlushed = true
  readonly #timer: NodeJS.Timeout

  private constructor(folder: string) {
    this.#folder = folder
    this.#timer = setInterval(() => this.#sync(), SYNC_MS).unref()
  }

  /** Reads what is there. What is damaged is skipped, counted and kept aside; it is never a reason not to start. */
  static open({ folder, onDamage, now = Date.now }: SessionLogOptions): {
    readonly log: SessionLog
    readonly sessions: Map<string, Stored>
  } {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const log = new SessionLog(folder)
    const sessions = new Map<string, Stored>()
    const numbers = numbersIn(folder)
    log.#number = numbers.at(-1) ?? 0
    const newest = numbers.length === 0 ? undefined : join(folder, `sessions.${log.#number}`)
    const reason = newest === undefined ? undefined : log.#load(newest, sessions)
    for (const [id, { until }] of sessions) if (until <= now()) sessions.delete(id)
    if (newest !== undefined && reason !== undefined)
      onDamage({ file: newest, reason, setAside: moved(newest, now()), fromPrevious: false })
    log.#begin(sessions)
    return { log, sessions }
  }

  stored(id: string, stored: Stored): void {
    this.#append(operationOf(id, stored))
  }

  touched(id: string, until: number): void {
    this.#append(['t', id, until])
  }

  removed(id: string): void {
    this.#append(['r', id])
  }

  /** Writes a new file without history, if the old one is mostly that. A full disk leaves the old one in use. */
  compactIfWorth(sessions: ReadonlyMap<string, Stored>): void {
    if (this.#length - this.#atFirst < Math.max(MIN_HISTORY_BYTES, this.#atFirst)) return
    try {
      this.#begin(sessions)
    } catch {
      this.#atFirst = this.#length // tried again when it has grown as much once more
    }
  }

  close(): void {
    clearInterval(this.#timer)
    if (this.#handle === undefined) return
    fsyncSync(this.#handle)
    closeSync(this.#handle)
    this.#handle = undefined
  }

  /** Throws what the file system says; then nothing is appended. */
  #append(operation: readonly unknown[]): void {
    const bytes = Buffer.from(lineOf(operation))
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

  #begin(sessions: ReadonlyMap<string, Stored>): void {
    const number = this.#number + 1
    const file = join(this.#folder, `sessions.${number}`)
    const aside = `${file}.new`
    const handle = openSync(aside, 'w', 0o600)
    try {
      const length = writeAll(handle, sessions)
      fsyncSync(handle)
      renameSync(aside, file)
      flushFolder(this.#folder)
      if (this.#handle !== undefined) closeSync(this.#handle)
      this.#handle = handle
      this.#length = this.#atFirst = length
    } catch (error) {
      closeSync(handle)
      rmSync(aside, { force: true })
      throw error
    }
    this.#number = number
    for (const old of numbersIn(this.#folder)) if (old < number) rmSync(join(this.#folder, `sessions.${old}`), { force: true })
  }

  /** Gives the reason if something is damaged. */
  #load(file: string, sessions: Map<string, Stored>): string | undefined {
    try {
      if (!statSync(file).isFile()) return 'it is not a file'
      this.damagedLines = readLog(file, sessions)
      return this.damagedLines === 0 ? undefined : `${this.damagedLines} damaged lines`
    } catch (error) {
      return messageOf(error)
    }
  }

  #sync(): void {
    if (this.#isSyncing || this.#isFlushed || this.#handle === undefined) return
    this.#isSyncing = this.#isFlushed = true
    fdatasync(this.#handle, (error) => {
      this.#isSyncing = false
      if (error) this.#isFlushed = false
    })
  }
}

/** Numbers of the files there, the newest last. */
const numbersIn = (folder: string): readonly number[] =>
  readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)

function moved(file: string, now: number): string | undefined {
  try {
    return setAside(file, now)
  } catch {
    return undefined
  }
}

const operationOf = (id: string, { version, createdAt, until, text, mark }: Stored): readonly unknown[] => [
  's',
  id,
  version,
  createdAt,
  until,
  text,
  ...(mark === undefined ? [] : [mark]),
]

export function lineOf(operation: readonly unknown[]): string {
  const json = JSON.stringify(operation)
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

function writeAll(handle: number, sessions: ReadonlyMap<string, Stored>): number {
  let [length, lines] = [0, '']
  const flush = (): void => {
    const bytes = Buffer.from(lines)
    let written = 0
    while (written < bytes.length) written += writeSync(handle, bytes, written, bytes.length - written, length + written)
    length += bytes.length
    lines = ''
  }
  for (const [id, stored] of sessions) {
    lines += lineOf(operationOf(id, stored))
    if (lines.length > CHUNK) flush()
  }
  flush()
  return length
}

const NEW_LINE = 0x0a
/** No line is longer: a state has 1 MiB at most, and JSON in JSON six times as much. */
const MAX_LINE_BYTES = 16_777_216

/** As `readLines`, in parts: Node reads no file of more than 2 GiB at once. */
export function readLog(file: string, sessions: Map<string, Stored>, partBytes = 4 * CHUNK): number {
  const handle = openSync(file, 'r')
  try {
    const part = Buffer.allocUnsafe(partBytes)
    let [rest, damaged] = [Buffer.alloc(0), 0]
    for (;;) {
      const length = readSync(handle, part)
      if (length === 0) return damaged
      const bytes = Buffer.concat([rest, part.subarray(0, length)])
      const end = bytes.lastIndexOf(NEW_LINE) + 1
      damaged += readLines(bytes.subarray(0, end), sessions)
      rest = bytes.subarray(end)
      if (rest.length > MAX_LINE_BYTES) [rest, damaged] = [Buffer.alloc(0), damaged + 1]
    }
  } finally {
    closeSync(handle)
  }
}

/** Carries out the lines; gives the number of damaged ones. An unfinished last line was never acknowledged and is no damage. */
export function readLines(bytes: Buffer, sessions: Map<string, Stored>): number {
  let damaged = 0
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEW_LINE, start)
    if (end < 0) break
    if (!carriedOut(bytes.toString('utf8', start, end), sessions)) damaged++
    start = end + 1
  }
  return damaged
}

function carriedOut(line: string, sessions: Map<string, Stored>): boolean {
  const json = line.slice(9)
  if (crc32(json).toString(16).padStart(8, '0') !== line.slice(0, 8)) return false
  const [what, id, ...rest] = JSON.parse(json) as [string, string, ...unknown[]]
  if (!isSessionId(id)) return false
  const before = sessions.get(id)
  if (what === 'r') sessions.delete(id)
  else if (what === 't' && before) sessions.set(id, { ...before, until: Number(rest[0]) })
  else if (what === 's') {
    const [version, createdAt, until, text, mark] = rest as [number, number, number, string, string?]
    sessions.set(id, { version, createdAt, until, text, ...(mark === undefined ? {} : { mark }) })
  }
  return true
}
