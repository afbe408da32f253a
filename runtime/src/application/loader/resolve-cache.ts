/** What was found, and what was not, so that neither is looked for twice. Bounded: the oldest entries go. */
import type { ResolveFnOutput } from 'node:module'

const MAX_ENTRIES = 10_000

export class ResolveCache {
  hits = 0
  negativeHits = 0
  misses = 0
  readonly #found = new Map<string, ResolveFnOutput>()
  readonly #missing = new Map<string, Error>()

  get size(): number {
    return this.#found.size
  }

  get negativeSize(): number {
    return this.#missing.size
  }

  /** What was found before. @throws the error, if nothing was */
  get(key: string): ResolveFnOutput | undefined {
    const missing = this.#missing.get(key)
    if (missing) {
      this.negativeHits++
      throw missing
    }
    const found = this.#found.get(key)
    if (found) this.hits++
    else this.misses++
    return found
  }

  found(key: string, result: ResolveFnOutput): void {
    bounded(this.#found).set(key, result)
  }

  missing(key: string, error: Error): void {
    bounded(this.#missing).set(key, error)
  }
}

function bounded<T>(map: Map<string, T>): Map<string, T> {
  const [oldest] = map.keys()
  if (map.size >= MAX_ENTRIES && oldest !== undefined) map.delete(oldest)
  return map
}
