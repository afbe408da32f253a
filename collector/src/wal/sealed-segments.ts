/** Sealed segments, until the store has them. */
import { join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import type { FileLayer } from './file-layer.ts'
import { type Tally, tallyOf } from './journal.ts'
import type { Quarantine } from './quarantine.ts'
import { DONE, type RecoveredSegment } from './recovery.ts'
import { MEMORY_MS } from './repeat-memory.ts'
import { type Content, JOURNAL } from './segment.ts'

/** A sealed segment. */
export interface SealedSegment {
  /** Also the Batch of its rows. */
  readonly name: string
  readonly folder: string
  readonly content: Content
  /** What of it was acknowledged and not announced as lost. */
  readonly acknowledged: Tally
  /** When its first entry was received. */
  readonly time: number
  /** Whether it was found at start: parts of it may already be in the store. */
  readonly recovered: boolean
  readonly bytes: number
}

const PURGE_MS = 60_000

export interface SealedOptions {
  readonly root: string
  readonly files: FileLayer
  readonly quarantine: Quarantine
  readonly now: () => number
  /** Called when none is left. */
  readonly onEmpty: () => void
  /** Called before journals that hold tail offsets are purged. */
  readonly beforePurge: () => Promise<void>
  /** Called when old journals cannot be purged. */
  readonly onPurgeFailure: (error: unknown) => void
}

export class SealedSegments {
  onSealed: (segment: SealedSegment) => void = () => {}
  readonly #options: SealedOptions
  readonly #segments = new Map<string, SealedSegment>()
  /** Stored, with their folders still there. */
  readonly #stored = new Set<string>()
  #lastPurge = 0

  constructor(options: SealedOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#segments.size
  }

  values(): Iterable<SealedSegment> {
    return this.#segments.values()
  }

  add(segment: SealedSegment): void {
    this.#segments.set(segment.name, segment)
    this.onSealed(segment)
  }

  /** Whether its retirement has begun: its journal is no longer in its folder. */
  isStored({ name }: SealedSegment): boolean {
    return this.#stored.has(name)
  }

  /** What is left of it after damage was found; undefined: nothing. */
  replace(segment: SealedSegment, { content, entries }: Pick<RecoveredSegment, 'content' | 'entries'>): SealedSegment | undefined {
    if (entries.length === 0) {
      this.#remove(segment)
      return undefined
    }
    const rest = { ...segment, content, acknowledged: tallyOf(entries), bytes: sizeOf(content), recovered: true }
    this.#segments.set(segment.name, rest)
    return rest
  }

  /** The segment is in the store: forgets it, but keeps its journal for the memory of repeated bodies. */
  async retire(segment: SealedSegment): Promise<void> {
    await this.#keepJournal(segment)
    this.#stored.add(segment.name)
    await this.#options.files.remove(segment.folder)
    this.#remove(segment)
    await this.#purge().catch(this.#options.onPurgeFailure) // the segment is retired all the same
  }

  /** Sets the segment aside permanently; returns the folder. */
  async quarantine(segment: SealedSegment): Promise<string> {
    const { files, root, quarantine } = this.#options
    await quarantine.makeRoom(segment.bytes)
    const target = await quarantine.freePath(segment.name)
    await files.rename(segment.folder, target)
    await files.syncFolder(root)
    this.#remove(segment)
    return target
  }

  #remove({ name }: SealedSegment): void {
    this.#segments.delete(name)
    this.#stored.delete(name)
    if (this.#segments.size === 0) this.#options.onEmpty()
  }

  /** An interrupted attempt may have moved it already. */
  async #keepJournal({ folder, name }: SealedSegment): Promise<void> {
    const { files, root } = this.#options
    try {
      await files.rename(join(folder, JOURNAL), join(root, DONE, name))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }

  /** Journals of stored segments are kept as long as bodies are remembered. */
  async #purge(): Promise<void> {
    const { files, root, beforePurge } = this.#options
    const now = this.#options.now()
    if (now - this.#lastPurge < PURGE_MS) return
    this.#lastPurge = now
    const folder = join(root, DONE)
    await beforePurge()
    for (const name of await files.list(folder)) {
      if (now - (await files.modified(join(folder, name))) > MEMORY_MS) await files.remove(join(folder, name))
    }
  }
}

export const sizeOf = (content: Content): number => [...content.values()].reduce((sum, { length }) => sum + length, 0)
