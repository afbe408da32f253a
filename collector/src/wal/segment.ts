/** One segment of the log: a folder with a Native file for each table and a journal. Written by one group commit at a time. */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { TableName } from '@spyglass/agent/contract'
import type { FileLayer, LogFile } from './file-layer.ts'
import { ACKNOWLEDGED, acknowledgedBytes } from './acknowledged.ts'
import { isRequest, type JournalEntry, journalLine, type Part, type TailOffset, type Tally } from './journal.ts'

export const JOURNAL = 'journal'

/** A piece of one table's file, encoded. */
export interface Piece {
  readonly table: TableName
  readonly bytes: Buffer
  readonly rows: number
  readonly weight: number
  readonly oldest: number
  readonly newest: number
}

/** What one request adds. */
export interface Addition {
  readonly sequence: number
  readonly time: number
  readonly hash: string
  readonly items: number
  readonly pieces: readonly Piece[]
  readonly tail: readonly TailOffset[]
}

/** What a segment holds of one table. */
export interface TableContent {
  length: number
  rows: number
  weight: number
  oldest: number
  newest: number
}

export type Content = Map<TableName, TableContent>

export function addPart(content: Content, { table, length, rows, weight, oldest, newest }: Part): void {
  const known = content.get(table)
  if (!known) {
    content.set(table, { length, rows, weight, oldest, newest })
    return
  }
  known.length += length
  known.rows += rows
  known.weight += weight
  known.oldest = Math.min(known.oldest, oldest)
  known.newest = Math.max(known.newest, newest)
}

export class SegmentWriter {
  readonly name: string
  readonly folder: string
  readonly content: Content = new Map()
  /** When the first entry was received; undefined while there is none. */
  firstTime: number | undefined
  journalLength = 0
  acknowledged: Tally = { entries: 0, requests: 0 }
  /** Names in the folder that a loss of power would leave. */
  #namesSynced = 0
  #count: LogFile | undefined
  #isCountDurable = false
  readonly #files: FileLayer
  readonly #open = new Map<string, LogFile>()

  constructor(files: FileLayer, root: string, name: string) {
    this.#files = files
    this.name = name
    this.folder = join(root, name)
  }

  /** Writes the additions and makes them durable, all or (after an error) none. */
  async commit(additions: readonly Addition[]): Promise<void> {
    const entries = this.#entriesOf(additions)
    const touched = await this.#openFiles(additions)
    const writes: Promise<void>[] = []
    for (const [table, file] of touched) {
      const pieces = additions.flatMap((addition) => addition.pieces.filter((piece) => piece.table === table))
      const buffers = pieces.map((piece) => piece.bytes)
      writes.push(writeAndSync(file, buffers, this.content.get(table)?.length ?? 0))
    }
    const lines = Buffer.concat(entries.map((entry) => journalLine(entry)))
    writes.push(writeAndSync(await this.#file(JOURNAL), [lines], this.journalLength))
    await allSettledOrThrow(writes)
    const requests = this.acknowledged.requests + entries.filter(isRequest).length
    await this.#noteAcknowledged({ entries: this.acknowledged.entries + entries.length, requests })
    for (const { parts } of entries) for (const part of parts) addPart(this.content, part)
    this.journalLength += lines.length
    this.firstTime ??= entries[0]?.time
  }

  /** Rolls back what a failed commit may have left in the files. */
  async rollBack(): Promise<void> {
    for (const [name, file] of this.#open) {
      await file.truncate(name === JOURNAL ? this.journalLength : (this.content.get(name as TableName)?.length ?? 0))
      await file.sync()
    }
  }

  /** Whether anything was committed. */
  get isEmpty(): boolean {
    return this.firstTime === undefined
  }

  async close(): Promise<void> {
    await this.#count?.sync()
    for (const file of [...this.#open.values(), ...(this.#count ? [this.#count] : [])]) await file.close()
    this.#open.clear()
    this.#count = undefined
  }

  async #noteAcknowledged(tally: Tally): Promise<void> {
    this.#count ??= await this.#files.open(join(this.folder, ACKNOWLEDGED))
    await this.#count.write(acknowledgedBytes(tally, this.name), 0)
    this.acknowledged = tally
  }

  /** Before anything else, so that rows without a count are known to be damage. */
  async #beginCount(): Promise<void> {
    await this.#files.makeFolder(this.folder)
    await this.#noteAcknowledged(this.acknowledged)
    await this.#count?.sync()
    this.#isCountDurable = true
  }

  #entriesOf(additions: readonly Addition[]): JournalEntry[] {
    const ends = new Map<TableName, number>()
    const after = this.acknowledged
    return additions.map(({ pieces, tail, sequence, time, hash, items }, i) => {
      const parts = pieces.map(({ bytes, table, ...rest }) => {
        const offset = ends.get(table) ?? this.content.get(table)?.length ?? 0
        ends.set(table, offset + bytes.length)
        return { table, offset, length: bytes.length, crc: crc32(bytes), ...rest }
      })
      return {
        segment: this.name,
        sequence,
        time,
        hash,
        items,
        parts,
        ...(tail.length > 0 ? { tail } : {}),
        index: after.entries + i,
        after,
      }
    })
  }

  async #openFiles(additions: readonly Addition[]): Promise<[TableName, LogFile][]> {
    const names = [...new Set(additions.flatMap(({ pieces }) => pieces.map(({ table }) => table)))]
    if (!this.#isCountDurable) await this.#beginCount()
    const touched: [TableName, LogFile][] = []
    for (const table of names) touched.push([table, await this.#file(`${table}.native`, table)])
    await this.#file(JOURNAL)
    if (this.#open.size > this.#namesSynced) {
      await this.#files.syncFolder(this.folder)
      if (this.#namesSynced === 0) await this.#files.syncFolder(join(this.folder, '..'))
      this.#namesSynced = this.#open.size
    }
    return touched
  }

  async #file(name: string, key = name): Promise<LogFile> {
    const file = this.#open.get(key) ?? (await this.#files.open(join(this.folder, name)))
    this.#open.set(key, file)
    return file
  }
}

async function writeAndSync(file: LogFile, buffers: readonly Buffer[], position: number): Promise<void> {
  await file.writeAll(buffers, position)
  await file.sync()
}

/** Waits for all before it throws: a rollback must not meet a write in progress. */
async function allSettledOrThrow(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
