/**
 * Counts by key in a sliding window of ten cells. The oldest cell counts until all of it has left the window: in no stretch of time as long as the window are
 * more than `max` taken, and what is taken comes free at most a tenth of it late. Memory is bounded: beyond `maxKeys`, new keys share counts.
 */

export interface Limit {
  readonly max: number
  readonly windowMs: number
}

export interface Taken {
  readonly isAllowed: boolean
  /** How many more may be taken now. */
  readonly remaining: number
  /** When the next ones come free; for one that was refused, when it would be allowed. */
  readonly inMs: number
}

export interface KeyCount {
  readonly key: string
  /** Taken in the window. */
  readonly taken: number
  /** Refused since the key is known. */
  readonly refused: number
}

export const CELLS = 10
const RING = CELLS + 1
/** Keys that find no place share so many counts. */
const SHARED = 65_536

interface Entry {
  cell: number
  sum: number
  refused: number
  readonly counts: number[]
}

export class SlidingWindow {
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  #windowMs = 0
  #turnedAt = 0

  /** Keys that are counted. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** Takes one for the key, if the limit allows it. */
  take(key: string, { max, windowMs, maxKeys }: Limit & { readonly maxKeys: number }, now: number): Taken {
    const cellMs = windowMs / CELLS
    const cell = Math.floor(now / cellMs)
    this.#turn(windowMs, now)
    const entry = this.#entry(key, maxKeys, cell)
    advance(entry, cell)
    const isAllowed = entry.sum < max
    if (isAllowed) {
      entry.sum++
      entry.counts[cell % RING]!++
    } else entry.refused++
    return { isAllowed, remaining: Math.max(0, max - entry.sum), inMs: freeIn(entry, isAllowed ? entry.sum : max, { cellMs, now }) }
  }

  /** The keys with the most, those with refusals first. */
  top(count: number, now: number): readonly KeyCount[] {
    if (this.#windowMs === 0) return []
    const cell = Math.floor(now / (this.#windowMs / CELLS))
    const all = [...this.#old, ...this.#young].map(([key, entry]) => {
      advance(entry, cell)
      return { key, taken: entry.sum, refused: entry.refused }
    })
    return all.sort((a, b) => b.refused - a.refused || b.taken - a.taken).slice(0, count)
  }

  /** The key has taken nothing. Returns whether it had. */
  forget(key: string): boolean {
    return [this.#young.delete(key), this.#old.delete(key)].some(Boolean)
  }

  /** What was not asked for during a whole window has taken nothing any more. */
  #turn(windowMs: number, now: number): void {
    if (windowMs !== this.#windowMs) {
      this.#windowMs = windowMs
      this.#turnedAt = now
      this.#young = new Map()
      this.#old = new Map()
      return
    }
    const age = now - this.#turnedAt
    const turnMs = (windowMs / CELLS) * RING
    if (age < turnMs) return
    this.#old = age < 2 * turnMs ? this.#young : new Map()
    this.#young = new Map()
    this.#turnedAt = now
  }

  #entry(key: string, maxKeys: number, cell: number): Entry {
    const known = this.#young.get(key) ?? this.#kept(key)
    if (known) return known
    if (this.size >= maxKeys && !key.startsWith(SHARED_PREFIX)) return this.#entry(sharedKey(key), maxKeys, cell)
    const made = { cell, sum: 0, refused: 0, counts: Array.from({ length: RING }, () => 0) }
    this.#young.set(key, made)
    return made
  }

  #kept(key: string): Entry | undefined {
    const entry = this.#old.get(key)
    if (!entry) return undefined
    this.#old.delete(key)
    this.#young.set(key, entry)
    return entry
  }
}

function advance(entry: Entry, cell: number): void {
  const passed = Math.min(RING, cell - entry.cell)
  for (let i = 1; i <= passed; i++) {
    const at = (entry.cell + i) % RING
    entry.sum -= entry.counts[at]!
    entry.counts[at] = 0
  }
  if (passed > 0) entry.cell = cell
}

/** When fewer than `below` are taken. */
function freeIn({ cell, sum, counts }: Entry, below: number, { cellMs, now }: { readonly cellMs: number; readonly now: number }): number {
  let left = sum
  for (let at = cell - CELLS; at <= cell; at++) {
    left -= at < 0 ? 0 : counts[at % RING]!
    if (left < below) return (at + RING) * cellMs - now
  }
  return 0
}

const SHARED_PREFIX = '\0'

function sharedKey(key: string): string {
  let hash = 0x81_1c_9d_c5 // FNV-1a
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01_00_01_93)
  return `${SHARED_PREFIX}${(hash >>> 0) % SHARED}`
}
