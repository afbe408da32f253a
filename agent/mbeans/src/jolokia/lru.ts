/** A bounded map that forgets what was used longest ago: what clients repeat stays, what they make up does not fill the memory. */
export interface Lru<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  clear(): void
  readonly size: number
}

/**
 * Makes a cache of at most `limit` entries, kept in two generations: a hit in the young one costs a single look-up, and when the young one
 * is full the old one is forgotten. Exact order of use would cost a delete and an insert for each hit.
 */
export function createLru<V>(limit: number): Lru<V> {
  const half = Math.max(1, Math.floor(limit / 2))
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  function set(key: string, value: V): void {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    clear() {
      young = new Map()
      old = new Map()
    },
    get size() {
      return young.size + old.size
    },
  }
}
