/** The sessions of one name in the memory of the store process. Every change is in the log before it is answered. */
import type { Stored } from '../session/session-store.ts'
import type { Limits } from '../session/server-store/messages.ts'
import type { SessionLog } from './session-log.ts'

export type Outcome = { readonly is: 'lent' | 'written' | 'changed'; readonly stored: Stored } | { readonly is: 'none' | 'done' | 'full' }

/** What a session takes besides its state: its id, its times, its places in the tables. */
const OVERHEAD_BYTES = 200

/** A full store is asked for one more by every visitor that comes, and each sweep looks at all sessions. */
const SWEEP_MS = 1000

const costOf = ({ text }: Stored): number => Buffer.byteLength(text) + OVERHEAD_BYTES

export class Space {
  limits: Limits = { maxSessions: Number.MAX_SAFE_INTEGER, maxTotalBytes: Number.MAX_SAFE_INTEGER }
  expired = 0
  #bytes = 0
  #sweptAt = Number.NEGATIVE_INFINITY
  readonly #sessions: Map<string, Stored>
  readonly #log: SessionLog
  readonly #now: () => number

  constructor(sessions: Map<string, Stored>, log: SessionLog, now: () => number = Date.now) {
    this.#sessions = sessions
    this.#log = log
    this.#now = now
    for (const stored of sessions.values()) this.#bytes += costOf(stored)
  }

  get size(): number {
    return this.#sessions.size
  }

  get bytes(): number {
    return this.#bytes
  }

  read(id: string): Outcome {
    const stored = this.#live(id)
    return stored ? { is: 'lent', stored } : { is: 'none' }
  }

  /** The same again is no second session: its answer was lost. */
  create(id: string, given: Omit<Stored, 'version'>): Outcome {
    const before = this.#live(id)
    if (before) return before.text === given.text ? { is: 'lent', stored: before } : { is: 'full' }
    const stored = { ...given, version: 1 }
    if (this.#isFull(costOf(stored))) return { is: 'full' }
    this.#put(id, stored)
    return { is: 'lent', stored }
  }

  /** A change whose answer was lost comes again, under the same mark. */
  write(id: string, { version, text, until, mark }: Omit<Required<Stored>, 'createdAt'>): Outcome {
    const before = this.#live(id)
    if (!before) return { is: 'none' }
    if (before.mark === mark) return { is: 'written', stored: before }
    if (before.version !== version) return { is: 'changed', stored: before }
    const stored = { text, version: version + 1, createdAt: before.createdAt, until, mark }
    if (this.#isOver(costOf(stored) - costOf(before))) return { is: 'full' }
    this.#put(id, stored)
    return { is: 'written', stored }
  }

  touch(id: string, until: number): Outcome {
    const before = this.#live(id)
    if (!before || until <= before.until) return { is: 'done' }
    this.#log.touched(id, until)
    this.#sessions.set(id, { ...before, until })
    return { is: 'done' }
  }

  remove(id: string, version?: number): Outcome {
    const before = this.#live(id)
    if (!before) return { is: 'done' }
    if (version !== undefined && before.version !== version) return { is: 'changed', stored: before }
    this.#log.removed(id)
    this.#forget(id, before)
    return { is: 'done' }
  }

  /** Forgets what has expired, and shortens the log when most of it is history. */
  sweep(): void {
    this.#sweptAt = this.#now()
    for (const id of this.#sessions.keys()) this.#live(id)
    this.#log.compactIfWorth()
  }

  #put(id: string, stored: Stored): void {
    this.#log.stored(id, stored)
    const before = this.#sessions.get(id)
    this.#bytes += costOf(stored) - (before ? costOf(before) : 0)
    this.#sessions.set(id, stored)
  }

  #live(id: string): Stored | undefined {
    const stored = this.#sessions.get(id)
    if (!stored || stored.until > this.#now()) return stored
    this.expired++
    this.#forget(id, stored)
    return undefined
  }

  #forget(id: string, stored: Stored): void {
    this.#sessions.delete(id)
    this.#bytes -= costOf(stored)
  }

  /** What has expired makes room, within a second. */
  #isFull(more: number): boolean {
    const isFull = (): boolean => this.#sessions.size >= this.limits.maxSessions || this.#isOver(more)
    if (!isFull()) return false
    if (this.#now() - this.#sweptAt < SWEEP_MS) return true
    this.sweep()
    return isFull()
  }

  #isOver(more: number): boolean {
    return more > 0 && this.#bytes + more > this.limits.maxTotalBytes
  }
}
