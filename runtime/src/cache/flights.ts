/**
 * Loads under way: one for each key, which all who ask meanwhile wait for. A purge detaches those it concerns: who asked before gets what they bring, which may be
 * from before the purge; it is not stored, and who asks afterwards gets a new load.
 */

/** What was purged. */
export interface Purge {
  readonly keys?: readonly string[]
  readonly tags?: readonly string[]
  readonly all?: true
}

export interface Flight<T> {
  readonly promise: Promise<T>
  /** What it brings must not be stored: it may be older than a purge. */
  readonly isOutdated: boolean
}

interface Detachable<T> extends Flight<T> {
  isOutdated: boolean
  readonly key: string
  /** Undefined: known only when the value is. */
  readonly tags: readonly string[] | undefined
}

export class Flights<T> {
  readonly #byKey = new Map<string, Detachable<T>>()
  readonly #all = new Set<Detachable<T>>()

  /** How many are under way. */
  get size(): number {
    return this.#all.size
  }

  /** The one under way for the key, or a new one. `run` is called at once, and its outcome is that of the flight. */
  join(key: string, tags: readonly string[] | undefined, run: (flight: Flight<T>) => Promise<T>): Promise<T> {
    const known = this.#byKey.get(key)
    if (known) return known.promise
    const { promise, resolve } = Promise.withResolvers<T>()
    const flight: Detachable<T> = { promise, isOutdated: false, key, tags }
    this.#byKey.set(key, flight)
    this.#all.add(flight)
    resolve(run(flight).finally(() => this.#landed(flight)))
    return promise
  }

  detach({ keys = [], tags = [], all }: Purge): void {
    for (const flight of this.#all) {
      const isConcerned = all || keys.includes(flight.key) || (tags.length > 0 && (flight.tags?.some((tag) => tags.includes(tag)) ?? true))
      if (!isConcerned) continue
      flight.isOutdated = true
      if (this.#byKey.get(flight.key) === flight) this.#byKey.delete(flight.key)
    }
  }

  #landed(flight: Detachable<T>): void {
    this.#all.delete(flight)
    if (this.#byKey.get(flight.key) === flight) this.#byKey.delete(flight.key)
  }
}
