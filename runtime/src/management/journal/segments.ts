/**
 * The files of the journal. Each start begins a new one with its first record, so that only the end of a file can be torn; the oldest are
 * deleted beyond a number of bytes, not of days: a clock that jumps must cost nothing that somebody has not heard yet. A damaged one is set aside, and what can be read of it is rewritten.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Damage, flushFolder, setAside, writeDurably } from '@spyglass/process/durable-file'
import { codeOf } from '@spyglass/agent/contract'
import type { JournalEntry, JournalRecord, StateRecord } from './journal-state.ts'
import { readSegment, segmentLine } from './segment-lines.ts'

const MAX_SEGMENT_BYTES = 1_048_576
const MAX_BYTES = 16 * MAX_SEGMENT_BYTES
const NAME = /^\d{17}\.journal$/

interface Segment {
  readonly file: string
  readonly first: number
  last: number
  bytes: number
}

interface Current {
  readonly handle: FileHandle
  readonly segment: Segment
  /** Place of the next record. */
  at: number
}

/** Records and the positions of the first and last of them. */
export interface Batch {
  readonly records: readonly JournalRecord[]
  readonly first: number
  readonly last: number
}

export interface SegmentsOptions {
  readonly folder: string
  readonly onDamage: (damage: Damage) => void
}

export class Segments {
  readonly #options: SegmentsOptions
  readonly #segments: Segment[] = []
  #current: Current | undefined

  constructor(options: SegmentsOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Position of the oldest record; undefined when there is none. */
  get first(): number | undefined {
    return this.#segments[0]?.first
  }

  get last(): number {
    return this.#segments.at(-1)?.last ?? 0
  }

  /** Hands on every record there is, in order. */
  load(apply: (record: JournalRecord) => void): void {
    for (const name of this.#names()) {
      const file = join(this.#options.folder, name)
      const records = this.#repaired(file)
      records.forEach(apply)
      const positions = records.flatMap((record) => ('entry' in record ? [record.entry.position] : []))
      const first = positionOf(name)
      this.#segments.push({ file, first, last: positions.at(-1) ?? first, bytes: sizeOf(file) })
    }
    this.#deleteOld()
  }

  /** Events after the position, oldest first, at most so many. */
  after(position: number, limit: number): JournalEntry[] {
    const found: JournalEntry[] = []
    for (const { file, last } of this.#segments) {
      if (last <= position) continue
      for (const record of contentOf(file).records)
        if ('entry' in record && record.entry.position > (found.at(-1)?.position ?? position)) found.push(record.entry)
      if (found.length >= limit) return found.slice(0, limit)
    }
    return found
  }

  /** Resolves when the records are on the disk. After a failure they, and all later ones, go to a new file. */
  async append({ records, first, last }: Batch, state: () => StateRecord): Promise<void> {
    try {
      const current = await this.#writable(first, state)
      const bytes = Buffer.concat(records.map((record) => segmentLine(record, current.at++)))
      await current.handle.appendFile(bytes)
      await current.handle.datasync()
      current.segment.last = last
      current.segment.bytes += bytes.length
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.handle.close().catch(() => undefined) // it was written or will be written again
  }

  async #writable(first: number, state: () => StateRecord): Promise<Current> {
    if (this.#current && this.#current.segment.bytes < MAX_SEGMENT_BYTES) return this.#current
    await this.close()
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 })
    const file = join(this.#options.folder, `${String(first).padStart(17, '0')}.journal`)
    const handle = await open(file, 'w', 0o600) // there is one of this name only if writing these same records failed
    const head = segmentLine({ state: state() }, 0)
    const segment: Segment = { file, first, last: first, bytes: head.length }
    this.#current = { handle, segment, at: 1 }
    if (this.#segments.at(-1)?.file === file) this.#segments.pop()
    this.#segments.push(segment)
    await handle.appendFile(head)
    flushFolder(this.#options.folder)
    this.#deleteOld()
    return this.#current
  }

  #repaired(file: string): readonly JournalRecord[] {
    const { records, lost } = contentOf(file)
    if (lost === 0) return records
    this.#options.onDamage({ file, reason: `${lost} of its lines cannot be read`, setAside: rewritten(file, records), fromPrevious: false })
    return records
  }

  #deleteOld(): void {
    for (let oldest = this.#segments[0]; oldest && oldest !== this.#current?.segment; oldest = this.#segments[0]) {
      if (this.bytes <= MAX_BYTES) return
      if (!removed(oldest.file)) return
      this.#segments.shift()
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#options.folder)
        .filter((name) => NAME.test(name) && Number.isSafeInteger(positionOf(name)))
        .toSorted()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }
}

/** What cannot be opened at all is lost like a line of it. */
function contentOf(file: string): { readonly records: readonly JournalRecord[]; readonly lost: number } {
  try {
    return readSegment(readFileSync(file))
  } catch (error) {
    return { records: [], lost: codeOf(error) === 'ENOENT' ? 0 : 1 }
  }
}

/** Where the damaged file is now; undefined when the disk refuses. */
function rewritten(file: string, records: readonly JournalRecord[]): string | undefined {
  try {
    const aside = setAside(file)
    writeDurably(file, records.map((record, at) => segmentLine(record, at).toString()).join(''))
    return aside
  } catch {
    return undefined // on a disk that takes no changes it is found damaged again, and read as far as it can be
  }
}

function removed(file: string): boolean {
  try {
    rmSync(file, { force: true })
    return true
  } catch {
    return false // the disk takes no changes: the next start tries again
  }
}

/** Of the first record of a file. */
const positionOf = (name: string): number => Number(name.slice(0, 17))

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
