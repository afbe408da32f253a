/** Settings that have a new value which does not count yet. */
import { isDeepStrictEqual } from 'node:util'
import type { Needs } from './administration.ts'

interface Waiting {
  /** The value that still counts. */
  readonly running: unknown
  /** Instances to reload and processes to restart. */
  readonly parts: Set<string>
}

export class Pending {
  readonly #waiting = new Map<string, Waiting>()

  changed(
    name: string,
    { running, desired, needs }: { readonly running: unknown; readonly desired: unknown; readonly needs: Needs },
  ): void {
    this.applied(needs.stop)
    if (needs.live.includes(name)) return
    const waiting = this.#waiting.get(name) ?? { running, parts: new Set<string>() }
    if (isDeepStrictEqual(waiting.running, desired)) return void this.#waiting.delete(name)
    for (const part of [...needs.reload, ...needs.start, ...needs.restart]) waiting.parts.add(part)
    if (waiting.parts.size > 0) this.#waiting.set(name, waiting)
    else this.#waiting.delete(name)
  }

  applied(parts: readonly string[]): void {
    for (const [name, waiting] of this.#waiting) {
      for (const part of parts) waiting.parts.delete(part)
      if (waiting.parts.size === 0) this.#waiting.delete(name)
    }
  }

  has(name: string): boolean {
    return this.#waiting.has(name)
  }
}
