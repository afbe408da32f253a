/** Copies of sessions in the instance: the least recently used is dropped first, and one whose time is over is not given out. */
import type { Lent } from './session-store.ts'

export class SessionCache {
  readonly #copies = new Map<string, Lent>()
  readonly #max: number
  readonly #now: () => number

  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max
    this.#now = now
  }

  get size(): number {
    return this.#copies.size
  }

  get(id: string): Lent | undefined {
    const copy = this.#copies.get(id)
    if (!copy) return undefined
    this.#copies.delete(id)
    if (copy.freshUntil <= this.#now()) return undefined
    this.#copies.set(id, copy)
    return copy
  }

  set(id: string, copy: Lent): void {
    this.#copies.delete(id)
    if (copy.freshUntil <= this.#now()) return
    this.#copies.set(id, copy)
    if (this.#copies.size > this.#max) this.#copies.delete(this.#copies.keys().next().value!)
  }

  /** The copy lives longer, if there is one. */
  extend(id: string, until: number): void {
    const copy = this.#copies.get(id)
    if (copy) this.#copies.set(id, { ...copy, until })
  }

  drop(id: string): void {
    this.#copies.delete(id)
  }

  clear(): void {
    this.#copies.clear()
  }
}
